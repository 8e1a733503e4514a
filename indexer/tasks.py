"""What the indexer does for each kind of job: plain functions over a runtime."""

import errno
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG
from typing import Any

from indexer import scan, snapshot, tags
from sightsong.adapters import disk
from sightsong.core import errors, jobs, lifecycle, ports
from sightsong.core.embeddings import Space
from sightsong.core.tracks import FileStamp, FoundFile, Registered
from sightsong.engine.work import Prepared

#: Files that are registered in one transaction.
_CHUNK = 64
#: Unreadable files that a scan lists by name; the rest is only counted.
_LISTED = 100


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """Everything that the tasks of the indexer use."""

    stores: ports.Stores
    doorbell: ports.Doorbell
    space: Space
    snapshots_dir: Path
    go_on: Callable[[], bool]  #: Notes progress; False when the process is to stop.


@dataclass(kw_only=True)
class _Scan:
    """The counts of one scan, as they grow."""

    found: int = 0
    new: int = 0
    known: int = 0
    duplicates: int = 0
    unreadable: list[dict[str, str]] = field(default_factory=list)

    def add(self, done: Registered) -> None:
        """Count what registering did."""
        self.new += done.new
        self.known += done.known
        self.duplicates += done.duplicates

    def miss(self, path: Path, reason: str) -> None:
        """Note a file that cannot be taken in."""
        name = path.name.encode("utf-8", "replace").decode()
        self.unreadable.append({"file": name, "reason": reason})

    def result(self) -> dict[str, Any]:
        return {
            "found": self.found,
            "new": self.new,
            "known": self.known,
            "duplicates": self.duplicates,
            "unreadable": len(self.unreadable),
            "unreadable_files": self.unreadable[:_LISTED],
        }


def ingest(batch: Sequence[Prepared], *, runtime: Runtime) -> list[jobs.Completion]:
    """Scan the folder of each job into tracks and `embed` jobs."""
    return [_ingest(ready.job, runtime) for ready in batch]


def rebuild(batch: Sequence[Prepared], *, runtime: Runtime) -> list[jobs.Completion]:
    """Build, verify and publish one snapshot; serves all jobs of the batch."""
    return [_rebuild(ready.job, runtime) for ready in batch]


def _ingest(job: jobs.Job, runtime: Runtime) -> jobs.Completion:
    counts = _Scan()
    files = scan.audio_files(Path(job.params["path"]), on_unreadable=counts.miss)
    try:
        for chunk in _chunks(files, _CHUNK):
            if not _register(chunk, counts, job, runtime):
                # What is committed stays; the next attempt only stats it.
                return jobs.Completion(job=job, outcome=jobs.Release())
    except errors.SightsongError as error:
        return lifecycle.failure(job, error)
    return jobs.Completion(job=job, outcome=jobs.Succeeded(result=counts.result()))


def _register(paths: Sequence[Path], counts: _Scan, job: jobs.Job, runtime: Runtime) -> bool:
    """Store the files of a chunk; False when the process is to stop and nothing was stored.

    What a stat shows to be as it was costs no read.
    """
    counts.found += len(paths)
    nameable = [path for path in paths if _is_nameable(path, counts)]
    stamps = runtime.stores.tracks.stamps([str(path) for path in nameable], space=runtime.space)
    files: list[FoundFile] = []
    for path in nameable:
        if not runtime.go_on():
            return False
        file = _changed(path, stamps.get(str(path)), counts)
        files += [file] if file else []
    if files:
        store = runtime.stores.tracks
        counts.add(store.register(files, space=runtime.space, parent_id=job.id))
        runtime.doorbell.ring(jobs.Queue.TRACKS)
    return True


def _is_nameable(path: Path, counts: _Scan) -> bool:
    """Whether a path can be stored; Linux allows names that are no text in any encoding."""
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        counts.miss(path, "its name is not valid UTF-8")
        return False
    return True


def _changed(path: Path, known: FileStamp | None, counts: _Scan) -> FoundFile | None:
    """Read a file unless it is as it was; None when there is nothing to store."""
    try:
        stamp = _stamp(path)
        if stamp == known:
            counts.known += 1
            return None
        return _found(path, stamp)
    except OSError as error:
        counts.miss(path, error.strerror or type(error).__name__)
        return None


def _found(path: Path, stamp: FileStamp) -> FoundFile:
    return FoundFile(
        path=str(path),
        size_bytes=stamp.size_bytes,
        mtime_ns=stamp.mtime_ns,
        sha256=disk.sha256_of(path),
        tags=tags.read(path),
    )


def _stamp(path: Path) -> FileStamp:
    stat = path.stat()
    if not S_ISREG(stat.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")  # a pipe would be read for ever
    return FileStamp(size_bytes=stat.st_size, mtime_ns=stat.st_mtime_ns)


def _rebuild(job: jobs.Job, runtime: Runtime) -> jobs.Completion:
    store, space = runtime.stores, runtime.space
    try:
        snapshot.prune(runtime.snapshots_dir, space, store.snapshots)
        revision = store.tracks.revision(space)  # before the vectors: never newer than they are
        built = snapshot.build(
            store.tracks.vectors(space),
            root=runtime.snapshots_dir,
            space=space,
            revision=revision,
        )
        store.snapshots.add(built)
    except errors.SightsongError as error:
        return lifecycle.failure(job, error)
    result = {"version": built.version, "tracks": built.manifest["tracks"]}
    return jobs.Completion(
        job=job,
        outcome=jobs.Succeeded(result=result),
        effects=(jobs.ActivateSnapshot(version=built.version),),
    )


def _chunks(paths: Iterable[Path], size: int) -> Iterable[list[Path]]:
    iterator = iter(paths)
    while chunk := list(itertools.islice(iterator, size)):
        yield chunk
