"""What the centre needs from the outside world. Every port is synchronous.

`sightsong.adapters` holds the real things, `sightsong.adapters.memory` every port in memory.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from sightsong.core.embeddings import Space
from sightsong.core.fingerprints import Fingerprint
from sightsong.core.ingests import Ingest, Order, Problem, Progress, Scan, Watched, Wish
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
from sightsong.core.tracks import (
    Forgotten,
    FoundFile,
    KnownFile,
    SoundPrint,
    Track,
    TrackFilter,
    TrackId,
    TrackState,
    Verdict,
)


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

    def known(
        self, paths: Sequence[str], *, space: Space, ingest_id: JobId, restore: bool = False
    ) -> Mapping[str, KnownFile]:
        """Read those of `paths` whose files need not be registered again if their stamps hold.

        Left out is what is not registered, and what would get an `embed` job: as `register` says.
        With `restore`, the files of removed tracks are left out too.
        """
        ...

    def register(
        self,
        files: Sequence[FoundFile],
        *,
        space: Space,
        parent_id: JobId,
        restore: bool = False,
    ) -> list[Verdict]:
        """Store found files in one transaction, with an `embed` job for each new track.

        Safe to repeat: bytes that are known make no second track and no second job. A file that
        has other bytes than before keeps its track if that has no other file (its embedding is
        made anew unless its sound is the same); if the new bytes are those of another track, it
        becomes a file of that one. A track whose embedding is of another space gets a job too, and
        so does one that was quarantined for something else than its bytes; it is pending again.
        The `embed` job's params are `{"track_id": …}`. Each file is noted with the ingest that
        registered it (`parent_id`) and its verdict. Tracks that a person has removed stay so
        unless `restore`.

        Returns:
            One verdict for each file; never `moved`, which `forget` finds out.
        """
        ...

    def sizes(self, sizes_bytes: Iterable[int]) -> frozenset[int]:
        """Find which of some sizes registered files have."""
        ...

    def of_bytes(self, sha256s: Iterable[str]) -> frozenset[str]:
        """Find which of some digests are those of tracks."""
        ...

    def paths_under(self, folder: str) -> list[str]:
        """List the registered files below a folder (a path or an address, without a slash)."""
        ...

    def forget(self, paths: Sequence[str], *, ingest_id: JobId, remove: bool) -> Forgotten:
        """Drop files that are gone, in one transaction.

        A track that has another file lives on there; if this ingest registered that one as a
        duplicate, it has moved, and that file's verdict becomes so. A track without another is
        removed for good if `remove`, else it keeps its file and counts as missing.
        """
        ...

    def edit(self, track_id: TrackId, changes: Mapping[str, Any]) -> Track:
        """Change what a person says of a track; these edits outlive scans.

        Args:
            track_id: of a track.
            changes: fields of `Tags` by name; None takes an edit back.

        Raises:
            TrackNotFound: there is none.
        """
        ...

    def remove(self, track_id: TrackId) -> None:
        """Remove a track and its embeddings; its bytes are not taken in again unless asked for.

        Its row stays as a mark; for every other method here it is gone.

        Raises:
            TrackNotFound: there is none.
        """
        ...

    def digest(self, track_id: TrackId, *, space: Space) -> str | None:
        """Read the digest of the sound that a track's embedding in a space was made of, if any."""
        ...

    def prints(self, space: Space, *, since: int = 0) -> Iterator[tuple[SoundPrint, bool]]:
        """Stream the embedded tracks in the order of their duration, then id.

        Each comes with whether its embedding is newer than revision `since`.
        """
        ...

    def fingerprints(
        self, track_ids: Iterable[TrackId], *, space: Space
    ) -> Mapping[TrackId, Fingerprint]:
        """Read the fingerprints of embedded tracks; others are left out."""
        ...

    def group(self, recordings: Mapping[TrackId, TrackId | None]) -> None:
        """Note which track stands for the recording of each."""
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
        self, *, limit: int, after: TrackId | None = None, where: TrackFilter | None = None
    ) -> list[Track]:
        """Read tracks in the order of their ids, after the given one."""
        ...

    def recording(self, recording_id: TrackId) -> list[Track]:
        """Read all tracks of a recording, the one that stands for it first."""
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


class Ingests(Protocol):
    """The ingests: jobs of kind `ingest`, how far they are, and what was asked of them since."""

    def submit(self, wish: Wish) -> Job:
        """Store a queued ingest in one transaction.

        Raises:
            StoreUnavailable: the database does not answer (503).
        """
        ...

    def get(self, ingest_id: JobId) -> Ingest:
        """Read an ingest.

        Raises:
            JobNotFound: there is none.
        """
        ...

    def listed(self, *, limit: int, after: JobId | None = None) -> list[Ingest]:
        """Read ingests, newest first, those older than the given one."""
        ...

    def note(self, job: Job, scan: Scan, problems: Sequence[Problem] = ()) -> Order:
        """Store how far a scan is, and say whether to go on.

        Written only while this attempt holds the job; if it does not, the order is `stop`. The
        problems of earlier attempts are dropped by the first note of an attempt (`scan.found` 0).
        """
        ...

    def progress(self, ingest_id: JobId) -> Progress:
        """Read what has become of the tracks of an ingest."""
        ...

    def problems(self, ingest_id: JobId, *, limit: int, after: str | None = None) -> list[Problem]:
        """Read what could not be taken in: files first, then tracks; after the given cursor."""
        ...

    def pause(self, ingest_id: JobId) -> Ingest:
        """Let the scan and the tracks of an ingest wait; what runs ends. Safe to repeat.

        Raises:
            JobNotFound: there is none.
            Conflict: nothing of it is left to do.
        """
        ...

    def resume(self, ingest_id: JobId) -> Ingest:
        """Let a paused ingest go on. Safe to repeat.

        Raises:
            JobNotFound: there is none.
        """
        ...

    def cancel(self, ingest_id: JobId) -> Ingest:
        """Give up what is left of an ingest; what is embedded stays. Safe to repeat.

        The scan and its tracks' jobs become `canceled`, also those that run: their attempts are
        fenced.

        Raises:
            JobNotFound: there is none.
            Conflict: nothing of it was left to do, and it was not canceled.
        """
        ...

    def retry(self, ingest_id: JobId) -> int:
        """Make a new job for each track of an ingest that failed; how many.

        The failed ones no longer count for the ingest.

        Raises:
            JobNotFound: there is none.
        """
        ...

    def heard_per_s(self, space: Space) -> float | None:
        """Seconds of audio embedded in a second by the whole service, over the last tracks.

        None while fewer than three were.
        """
        ...

    def watch(self, path: str) -> Watched:
        """Keep a folder in step from now on. Safe to repeat."""
        ...

    def unwatch(self, watched_id: str) -> None:
        """Leave a folder alone from now on.

        Raises:
            NotFound: it is not watched.
        """
        ...

    def watched(self) -> list[Watched]:
        """Read the folders that are kept in step, the oldest first."""
        ...

    def note_watched(self, watched_id: str, ingest_id: JobId) -> None:
        """Note the last ingest that was begun for a folder."""
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


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file in a tray."""

    name: str  #: As its sender called it; only ever shown.
    path: Path  #: Where its bytes lie.


class Inbox(Protocol):
    """Trays of uploaded files that wait to be taken in."""

    def open_tray(self) -> str:
        """Begin a tray and return its id."""
        ...

    def put(self, tray: str, name: str, chunks: Iterable[bytes]) -> int:
        """Store one file durably as it comes; return its size.

        Raises:
            StorageFull: less room than the reserve would be left.
        """
        ...

    def files(self, tray: str) -> list[Upload]:
        """List the files of a tray in the order in which they came; empty if it is gone."""
        ...

    def discard(self, tray: str) -> None:
        """Throw a tray away with what is left in it; absent is fine."""
        ...


class Shelf(Protocol):
    """Music that the service keeps itself: what was uploaded, unpacked or fetched."""

    def keep(self, source: Path, *, sha256: str, suffix: str) -> Path:
        """Take a file in under its content's name; return where it lies.

        The source is moved where it can be. Safe to repeat.

        Raises:
            StorageFull: less room than the reserve would be left.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class RemoteFile:
    """A file in an object store."""

    url: str
    size_bytes: int
    mtime_ns: int


class Objects(Protocol):
    """Object stores: where music may lie besides this machine's own folders."""

    def listing(self, url: str) -> Iterator[RemoteFile]:
        """List the files below an address, in the order of their names.

        Raises:
            UrlNotAllowed: this kind of address is not one that is read.
            FetchFailed: the store does not answer, or refuses.
        """
        ...

    def fetch(self, url: str, to: BinaryIO, *, start: int = 0, size: int | None = None) -> None:
        """Copy a file, or a part of it, as it comes.

        Raises:
            UrlNotAllowed: this kind of address is not one that is read.
            FetchFailed: it cannot be had.
        """
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
    ingests: Ingests
    snapshots: Snapshots
    blobs: Blobs
