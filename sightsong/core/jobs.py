"""Jobs: anything that takes time.

    queued ──▶ running ──▶ succeeded | failed | canceled
       ▲          │
       └──────────┘  retry, lost lease, released

A final state never changes. Every change raises `state_version`, which is the ETag of the job.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NewType

from sightsong.core.affect import Affect
from sightsong.core.embeddings import Space, Vectors
from sightsong.core.fingerprints import Fingerprint, nothing_heard
from sightsong.core.tenancy import DEFAULT_TENANT, TenantId, UserId
from sightsong.core.tracks import TrackId

JobId = NewType("JobId", str)
#: One process run: a new one at each start, so that a restarted worker is another owner.
Owner = NewType("Owner", str)
BlobId = NewType("BlobId", str)


class JobState(StrEnum):
    """Where a job is in its life."""

    QUEUED = "queued"  #: Waiting to be claimed.
    RUNNING = "running"  #: Leased by one owner.
    SUCCEEDED = "succeeded"  #: Final: has a result.
    FAILED = "failed"  #: Final: has an error.
    CANCELED = "canceled"  #: Final: given up on request.

    @property
    def is_final(self) -> bool:
        """Whether the state never changes again."""
        return self not in (JobState.QUEUED, JobState.RUNNING)


class Queue(StrEnum):
    """A line that jobs of one kind wait in; also the name of its doorbell."""

    PHOTOS = "photos"  #: Interactive, photos and words alike: somebody waits.
    TRACKS = "tracks"  #: Bulk: audio to embed.
    LIBRARY = "library"  #: The indexer's: scans.
    INDEX = "index"  #: The indexer's as well: snapshots, which must not wait for a long scan.


class JobKind(StrEnum):
    """What a job does."""

    PHOTO = "photo"  #: Describe a photo and find its tracks.
    EMBED = "embed"  #: Embed one track.
    INGEST = "ingest"  #: Scan a folder into tracks and embed jobs.
    TEXT = "text"  #: Find the tracks that some words ask for.
    REBUILD = "rebuild"  #: Build, verify and activate an index snapshot.
    VERIFY = "verify"  #: Compare a snapshot on disk with its manifest.
    PRUNE = "prune"  #: Remove snapshots that nobody needs.

    @property
    def queue(self) -> Queue:
        """The queue that jobs of this kind wait in."""
        return _QUEUE_OF[self]


_QUEUE_OF = {
    JobKind.PHOTO: Queue.PHOTOS,
    JobKind.TEXT: Queue.PHOTOS,
    JobKind.EMBED: Queue.TRACKS,
    JobKind.INGEST: Queue.LIBRARY,
    JobKind.REBUILD: Queue.INDEX,
    JobKind.VERIFY: Queue.INDEX,
    JobKind.PRUNE: Queue.INDEX,
}


@dataclass(frozen=True, kw_only=True)
class JobError:
    """Why a job failed (or why its last attempt did)."""

    code: str  #: Stable code of `sightsong.core.errors`.
    detail: str  #: One sentence for a person.


@dataclass(frozen=True, kw_only=True)
class Blob:
    """A stored upload."""

    id: BlobId
    sha256: str  #: Hex digest of the bytes.
    size_bytes: int
    media_type: str  #: As sniffed from the bytes, never as claimed.


@dataclass(frozen=True, kw_only=True)
class Idempotency:
    """What makes a submit that is sent twice the same submit."""

    key: str  #: As the client chose it.
    fingerprint: str  #: Hex digest of all that was sent with it.
    tenant: TenantId = DEFAULT_TENANT  #: Keys of others are other keys.


@dataclass(frozen=True, kw_only=True)
class Account:
    """Whom a submit is counted for."""

    key_id: str = ""  #: Of the key that it came with; empty: none.
    jobs_per_day: int | None = None  #: Photos and texts of this key in a day (UTC); None: any.


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """A job about to be queued."""

    kind: JobKind
    params: Mapping[str, Any] = field(default_factory=dict)  #: JSON values only.
    blob: Blob | None = None
    parent_id: JobId | None = None
    priority: int = 1  #: 0 first, 2 last.
    custom_id: str | None = None  #: What the client calls it; need not be its only one.
    deadline_s: float | None = None  #: From now; one that has not begun by then fails.
    keep_image_s: float | None = None  #: From its end; 0: gone with it. None: as long as the job.
    tenant: TenantId = DEFAULT_TENANT
    user: UserId | None = None  #: Of the tenant.
    account: Account = field(default_factory=Account)
    webhook_id: str | None = None  #: To be told of its end, whatever else that is told of.
    position: int | None = None  #: In its batch, from 0.
    #: Digest of all that decides its answer but the library; None: answers of others do not count.
    asked_digest: str | None = None
    #: A job that has answered the same: this one has succeeded at once, with a copy of that answer.
    copy_of: "JobId | None" = None


@dataclass(frozen=True, kw_only=True)
class Submitted:
    """What became of a submit."""

    job: "Job"
    is_replay: bool = False  #: The job was there already: the submit had been sent before.


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job row. Times are seconds since the epoch by the database's clock."""

    id: JobId
    kind: JobKind
    state: JobState
    state_version: int
    attempt: int  #: How often it was claimed; 0 while never.
    max_attempts: int  #: How many may fail by the job's own doing.
    crash_count: int  #: How many brought a worker or a batch down; above 0 it runs alone.
    priority: int
    params: Mapping[str, Any]
    created_at: float
    owner: Owner | None = None
    parent_id: JobId | None = None
    blob_id: BlobId | None = None
    started_at: float | None = None
    finished_at: float | None = None
    error: JobError | None = None
    result: Mapping[str, Any] | None = None
    custom_id: str | None = None
    deadline_at: float | None = None  #: Fails if it has not begun by then.
    tenant: TenantId = DEFAULT_TENANT
    user: UserId | None = None
    cached_from: JobId | None = None  #: The job whose answer this one has a copy of.


@dataclass(frozen=True, kw_only=True)
class JobFilter:
    """Which jobs to list; each condition narrows."""

    kinds: tuple[JobKind, ...] = ()  #: One of these; none: any.
    state: JobState | None = None
    custom_id: str | None = None
    created_after: float | None = None  #: Seconds since the epoch; not itself.
    tenant: TenantId | None = None  #: None: of any.
    user: UserId | None = None  #: `NOBODY`: of no user; None: of any, and of none.
    parent_id: JobId | None = None  #: Of this batch.


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What a queued job may expect."""

    ahead: int  #: Jobs that will be claimed before it, at most as many as were counted.
    eta_s: float | None  #: Seconds until its end, from how fast jobs ended lately; None: unknown.


@dataclass(frozen=True, kw_only=True)
class StoreEmbedding:
    """Effect of a finished `embed` job: the track becomes searchable."""

    track_id: TrackId
    space: Space
    vector: Vectors  #: float32, (d,), unit norm.
    windows: Vectors  #: float16, (n, d), unit norm, one per 10 s window.
    window_starts_s: tuple[float, ...]  #: Where each window begins in the track.
    affect: Affect
    descriptors: Mapping[str, float]  #: Measured features by name, e.g. `tempo_bpm`.
    duration_s: float
    digest: str  #: SHA-256 of the encoded sound, without tags: tells an edited tag from new music.
    fingerprint: Fingerprint = field(default_factory=nothing_heard)  #: Tells other encodings of it.


@dataclass(frozen=True, kw_only=True)
class KeepEmbedding:
    """Effect of an `embed` job whose file's sound is as it was: the embedding stays."""

    track_id: TrackId
    space: Space  #: Of that embedding; those of other spaces are yet to be looked at.


@dataclass(frozen=True, kw_only=True)
class QuarantineTrack:
    """Effect of a failed `embed` job: the track is set aside with its reason."""

    track_id: TrackId
    error: JobError


@dataclass(frozen=True, kw_only=True)
class ActivateSnapshot:
    """Effect of a finished `rebuild` job: readers move to this snapshot."""

    version: str


@dataclass(frozen=True, kw_only=True)
class KeepQuery:
    """Effect of an answered photo or text: what it searched for can be refined later."""

    job_id: JobId
    space: Space
    vector: Vectors  #: float32, (d,), unit norm.
    affect: Affect | None = None  #: The point that went with it, exactly.


Effect = StoreEmbedding | KeepEmbedding | QuarantineTrack | ActivateSnapshot | KeepQuery


@dataclass(frozen=True, kw_only=True)
class Succeeded:
    """The job is done."""

    result: Mapping[str, Any]  #: JSON values only.


@dataclass(frozen=True, kw_only=True)
class Failed:
    """The job cannot be done."""

    error: JobError


@dataclass(frozen=True, kw_only=True)
class Retry:
    """The job may succeed later."""

    error: JobError
    delay_s: float
    alone: bool = False  #: Run it by itself next time: it may have taken its batch down.


@dataclass(frozen=True, kw_only=True)
class Release:
    """The job was not tried: give it back as it was (the attempt does not count)."""

    delay_s: float | None = None  #: From now until it may be claimed again; None: as before.


Outcome = Succeeded | Failed | Retry | Release


@dataclass(frozen=True, kw_only=True)
class Completion:
    """How one attempt of a job ended. Written only while that attempt still holds the lease."""

    job: Job
    outcome: Outcome
    effects: tuple[Effect, ...] = ()  #: Applied in the same transaction, or not at all.


@dataclass(frozen=True, kw_only=True)
class Expired:
    """What was erased because it had been kept long enough."""

    blobs: tuple[BlobId, ...]  #: Their bytes are to be deleted now.
    changed: int  #: Jobs that were erased, or lost their image. None: there is no more to erase.


@dataclass(frozen=True, kw_only=True)
class Swept:
    """What one round of maintenance did."""

    requeued: int  #: Expired leases given back to their queue.
    failed: int  #: Jobs whose attempts were spent, or whose deadline passed.
    unrung: frozenset[Queue]  #: Queues with waiting jobs whose bell should be rung again.


@dataclass(frozen=True, kw_only=True)
class WorkerInfo:
    """A process that runs jobs, as it last reported itself."""

    owner: Owner
    door: str  #: `workers` or `indexer`.
    pid: int
    profile: str
    device: str  #: The device really in use, e.g. `cpu`.
    space: str = ""  #: Of the music vectors that it reads or writes; empty: not told.
    models: tuple[str, ...] = ()  #: What it has loaded, each as `id@revision`.
    #: Seconds of audio that one of its track processes and its model hear in a second, as measured
    #: at its start; None where that was not.
    heard_per_s: float | None = None
