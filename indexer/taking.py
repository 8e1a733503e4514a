"""Taking pieces into the library: stat, hash, tags, then a row and a job for what is new."""

import errno
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG

from indexer import tags
from indexer.pieces import Piece, is_remote, problem
from sightsong.adapters import disk
from sightsong.core import errors, jobs, ports
from sightsong.core.embeddings import Space
from sightsong.core.ingests import COUNT_OF, Order, Problem, Scan
from sightsong.core.tracks import FileStamp, FoundFile, Tags, Verdict


@dataclass(frozen=True, kw_only=True)
class Means:
    """What is needed to take pieces in."""

    stores: ports.Stores
    doorbell: ports.Doorbell
    space: Space
    shelf: ports.Shelf
    objects: ports.Objects
    scratch_dir: Path
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

    def shelved(self, piece: Piece) -> Piece | None:
        """Put a piece that has no place of its own onto the shelf; None if that fails.

        Raises:
            StorageFull: there is no room for it; tried again.
        """
        if piece.location is not None or piece.path is None:
            return piece
        if not piece.path.stat().st_size:
            self._tally.counts["found"] += 1
            self._tally.miss(problem(piece.name, errors.BrokenAudio("The file is empty.")))
            return None
        sha256 = disk.sha256_of(piece.path)
        suffix = piece.path.suffix.lower() or Path(piece.name).suffix.lower()
        kept = self._means.shelf.keep(piece.path, sha256=sha256, suffix=suffix)
        return Piece(name=piece.name, given=_titled(piece, kept), path=kept, location=str(kept))

    def take(self, chunk: Sequence[Piece]) -> None:
        """Register a chunk: what a stat shows to be as it was costs no read.

        Raises:
            Interrupted: the process is to stop; nothing of the chunk was stored.
        """
        self._tally.counts["found"] += len(chunk)
        nameable = {_place(piece): piece for piece in chunk if self._is_nameable(piece)}
        known = self._means.stores.tracks.known(
            list(nameable),
            space=self._means.space,
            ingest_id=self._job.id,
            restore=self._restore,
        )
        files: list[FoundFile] = []
        for location, piece in nameable.items():
            if not self._means.go_on():
                raise Interrupted(Order.GO_ON)
            try:
                stamp = piece.stamp or stamp_of(piece.path)
                self._tally.counts["size_bytes"] += stamp.size_bytes
                before = known.get(location)
                if before is not None and before.stamp == stamp and piece.given == Tags():
                    self._tally.add([before.verdict])
                else:
                    files.append(self._found(location, piece, stamp))
            except OSError as error:
                self._miss(piece, error.strerror or type(error).__name__)
            except errors.FetchFailed as error:
                self._miss(piece, error.detail)
        self._register(files)

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
        """Whether a path can be stored; Linux allows names that are no text in any encoding."""
        try:
            _place(piece).encode("utf-8")
        except UnicodeEncodeError:
            self._miss(piece, "its name is not valid UTF-8")
            return False
        return True

    def _found(self, location: str, piece: Piece, stamp: FileStamp) -> FoundFile:
        if not is_remote(location):
            return _read(Path(location), location, piece, stamp)
        self._means.scratch_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._means.scratch_dir) as folder:
            copy = Path(folder, f"fetched{Path(location).suffix}")
            with copy.open("wb") as file:
                self._means.objects.fetch(location, file)
            return _read(copy, location, piece, stamp)


def _read(path: Path, location: str, piece: Piece, stamp: FileStamp) -> FoundFile:
    return FoundFile(
        path=location,
        size_bytes=stamp.size_bytes,
        mtime_ns=stamp.mtime_ns,
        sha256=disk.sha256_of(path),
        tags=tags.read(path),
        given=piece.given,
    )


def _place(piece: Piece) -> str:
    return piece.location or ""


def _titled(piece: Piece, kept: Path) -> Tags:
    """Name a track after the file it came in: on the shelf it is called by its content."""
    if piece.given.title or tags.read(kept).title:
        return piece.given
    stem = Path(piece.name.rpartition(": ")[2]).stem
    return Tags(title=stem or None).over(piece.given)


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
