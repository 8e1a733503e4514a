"""What the centre needs from the outside world. Every port is synchronous.

`sightsong.adapters` holds the real things, `sightsong.adapters.memory` every port in memory.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from sightsong.core.embeddings import Space
from sightsong.core.jobs import (
    Blob,
    BlobId,
    Completion,
    Job,
    JobId,
    JobState,
    NewJob,
    Owner,
    Queue,
    Swept,
    WorkerInfo,
)
from sightsong.core.snapshots import Snapshot, TrackVectors
from sightsong.core.tracks import FileStamp, FoundFile, Registered, Track, TrackId, TrackState


class Jobs(Protocol):
    """The job rows: the truth about all work. Every time is the database's clock."""

    def submit(self, new: NewJob) -> Job:
        """Store a queued job (and its blob's row) in one transaction.

        Raises:
            StoreUnavailable: the database does not answer (503).
        """
        ...

    def submit_once(self, new: NewJob) -> Job | None:
        """Store the job unless one of its kind is queued or running already; None if so."""
        ...

    def get(self, job_id: JobId) -> Job:
        """Read a job with its result.

        Raises:
            JobNotFound: there is none.
        """
        ...

    def versions(self, job_ids: Iterable[JobId]) -> Mapping[JobId, int]:
        """Read the `state_version` of many jobs in one query; unknown ids are left out."""
        ...

    def claim(
        self, queues: Sequence[Queue], *, owner: Owner, limit: int, lease_s: float
    ) -> list[Job]:
        """Lease up to `limit` jobs to `owner`, from the first queue that has any.

        A suspect (`crash_count` above 0) is claimed alone and first. Jobs come in the order of
        priority, then age. Each claim raises `attempt` and `state_version`.
        """
        ...

    def heartbeat(self, jobs: Sequence[Job], *, lease_s: float) -> frozenset[JobId]:
        """Prolong the leases that these attempts still hold, and return the ids of those."""
        ...

    def complete(self, completions: Sequence[Completion]) -> frozenset[JobId]:
        """Write outcomes and effects in one transaction; each only if its attempt holds the lease.

        Returns:
            The ids that were written. The others were fenced: another attempt owns them now.
        """
        ...

    def sweep(self, *, ring_after_s: float) -> Swept:
        """Give expired leases back (or fail them as `worker_crashed`), and find unrung queues.

        A queue is unrung when a job has waited in it for `ring_after_s` since it became available
        or was last rung for; such jobs are marked as rung.
        """
        ...

    def backlog(self, queue: Queue, *, limit: int) -> int:
        """Count the jobs queued in `queue`, at most `limit` (so that it stays cheap)."""
        ...

    def children(self, parent_id: JobId) -> Mapping[JobState, int]:
        """Count the jobs that a job has spawned, by state."""
        ...

    def report_worker(self, worker: WorkerInfo) -> None:
        """Note that a worker process is alive now."""
        ...

    def workers_alive(self, *, within_s: float) -> list[WorkerInfo]:
        """Read the workers that reported within the last `within_s` seconds."""
        ...


class Tracks(Protocol):
    """The library's rows: tracks, the files they lie in, their embeddings."""

    def stamps(self, paths: Sequence[str], *, space: Space) -> Mapping[str, FileStamp]:
        """Read the stamps of those `paths` whose files need not be registered again.

        Left out is what is not registered, and what would get an `embed` job: as `register` says.
        """
        ...

    def register(self, files: Sequence[FoundFile], *, space: Space, parent_id: JobId) -> Registered:
        """Store found files in one transaction, with an `embed` job for each new track.

        Safe to repeat: bytes that are known make no second track and no second job. A track whose
        embedding is of another space gets a job too, and so does one that was quarantined for
        something else than its bytes; it is pending again. The `embed` job's params are
        `{"track_id": …}`.
        """
        ...

    def get(self, track_id: TrackId) -> Track:
        """Read a track.

        Raises:
            TrackNotFound: there is none.
        """
        ...

    def get_many(self, track_ids: Iterable[TrackId]) -> Mapping[TrackId, Track]:
        """Read many tracks in one query; unknown ids are left out."""
        ...

    def paths(self, track_id: TrackId) -> tuple[str, ...]:
        """Read where the files of a track lie, as registered: its main path first, then by name.

        A file that moved has its old path and its new one. None are left when other bytes were
        found at each of them.

        Raises:
            TrackNotFound: there is none.
        """
        ...

    def page(
        self, *, limit: int, after: TrackId | None = None, state: TrackState | None = None
    ) -> list[Track]:
        """Read tracks in the order of their ids, after the given one."""
        ...

    def count(self) -> Mapping[TrackState, int]:
        """Count the tracks by state."""
        ...

    def vectors(self, space: Space) -> Iterator[TrackVectors]:
        """Stream the embeddings of a space in the order of track ids."""
        ...

    def revision(self, space: Space) -> int:
        """A number that grows whenever the embeddings of a space change; 0 when there are none."""
        ...


class Snapshots(Protocol):
    """The rows of the index snapshots."""

    def add(self, snapshot: Snapshot) -> None:
        """Store a built and verified snapshot, not active yet."""
        ...

    def active(self, space: Space) -> Snapshot | None:
        """Read the snapshot that readers of a space should serve."""
        ...

    def remove(self, version: str) -> None:
        """Forget a snapshot that is not active; absent or active is fine, and changes nothing."""
        ...

    def listed(self, space: Space | None = None) -> list[Snapshot]:
        """Read all snapshots, newest first."""
        ...


class Blobs(Protocol):
    """Uploads on disk (or in an object store)."""

    def put(self, content: bytes, *, media_type: str) -> Blob:
        """Store bytes durably: temporary name, fsync, rename.

        Raises:
            StorageFull: less room than the reserve would be left.
        """
        ...

    def open(self, blob_id: BlobId) -> BinaryIO:
        """Open a blob for reading.

        Raises:
            BlobNotFound: it is gone.
        """
        ...

    def delete(self, blob_id: BlobId) -> None:
        """Remove a blob; absent is fine."""
        ...


class Doorbell(Protocol):
    """Wakes workers. Nothing correct depends on it: they also look by themselves each second."""

    def ring(self, queue: Queue) -> None:
        """Tell the workers of a queue that it has work. May be lost or doubled.

        Raises:
            Unavailable: the broker does not answer.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A track near a query in a space."""

    track_id: TrackId
    cosine: float  #: -1 .. 1
    vector: NDArray[np.float32]  #: (d,), unit norm.
    window_start_s: float  #: Where the window nearest to the query begins.


@dataclass(frozen=True, kw_only=True)
class Found:
    """The answer of a library to a query."""

    snapshot: str | None  #: Version of the snapshot that answered; None when there is none.
    neighbours: tuple[Neighbour, ...]  #: Nearest first; of equals the smaller track id first.


class Library(Protocol):
    """The read side of the index."""

    def search(self, query: NDArray[np.float32], *, k: int) -> Found:
        """Find the `k` tracks nearest to a unit vector of the library's space, (d,)."""
        ...


@dataclass(frozen=True, kw_only=True)
class Stores:
    """Everything that keeps something, as one process holds it."""

    jobs: Jobs
    tracks: Tracks
    snapshots: Snapshots
    blobs: Blobs
