"""The service's answers as typed dictionaries: exactly the JSON that came over the wire."""

from typing import Any, NotRequired, TypedDict


class ErrorView(TypedDict):
    """Why a job failed, or a track was set aside."""

    code: str
    detail: str


class AffectView(TypedDict):
    """A point on the affect plane; both -1 .. 1."""

    valence: float
    arousal: float


class AgreementView(TypedDict):
    """Whether the faces in a photo feel like its scene."""

    agrees: bool
    distance: float
    scene: AffectView
    faces: AffectView
    note: str  #: The same as one sentence.


class EmotionView(TypedDict):
    """A photo's emotion."""

    dominant: str
    confidence: float
    distribution: dict[str, float]  #: Over six emotions; sums to 1.
    agreement: AgreementView | None  #: None where no faces were found.


class MoodView(TypedDict):
    """How well a mood label fits a photo."""

    label: str
    score: float  #: 0 .. 1.
    similarity: float | None  #: Cosine of photo and label; None where none was measured.


class PhotoResult(TypedDict):
    """The answer to a photo: `result` of its job."""

    profile: str
    emotion: EmotionView
    valence: float
    arousal: float
    faces: list[dict[str, Any]]
    moods: list[MoodView]  #: Highest first.
    caption: str
    emotional_caption: str
    query: str
    matches: list[dict[str, Any]]  #: Best first.
    receipt: dict[str, Any]  #: What the answer depends on besides the photo.
    timings_ms: dict[str, float]


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
    result: dict[str, Any] | None  #: Of a photo: `PhotoResult`.


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
    processes: NotRequired[list[dict[str, Any]]]  #: Of `workers` and `indexer`: what they run.


class ReadinessView(TypedDict):
    """Whether the service can do its work."""

    status: str  #: `ready`, `degraded` or `unready`.
    checks: dict[str, CheckView]


def is_final(job: JobView) -> bool:
    """Whether the job never changes again."""
    return job["state"] in {"succeeded", "failed", "canceled"}
