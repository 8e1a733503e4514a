"""Jobs and their answers, as typed dictionaries."""

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


def is_final(job: JobSummary) -> bool:
    """Whether the job never changes again."""
    return job["state"] in {"succeeded", "failed", "canceled"}
