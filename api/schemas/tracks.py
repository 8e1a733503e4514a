"""Tracks: which to list, what may be changed, what is shown."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from api import examples
from api.schemas.shared import ErrorView
from sightsong.core.tracks import TrackState

_LONGEST = 300
_MOST_TAGS = 50

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=_LONGEST)]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class TrackQuery(BaseModel):
    """Which tracks to list; each condition narrows. Words are compared without regard to case."""

    model_config = ConfigDict(extra="forbid")

    state: TrackState | None = None
    genre: Text | None = None
    mood: Text | None = None
    artist: Text | None = None
    tag: Tag | None = None
    q: Text | None = Field(
        default=None,
        description="Words; each begins a word of the title, artist, album or tags. A text "
        "without any letter or digit finds nothing.",
        examples=["morn light"],
    )
    duplicates: bool = Field(
        default=False,
        description="Only tracks that are one of several encodings of a recording.",
    )
    limit: int = Field(default=50, ge=1, le=100)
    cursor: str | None = Field(default=None, description="Of the page before: `next_cursor`.")


class TrackEdit(BaseModel):
    """What you say of a track. What is left out stays as it is; null takes your word back."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.EDIT]})

    title: Text | None = None
    artist: Text | None = None
    album: Text | None = None
    genre: Text | None = None
    mood: Text | None = None
    licence: Text | None = None
    library: Tag | None = Field(
        default=None, description="The part of your collection that it belongs to."
    )
    explicit: StrictBool | None = Field(
        default=None, description="Whether its words are not for every ear."
    )
    tags: list[Tag] | None = Field(default=None, max_length=_MOST_TAGS)


class TrackView(BaseModel):
    """A track of the library."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.TRACK]})

    id: str
    title: str
    artist: str | None
    album: str | None
    genre: str | None
    mood: str | None
    licence: str | None
    library: str | None = Field(description="The part of the collection that it belongs to.")
    explicit: bool | None = Field(description="Whether its words are not for every ear.")
    tags: list[str]
    state: Literal["pending", "ready", "quarantined"]
    duration_s: float | None
    valence: float | None
    arousal: float | None
    descriptors: dict[str, float]
    reason: ErrorView | None = Field(description="Why it is quarantined.")
    recording_id: str | None = Field(
        description="The track that stands for this recording, where it is there several times."
    )
    audio_url: str
    cover_url: str = Field(description="Of its picture; 404 where it has none.")


class RecordingView(BaseModel):
    """A recording that the library holds in several encodings."""

    id: str
    tracks: list[str] = Field(description="Their ids; first the one that stands for all.")


class TrackDetail(TrackView):
    """A track, and what else is the same recording."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.TRACK_DETAIL]})

    recording: RecordingView | None


class TracksPage(BaseModel):
    """A page of tracks."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.TRACKS]})

    items: list[TrackView]
    next_cursor: str | None = Field(description="For the next page; null on the last.")
