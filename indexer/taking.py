"""Taking pieces into the library: stat, hash, tags, then a row and a job for what is new."""

import errno
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from stat import S_ISREG

from indexer import tags
from indexer.pieces import Piece, is_text, problem
from sightsong.adapters import disk
from sightsong.core import errors, jobs, ports
from sightsong.core.embeddings import Space
from sightsong.core.ingests import COUNT_OF, Order, Problem, Scan
from sightsong.core.tracks import FileStamp, FoundFile, KnownFile, Tags, Verdict, is_remote


@dataclass(frozen=True, kw_only=True)
class Means:
    """What is needed to take pieces in."""

    stores: ports.Stores
    doorbell: ports.Doorbell
    space: Space
    shelf: ports.Shelf
    objects: ports.Objects
    scratch_dir: Path
    reserve_bytes: int  #: Free disk that is never used up.
    go_on: Callable[[], bool]  #: Notes progress; False when the process is to stop.


class Interrupted(Exception):
    """The scan ends before its time: the process is to stop, or the ingest is."""

    def __init__(self, order: Order) -> None:
        super().__init__(order)
        self.order = order


@dataclass(kw_only=True)
class Tally:
    """What a scan has counted so far, and the problems that nobody was told of yet."""

    counts: Counter[str] = field(default_factory=Counter)
    untold: list[Problem] = field(default_factory=list)

    def add(self, verdicts: Sequence[Verdict]) -> None:
        """Count files by what they were found to be."""
        self.counts.update(COUNT_OF[verdict] for verdict in verdicts)

    def miss(self, trouble: Problem) -> None:
        """Note a piece that cannot be taken in."""
        self.counts["unreadable"] += 1
        self.untold.append(trouble)

    def scan(self) -> Scan:
        """The counts so far."""
        return Scan(**self.counts)


class Taker:
    """Takes the pieces of one ingest in, a chunk at a time."""

    def __init__(self, means: Means, job: jobs.Job, *, restore: bool, tally: Tally) -> None:
        self._means = means
        self._job = job
        self._restore = restore
        self._tally = tally
        self._taken: set[str] = set()  #: Places that were registered in this run.

    def shelved(self, piece: Piece) -> Piece | None:
        """Put a piece that has no place of its own onto the shelf; None if that fails.

        Raises:
            StorageFull: there is no room for it; tried again.
        """
        if piece.location is not None or piece.path is None:
            return piece
        try:
            return self._kept(piece, piece.path)
        except errors.BrokenAudio as error:
            self._refuse(piece, error)
        except OSError as error:
            self._refuse(piece, errors.UnreadableFile(error.strerror or type(error).__name__))
        return None

    def _kept(self, piece: Piece, path: Path) -> Piece:
        if not path.stat().st_size:
            raise errors.BrokenAudio("The file is empty.")
        suffix = path.suffix.lower() or Path(piece.name).suffix.lower()
        kept = self._means.shelf.keep(path, sha256=disk.sha256_of(path), suffix=suffix)
        called = Path(piece.name.rpartition(": ")[2]).stem
        return replace(piece, path=kept, location=str(kept), called=called)

    def _refuse(self, piece: Piece, error: errors.SightsongError) -> None:
        self._tally.counts["found"] += 1
        self._tally.miss(problem(piece.name, error))

    def take(self, chunk: Sequence[Piece]) -> None:
        """Register a chunk: what a stat shows to be as it was costs no read.

        Raises:
            Interrupted: the process is to stop; nothing of the chunk was stored.
        """
        self._tally.counts["found"] += len(chunk)
        pieces = {_place(piece): piece for piece in chunk if self._is_first(piece)}
        known = self._means.stores.tracks.known(
            list(pieces),
            space=self._means.space,
            ingest_id=self._job.id,
            restore=self._restore,
        )
        files = [self._changed(piece, known.get(place)) for place, piece in pieces.items()]
        self._register([file for file in files if file is not None])

    def _is_first(self, piece: Piece) -> bool:
        """Whether a piece can be named, and was not met before: a manifest may say a file twice."""
        if not self._is_nameable(piece):
            return False
        if _place(piece) in self._taken:
            self._tally.add([Verdict.DUPLICATE])
            return False
        self._taken.add(_place(piece))
        return True

    def _changed(self, piece: Piece, before: KnownFile | None) -> FoundFile | None:
        """Read a piece unless it is as it was; None when there is nothing to store."""
        if not self._means.go_on():
            raise Interrupted(Order.GO_ON)
        try:
            stamp = piece.stamp or stamp_of(piece.path)
            self._tally.counts["size_bytes"] += stamp.size_bytes
            if before is None or before.stamp != stamp or _says_else(piece, before):
                return self._found(_place(piece), piece, stamp)
            self._tally.add([before.verdict])
        except OSError as error:
            self._miss(piece, error.strerror or type(error).__name__)
        except errors.FetchFailed as error:
            self._miss(piece, error.detail)
        return None

    def _register(self, files: Sequence[FoundFile]) -> None:
        if not files:
            return
        verdicts = self._means.stores.tracks.register(
            files, space=self._means.space, parent_id=self._job.id, restore=self._restore
        )
        self._tally.add(verdicts)
        self._means.doorbell.ring(jobs.Queue.TRACKS)

    def _miss(self, piece: Piece, reason: str) -> None:
        self._tally.miss(problem(piece.name, errors.UnreadableFile(reason)))

    def _is_nameable(self, piece: Piece) -> bool:
        if is_text(_place(piece)):
            return True
        self._miss(piece, "its name is not valid UTF-8")
        return False

    def _found(self, location: str, piece: Piece, stamp: FileStamp) -> FoundFile:
        if not is_remote(location):
            return _read(Path(location), location, piece, stamp)
        with disk.full_is_told(), self._scratch() as folder:
            copy = Path(folder, f"fetched{Path(location).suffix}")
            with disk.RoomyFile(copy, reserve_bytes=self._means.reserve_bytes) as file:
                self._means.objects.fetch(location, file)
            return _read(copy, location, piece, stamp)

    def _scratch(self) -> tempfile.TemporaryDirectory[str]:
        self._means.scratch_dir.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(dir=self._means.scratch_dir)


def _read(path: Path, location: str, piece: Piece, stamp: FileStamp) -> FoundFile:
    return FoundFile(
        path=location,
        size_bytes=stamp.size_bytes,
        mtime_ns=stamp.mtime_ns,
        sha256=disk.sha256_of(path),
        tags=tags.read(path).over(Tags(title=piece.called or None)),
        given=piece.given,
    )


def _says_else(piece: Piece, before: KnownFile) -> bool:
    """Whether something else is given of a file than before; nobody asks that of a removed one."""
    is_removed = before.verdict is Verdict.REMOVED
    return not is_removed and piece.given.instead_of(before.given) != before.given


def _place(piece: Piece) -> str:
    return piece.location or ""


def stamp_of(path: Path | None) -> FileStamp:
    """Stat a file.

    Raises:
        OSError: it is not there, cannot be looked at, or is no regular file.
    """
    if path is None:
        raise OSError(errno.ENOENT, "it is not there")
    stat = path.stat()
    if not S_ISREG(stat.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")  # a pipe would be read for ever
    return FileStamp(size_bytes=stat.st_size, mtime_ns=stat.st_mtime_ns)
