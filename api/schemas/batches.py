"""Batches: what may be handed in together, how one is shown, and its playlist."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api.examples import batches as examples
from api.schemas.photos import PhotoParams
from api.schemas.searches import Choice, FiltersBody, Handling, JsonRequest, tidied
from api.schemas.shared import ErrorView, Time
from sightsong.core import labels
from sightsong.core.batches import MOST_ITEMS
from sightsong.core.playlist import Order

_PRIORITY = Field(
    default=2,
    ge=0,
    le=2,
    description="0 goes first, 2 last: unless you say otherwise, photos that come alone go first.",
)


def _as_is(value: object) -> object:
    """Leave a list as it is: only OpenAPI is to know what is meant to be in it."""
    return value


_Items = Annotated[list[JsonRequest], Field(min_length=1, max_length=MOST_ITEMS)]


class BatchParams(PhotoParams):
    """How to answer all items of a batch; what an item says of itself goes before it."""

    priority: int = _PRIORITY


class BatchRequest(Choice, Handling):
    """Words and photos that are handed in together, and how to answer all of them."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [examples.BATCH_REQUEST]}
    )

    priority: int = _PRIORITY
    moods: Annotated[list[str], BeforeValidator(tidied)] = Field(
        default=[], max_length=labels.MOST_LABELS, description="For photos: labels to score."
    )
    caption: bool = Field(default=True, description="For photos: whether to describe them.")
    filters: FiltersBody | None = None
    # Read one by one: what is wrong with one of them must not cost the others.
    items: Annotated[
        list[dict[str, Any]], BeforeValidator(_as_is, json_schema_input_type=_Items)
    ] = Field(min_length=1, max_length=MOST_ITEMS)


class CountsView(BaseModel):
    """How many items of a batch are in each state."""

    queued: int
    running: int
    succeeded: int
    failed: int
    canceled: int
    refused: int = Field(description="Could not be made jobs; the results say why.")


class BatchView(BaseModel):
    """Jobs that were handed in together."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.BATCH]})

    id: str
    custom_id: str | None = Field(description="What its sender calls it.")
    state: Literal["running", "completed", "canceled"]
    version: int = Field(description="Grows with each change of one of its jobs; the ETag.")
    created_at: Time
    finished_at: Time | None
    total: int = Field(description="Items, refused ones among them.")
    counts: CountsView
    cancel_requested: bool


class BatchesPage(BaseModel):
    """A page of batches, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.BATCHES]})

    items: list[BatchView]
    next_cursor: str | None = Field(description="For the next page; null on the last.")


class BatchLine(BaseModel):
    """One line of the results of a batch."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.BATCH_LINE]})

    position: int = Field(description="In the batch, from 0.")
    custom_id: str | None
    job_id: str | None = Field(description="Null for what was refused.")
    state: Literal["queued", "running", "succeeded", "failed", "canceled", "refused"]
    result: dict[str, Any] | None = Field(description="As the job has it.")
    error: ErrorView | None = Field(description="Why it failed, was refused, or is gone.")


class PlaylistQuery(BaseModel):
    """Which playlist to make."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["json", "m3u8", "jspf"] = "json"
    tracks: int | None = Field(
        default=None,
        ge=1,
        le=MOST_ITEMS,
        description="How many tracks, spread evenly along the photos; absent: one for each photo.",
    )
    order: Order = Field(
        default=Order.GIVEN,
        description="`given`: the photos as they were handed in. `path`: along the shortest path "
        "through their points of valence and arousal.",
    )


class PlaylistTrack(BaseModel):
    """A track of a playlist, and what it is there for."""

    position: int = Field(description="In the playlist, from 1.")
    track_id: str
    title: str
    artist: str | None
    album: str | None
    duration_s: float | None
    audio_url: str
    job_id: str = Field(description="Of the photo that it is for.")
    photo: str = Field(description="What that is called.")
    rank: int = Field(description="Of the track among the matches of that photo.")
    score: float
    valence: float | None = Field(description="Of the track; null where that is unknown.")
    arousal: float | None
    step: float | None = Field(
        description="How far it lies from the track before, on the plane of valence and arousal."
    )
    why: str = Field(description="Why it is this one of the matches.")
    reason: str = Field(description="Why it matches.")


class PlaylistView(BaseModel):
    """An album as music."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PLAYLIST]})

    batch_id: str
    title: str
    order: Order
    photos: int = Field(description="Items of the batch that have succeeded.")
    wanted: int = Field(description="How many tracks there were to be.")
    note: str | None = Field(description="Why there are fewer; null where there are not.")
    tracks: list[PlaylistTrack]
