"""The service's answers as typed dictionaries: exactly the JSON that came over the wire."""

from collections.abc import Sequence
from datetime import datetime
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
    caption: str | None
    emotional_caption: str | None
    query: str
    matches: list[dict[str, Any]]  #: Best first.
    receipt: dict[str, Any]  #: What the answer depends on besides the photo.
    timings_ms: dict[str, float]
    personal: NotRequired[bool]  #: Whether what is remembered of the user had a say.


class TextResult(TypedDict):
    """The answer to words: `result` of their job."""

    profile: str
    text: str
    valence: float | None  #: What the words feel like; None where they do not tell.
    arousal: float | None
    query: str  #: What was understood.
    matches: list[dict[str, Any]]  #: Best first.
    receipt: dict[str, Any]
    timings_ms: dict[str, float]
    personal: NotRequired[bool]  #: Whether what is remembered of the user had a say.


class SimilarView(TypedDict):
    """The tracks that sound most like one."""

    track_id: str
    items: list[dict[str, Any]]  #: Nearest first.
    receipt: dict[str, Any]


class RefinedView(TypedDict):
    """The answer of a job, nudged."""

    job_id: str
    query: str
    valence: float | None  #: Where the nudges have moved the feeling to; None: not known.
    arousal: float | None
    matches: list[dict[str, Any]]  #: Best first.
    receipt: dict[str, Any]


class JobSummary(TypedDict):
    """A job, as lists show it."""

    id: str
    kind: str  #: `photo` or `text`; what the service does for itself has other kinds.
    state: str  #: `queued`, `running`, `succeeded`, `failed` or `canceled`.
    state_version: int
    custom_id: str | None  #: What its sender calls it.
    attempt: int
    created_at: str  #: RFC 3339, UTC, as all times.
    started_at: str | None
    finished_at: str | None
    error: ErrorView | None
    deadline_at: str | None  #: It fails if it has not begun by then.
    user: str | None  #: Whom of your users it is for.
    batch_id: str | None  #: The batch that it is a part of.
    cached_from: str | None  #: The job whose answer this one has a copy of.


class JobView(JobSummary):
    """A job."""

    queue_position: int | None  #: While it is queued: 1 where it is the next.
    eta_s: float | None  #: Seconds until its end; None while unknown.
    result: dict[str, Any] | None  #: Of a photo `PhotoResult`, of words `TextResult`.


class JobQuery(TypedDict, total=False):
    """Which jobs to list; each condition narrows."""

    state: str | None
    kind: str | Sequence[str] | None  #: One of these; photos and words unless it is said.
    created_after: str | datetime | None  #: RFC 3339, or a time with its zone; not itself.
    custom_id: str | None
    batch: str | None  #: Only those of this batch.
    user: str | None  #: Only those that were asked for this one of your users.


class SourceView(TypedDict):
    """What an ingest takes in."""

    kind: str  #: `paths`, `url` or `upload`.
    paths: list[str]
    url: str | None
    files: int | None  #: How many were uploaded.


class RatesView(TypedDict):
    """How fast an ingest goes, of late."""

    tracks_per_s: float | None
    hours_per_hour: float | None  #: Hours of audio heard in an hour.


class OverallView(TypedDict):
    """How fast a whole ingest was, pauses included."""

    took_s: float
    tracks_per_s: float
    hours_per_hour: float  #: Hours of audio heard in an hour.


class IngestView(TypedDict):
    """An ingest: the scan, and how far its tracks are."""

    id: str
    #: `waiting`, `scanning`, `listening`, `paused`, `done`, `failed` or `canceled`.
    status: str
    state: str  #: Of the scan alone, as of any job.
    created_at: str
    started_at: str | None
    finished_at: str | None
    attempt: int
    error: ErrorView | None
    source: SourceView
    dry_run: bool
    library: NotRequired[str | None]  #: What its tracks belong to from now on, if it was said.
    scan: dict[str, int]  #: Counts of files, so far.
    tracks: dict[str, int]  #: `embed` jobs by state.
    problems: int  #: Files and tracks that could not be taken in.
    failed: dict[str, int]  #: Tracks that failed, by the code of the error.
    heard_s: float
    rates: RatesView
    overall: NotRequired[OverallView | None]  #: Of the whole, once it is done.
    eta_s: float | None  #: None while unknown.
    estimate: dict[str, Any] | None  #: What a dry run has found.
    done: bool  #: Whether the scan and every track are final.


class RetriedView(IngestView):
    """An ingest whose failed tracks are tried again."""

    retried: int  #: How many.


class IngestsPage(TypedDict):
    """One page of ingests, newest first."""

    items: list[IngestView]
    next_cursor: str | None


class TroubleView(TypedDict):
    """A file that could not be taken in, or a track that could not be heard."""

    file: str
    code: str
    detail: str
    track_id: str | None


class ProblemsPage(TypedDict):
    """One page of those."""

    items: list[TroubleView]
    next_cursor: str | None


class WatchView(TypedDict):
    """A folder that is kept in step with the library."""

    id: str
    path: str
    added_at: str
    ingest_id: str | None  #: The last ingest that was begun for it.


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


class IndexView(TypedDict):
    """An index snapshot."""

    version: str
    space: str
    state: str  #: `ready`, `active` or `retired`.
    is_pinned: bool  #: Active because somebody chose it: it stays until they choose again.
    backend: str | None  #: Where it lies: `faiss` or `milvus`.
    kind: str | None  #: How it narrows a search down: `exact`, `ivf` and the like.
    tracks: int
    revision: int  #: Of the tracks that it was built from.
    recall_at_10: dict[str, float] | None  #: Share of the ten nearest that it finds, by query.
    bytes: int | None
    built_s: float | None  #: How long building it took.
    created_at: str


class DeltaView(TypedDict):
    """What has changed since the served snapshot was built; searches see it all the same."""

    tracks: int  #: Counted up to the limit.
    limit: int  #: From here on a new snapshot is built.


class IndexesView(TypedDict):
    """All index snapshots, the served one, and what has changed since."""

    items: list[IndexView]
    active: str | None
    stale: bool  #: Whether tracks wait to be embedded, or searches do not see all of them yet.
    refused: NotRequired[str | None]  #: Why the active one is not served; None where it is.
    held_back: NotRequired[str | None]  #: Why what has changed since is not found; None: it is.
    delta: DeltaView


class CheckView(TypedDict):
    """One check of the service."""

    status: str
    detail: str
    processes: NotRequired[list[dict[str, Any]]]  #: Of `workers` and `indexer`: what they run.


class ReadinessView(TypedDict):
    """Whether the service can do its work."""

    status: str  #: `ready`, `degraded` or `unready`.
    checks: dict[str, CheckView]


def is_final(job: JobSummary) -> bool:
    """Whether the job never changes again."""
    return job["state"] in {"succeeded", "failed", "canceled"}
