"""Tracks, as typed dictionaries."""

from collections.abc import Sequence
from typing import Any, TypedDict

from sightsong.client.views.jobs import ErrorView


class TrackView(TypedDict, total=False):
    """A track of the library."""

    id: str
    title: str
    artist: str | None
    album: str | None
    genre: str | None
    mood: str | None
    licence: str | None
    library: str | None  #: The part of the collection that it belongs to.
    explicit: bool | None  #: None where nothing is said of its words.
    tags: list[str]
    state: str
    duration_s: float | None
    reason: ErrorView | None  #: Why it was set aside.
    recording_id: str | None  #: The track that stands for it, where it is there several times.
    recording: dict[str, Any] | None  #: That id, and the ids of all; only of a track by itself.
    audio_url: str
    cover_url: str


class TrackQuery(TypedDict, total=False):
    """Which tracks to list; each condition narrows."""

    state: str
    genre: str
    mood: str
    artist: str
    tag: str
    q: str  #: Words; each begins a word of the title, artist, album or tags.
    duplicates: bool  #: Only those that are one of several encodings of a recording.


class TrackEdit(TypedDict, total=False):
    """What to say of a track; None takes a word back."""

    title: str | None
    artist: str | None
    album: str | None
    genre: str | None
    mood: str | None
    licence: str | None
    library: str | None
    explicit: bool | None
    tags: Sequence[str] | None


class TracksPage(TypedDict):
    """One page of tracks."""

    items: list[TrackView]
    next_cursor: str | None
