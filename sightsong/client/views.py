"""The service's answers as typed dictionaries: exactly the JSON that came over the wire."""

from typing import Any, TypedDict


class ErrorView(TypedDict):
    """Why a job failed, or a track was set aside."""

    code: str
    detail: str


class JobView(TypedDict):
    """A job."""

    id: str
    kind: str
    state: str  #: `queued`, `running`, `succeeded`, `failed` or `canceled`.
    state_version: int
    attempt: int
    created_at: str  #: RFC 3339, UTC, as all times.
    started_at: str | None
    finished_at: str | None
    error: ErrorView | None
    result: dict[str, Any] | None


class IngestView(TypedDict):
    """An ingest: the scan of a folder, and how far its tracks are."""

    id: str
    state: str
    error: ErrorView | None
    scan: dict[str, Any] | None  #: Counts, and `unreadable_files` by name; or not yet.
    tracks: dict[str, int]  #: `embed` jobs by state.
    done: bool  #: Whether the scan and every track are final.


class TrackView(TypedDict, total=False):
    """A track of the library."""

    id: str
    title: str
    artist: str | None
    state: str
    duration_s: float | None
    reason: ErrorView | None  #: Why it was set aside.
    audio_url: str


class TracksPage(TypedDict):
    """One page of tracks."""

    items: list[TrackView]
    next_cursor: str | None


class IndexView(TypedDict):
    """An index snapshot."""

    version: str
    space: str
    state: str
    tracks: int
    created_at: str


class IndexesView(TypedDict):
    """All index snapshots, the served one, and whether tracks are waiting for the next."""

    items: list[IndexView]
    active: str | None
    stale: bool


class CheckView(TypedDict):
    """One check of the service."""

    status: str
    detail: str


class ReadinessView(TypedDict):
    """Whether the service can do its work."""

    status: str  #: `ready`, `degraded` or `unready`.
    checks: dict[str, CheckView]


def is_final(job: JobView) -> bool:
    """Whether the job never changes again."""
    return job["state"] in {"succeeded", "failed", "canceled"}
