"""What the in-memory stores share: plain dictionaries, one lock, one clock."""

import itertools
import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsong.core.batches import BatchId, NewBatch
from sightsong.core.embeddings import Space
from sightsong.core.facts import facts_of
from sightsong.core.fingerprints import Fingerprint
from sightsong.core.ingests import Problem, Scan, Watched
from sightsong.core.jobs import Job, JobId, JobState, KeepQuery, Owner, Queue, WorkerInfo
from sightsong.core.keys import ApiKey
from sightsong.core.snapshots import Snapshot, Windows
from sightsong.core.tenancy import TenantId
from sightsong.core.tracks import FileStamp, Tags, Track, TrackId, Verdict
from sightsong.core.webhooks import Attempt, DeliveryState, Event, Webhook


@dataclass(kw_only=True)
class Row:
    """A job and what only the store knows of it."""

    job: Job
    sequence: int
    available_at: float
    lease_until: float = 0.0
    is_held: bool = False  #: Its ingest is paused.
    heard_s: float | None = None  #: Seconds of audio that it embedded.
    keep_image_s: float | None = None  #: From its end.
    image_until: float | None = None  #: Set at its end.
    erased_at: float | None = None
    webhook_id: str | None = None
    position: int | None = None  #: In its batch.
    asked_digest: str | None = None

    @property
    def rank(self) -> tuple[int, float, int]:
        """Where the job stands in its queue: priority, then age."""
        return self.job.priority, self.available_at, self.sequence

    def change(self, **fields: Any) -> None:  # noqa: ANN401 - the fields of Job, as replace() has them
        """Change the job; every change raises its version."""
        self.job = replace(self.job, state_version=self.job.state_version + 1, **fields)
        if self.job.finished_at is not None and self.keep_image_s is not None:
            self.image_until = self.job.finished_at + self.keep_image_s


@dataclass(kw_only=True)
class KeyRow:
    """What a submit was sent under."""

    fingerprint: str | None  #: None: the job was erased.
    job_id: JobId
    created_at: float


@dataclass(kw_only=True)
class FileRow:
    """A file of a track."""

    track_id: TrackId
    stamp: FileStamp
    ingest_id: JobId
    verdict: Verdict


@dataclass(kw_only=True)
class Words:
    """What is said of a track, by whom."""

    own: Tags
    given: Tags = field(default_factory=Tags)
    edits: Tags = field(default_factory=Tags)

    @property
    def shown(self) -> Tags:
        """What is shown of it all."""
        return self.edits.over(self.given.over(self.own))


@dataclass(kw_only=True)
class Vectors:
    """An embedding and what only the store knows of it."""

    vector: NDArray[np.float16]  #: (d,)
    windows: Windows
    revision: int
    digest: str
    fingerprint: Fingerprint


@dataclass(kw_only=True)
class IngestRow:
    """What is known of an ingest besides its job."""

    scan: Scan = field(default_factory=Scan)
    furthest: int = 0  #: Files that any attempt of its scan has found, at most.
    is_paused: bool = False
    is_canceled: bool = False
    problems: list[tuple[int, int, Problem]] = field(default_factory=list)  #: Place, claim, what.


@dataclass(kw_only=True)
class BatchRow:
    """A batch and what only the store knows of it."""

    new: NewBatch
    sequence: int
    created_at: float
    finished_at: float | None = None
    is_canceled: bool = False
    erased_at: float | None = None


@dataclass(kw_only=True)
class DeliveryRow:
    """A delivery and what only the store knows of it."""

    id: str
    webhook_id: str
    event: Event
    subject_id: str | None
    payload: Mapping[str, Any]
    sequence: int
    created_at: float
    available_at: float
    state: DeliveryState = DeliveryState.PENDING
    attempt: int = 0
    owner: str | None = None
    lease_until: float = 0.0
    attempts: list[Attempt] = field(default_factory=list)


@dataclass(kw_only=True)
class State:
    """All rows. Every access holds `lock`, which is one transaction."""

    clock: Callable[[], float]
    lock: threading.RLock = field(default_factory=threading.RLock)
    rows: dict[JobId, Row] = field(default_factory=dict)
    #: By tenant, and what the client chose.
    keys: dict[tuple[TenantId, str], KeyRow] = field(default_factory=dict)
    api_keys: dict[str, ApiKey] = field(default_factory=dict)
    #: Photos and texts by tenant, key and day.
    usage: dict[tuple[TenantId, str, str], tuple[int, int]] = field(default_factory=dict)
    rung_at: dict[Queue, float] = field(default_factory=dict)
    workers: dict[Owner, tuple[WorkerInfo, float]] = field(default_factory=dict)
    tracks: dict[TrackId, Track] = field(default_factory=dict)
    files: dict[str, FileRow] = field(default_factory=dict)
    words: dict[TrackId, Words] = field(default_factory=dict)
    removed: set[TrackId] = field(default_factory=set)
    #: Of tracks that were taken out, which encoding of the same recording was left.
    heirs: dict[TrackId, TrackId] = field(default_factory=dict)
    embed_jobs: dict[TrackId, JobId] = field(default_factory=dict)
    vectors: dict[tuple[Space, TrackId], Vectors] = field(default_factory=dict)
    outdated: set[tuple[Space, TrackId]] = field(default_factory=set)
    revisions: dict[Space, int] = field(default_factory=lambda: defaultdict(int))
    gone: dict[tuple[Space, TrackId], int] = field(default_factory=dict)
    #: The last revision of each space of which a removal is not known any more.
    forgotten_up_to: dict[Space, int] = field(default_factory=lambda: defaultdict(int))
    phrases: dict[tuple[Space, str], NDArray[np.float32]] = field(default_factory=dict)
    queries: dict[JobId, KeepQuery] = field(default_factory=dict)
    #: The last job that there was when a person chose a snapshot, by its version.
    pins: dict[str, int] = field(default_factory=dict)
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    ingests: dict[JobId, IngestRow] = field(default_factory=dict)
    watched: dict[str, Watched] = field(default_factory=dict)
    batches: dict[BatchId, BatchRow] = field(default_factory=dict)
    #: By the digests of their keys; as `keys`, with ids of batches.
    batch_keys: dict[str, KeyRow] = field(default_factory=dict)
    webhooks: dict[str, Webhook] = field(default_factory=dict)
    deliveries: dict[str, DeliveryRow] = field(default_factory=dict)
    #: Told of each job that ends.
    at_end: list[Callable[[Row], None]] = field(default_factory=list)
    sequence: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def tell_end(self, row: Row) -> None:
        """Have done what follows from the end of a job."""
        for tell in self.at_end:
            tell(row)

    def forget_deliveries(self, which: Callable[[DeliveryRow], bool]) -> None:
        """Delete what was told, or is still to be told."""
        self.deliveries = {key: row for key, row in self.deliveries.items() if not which(row)}

    def there(self, track_id: TrackId) -> Track | None:
        """A track that is not removed."""
        return None if track_id in self.removed else self.tracks.get(track_id)

    def files_of(self, track_id: TrackId) -> list[str]:
        """The paths of a track, in order."""
        return sorted(path for path, row in self.files.items() if row.track_id == track_id)

    def put(self, track: Track, *, but: Space | None = None) -> None:
        """Store a track; searches notice what else they see of it, in all spaces but one."""
        before = self.tracks[track.id]
        self.tracks[track.id] = track
        if facts_of(track) == facts_of(before):
            return
        for (space, one), vectors in self.vectors.items():
            if one == track.id and space != but:
                self.revisions[space] += 1
                vectors.revision = self.revisions[space]

    def withdraw(self, track_id: TrackId) -> None:
        """Take a track out of all spaces."""
        for space, one in [key for key in self.vectors if key[1] == track_id]:
            del self.vectors[space, one]
            self.revisions[space] += 1
            self.gone[space, one] = self.revisions[space]
        self.outdated = {key for key in self.outdated if key[1] != track_id}

    def doubt(self, track_id: TrackId) -> None:
        """Note that the embeddings of a track may be of other bytes; a job finds out."""
        self.outdated |= {key for key in self.vectors if key[1] == track_id}

    def children(self, parent_id: JobId) -> list[Row]:
        """The jobs that a job has spawned, the oldest first."""
        found = (row for row in self.rows.values() if row.job.parent_id == parent_id)
        return sorted(found, key=lambda row: row.sequence)

    def cancel(self, row: Row) -> None:
        """Cancel a job unless it has ended; its attempt is fenced."""
        if not row.job.state.is_final:
            row.change(state=JobState.CANCELED, owner=None, finished_at=self.clock())
            self.tell_end(row)

    def queued(self, queue: Queue) -> list[Row]:
        """The jobs that wait in a queue, in its order."""
        waiting = (row for row in self.rows.values() if row.job.state is JobState.QUEUED)
        return sorted((r for r in waiting if r.job.kind.queue is queue), key=lambda row: row.rank)


def as_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Copy a mapping as a database would hand it back; refuses what JSON cannot say."""
    copied: dict[str, Any] = json.loads(json.dumps(dict(values), allow_nan=False))
    return copied
