"""Answers about batches, as typed dictionaries."""

from typing import Any, TypedDict

from sightsong.client.views.jobs import ErrorView


class BatchCounts(TypedDict):
    """How many items of a batch are where."""

    queued: int
    running: int
    succeeded: int
    failed: int
    canceled: int
    refused: int  #: They could not be made a job.


class BatchView(TypedDict):
    """A batch: photos and words that were handed in together."""

    id: str
    custom_id: str | None  #: What its sender calls it.
    state: str  #: `running`, `completed` or `canceled`.
    version: int  #: Grows with each change of one of its jobs.
    created_at: str
    finished_at: str | None
    total: int
    counts: BatchCounts
    cancel_requested: bool


class BatchItem(TypedDict):
    """One item of a batch, and what has become of it."""

    position: int  #: From 0.
    custom_id: str | None
    job_id: str | None
    state: str  #: Of its job; `refused` where it could not be made one.
    result: dict[str, Any] | None  #: Of a photo `PhotoResult`, of words `TextResult`.
    error: ErrorView | None


class PlaylistTrack(TypedDict):
    """A track of a playlist, and what it is there for."""

    position: int  #: In the playlist, from 1.
    track_id: str
    title: str
    artist: str | None
    album: str | None
    duration_s: float | None
    audio_url: str
    job_id: str  #: Of the photo that it is for.
    photo: str  #: What that is called.
    rank: int  #: Of the track among the matches of that photo.
    score: float
    valence: float | None  #: Of the track.
    arousal: float | None
    step: float | None  #: How far it lies from the track before, on the affect plane.
    why: str  #: Why it is this one of the matches.
    reason: str  #: Why it matches.


class PlaylistView(TypedDict):
    """The tracks that go with a batch, in an order to be played in."""

    batch_id: str
    title: str
    order: str  #: `given` or `path`.
    photos: int  #: Items that have succeeded.
    wanted: int  #: How many tracks there were to be.
    note: str | None  #: Why there are fewer.
    tracks: list[PlaylistTrack]


def is_over(batch: BatchView) -> bool:
    """Whether the batch never changes again."""
    return batch["state"] != "running"
