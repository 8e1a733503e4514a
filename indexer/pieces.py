"""Pieces: the files that an ingest comes upon, wherever they come from."""

import contextlib
import posixpath
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from indexer import manifests, scan
from sightsong.adapters import archives, disk
from sightsong.core import errors, ports
from sightsong.core.ingests import Problem, Wish
from sightsong.core.tracks import FileStamp, Tags


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A file that may be taken in."""

    name: str  #: As it is shown: its name, or its place in an archive or a manifest.
    given: Tags = field(default_factory=Tags)
    path: Path | None = None  #: Where its bytes can be read; None: in an object store.
    location: str | None = None  #: Where it stays; None: it is put onto the shelf.
    called: str = ""  #: What its track is called if its own tags have no title.
    stamp: FileStamp | None = None  #: Of one in an object store; else a stat tells.


Found = Iterator[Piece | Problem]


class Said:
    """What the manifests in a box (an archive, a tray) say of the files beside them."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = set(names)
        self._given: dict[str, Tags] = {}
        self.folder = ""  #: Of the manifest that is read now.

    def is_table(self, name: str) -> bool:
        """Whether a file is a manifest; notes that it is there."""
        self._names.add(name)
        return manifests.is_manifest(name)

    def keep(self, row: manifests.Row | manifests.RowProblem) -> bool:
        """Keep what a row says of a file in the box, named from its folder or from the top."""
        if not isinstance(row, manifests.Row) or row.file is None:
            return False
        meant = (posixpath.normpath(posixpath.join(place, row.file)) for place in (self.folder, ""))
        name = next((name for name in meant if name in self._names), None)
        if name is not None:
            self._given[name] = row.given
        return name is not None

    def of(self, name: str) -> Tags:
        """What is said of a file."""
        return self._given.get(name, Tags())


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where pieces may come from, and what is allowed there."""

    inbox: ports.Inbox
    objects: ports.Objects
    #: Copies what lies at an https address into a file and returns its name; None: not allowed.
    fetch_web: Callable[[str, Path], str] | None
    library_root: Path | None  #: What local files must lie in; None: anywhere.
    scratch_dir: Path  #: For files on their way.
    limits: archives.ArchiveLimits


@dataclass(frozen=True, kw_only=True)
class Walked:
    """A folder that was walked to its end without an error."""

    folder: Path
    device: int  #: Of its file system, when the walk began.


class Pieces:
    """Finds the pieces of a wish, in a fixed order."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.ignored = 0  #: Files left out for their ending, so far.
        self.seen: set[str] = set()  #: Paths of the audio files in folders, so far.
        self.walked: list[Walked] = []

    def of(self, wish: Wish) -> Found:
        """Find the pieces.

        Raises:
            PathNotAllowed: there is nothing at the one path that was asked for.
            InputError: the one archive or manifest that was asked for is refused as a whole.
            FetchFailed: the object store does not answer; tried again.
        """
        sources = self._sources(wish)
        for name, pieces in sources:
            try:
                yield from _of_library(told(pieces), wish.library)
            except errors.InputError as error:
                if len(sources) == 1:
                    raise
                yield problem(name, error)  # one bad archive does not hold up the others

    def _sources(self, wish: Wish) -> list[tuple[str, Found]]:
        return [
            *([(wish.url, self._of_store(wish.url))] if wish.url else []),
            *(self._uploads(self._tray(wish.inbox)) if wish.inbox else []),
            *((Path(path).name, self._of_path(Path(path), wish)) for path in wish.paths),
        ]

    def _of_store(self, url: str) -> Found:
        for remote in self._places.objects.listing(url):
            name = remote.url.rpartition("/")[2]
            if scan.is_audio(name):
                stamp = FileStamp(size_bytes=remote.size_bytes, mtime_ns=remote.mtime_ns)
                yield Piece(name=name, location=remote.url, stamp=stamp)
            else:
                self.ignored += 1

    def _tray(self, tray: str) -> list[ports.Upload]:
        uploads = self._places.inbox.files(tray)
        if not uploads:
            raise errors.UnreadableFile("The uploads of this ingest are not there any more.")
        return uploads

    def _uploads(self, uploads: Sequence[ports.Upload]) -> list[tuple[str, Found]]:
        """The pieces of each upload; a manifest may speak of those beside it."""
        said = Said({upload.name for upload in uploads})
        tables = [upload for upload in uploads if manifests.is_manifest(upload.name)]
        rows = [(one.name, self._rows_of(one.path, one.name, said)) for one in tables]
        others = [upload for upload in uploads if upload not in tables]
        return [*rows, *((upload.name, self._of_upload(upload, said)) for upload in others)]

    def _of_upload(self, upload: ports.Upload, said: Said) -> Found:
        """The pieces of an upload; it stays where it is until the whole ingest is through."""
        if archives.is_archive(upload.name):
            yield from self._of_archive(upload.path, upload.name, root=self._places.library_root)
            return
        _check_ending(upload.name)
        limits = self._places.limits
        with self._scratch() as folder:
            copy = folder / f"upload{Path(upload.name).suffix.lower()}"
            disk.link_or_copy(upload.path, copy, reserve_bytes=limits.reserve_bytes)
            yield Piece(name=upload.name, given=said.of(upload.name), path=copy)

    def _of_path(self, path: Path, wish: Wish) -> Found:
        if wish.root is not None:
            path = nearest(path, Path(wish.root))  # what has changed may be gone by now
        if path.is_dir():
            yield from self._of_folder(path)
        elif path.is_file():
            yield from self._of_file(path)
        else:
            raise errors.PathNotAllowed("There is no folder or file at a path of this ingest.")

    def _of_file(self, path: Path) -> Found:
        if archives.is_archive(path.name):
            yield from self._of_archive(path, path.name, root=path.parent)
        elif manifests.is_manifest(path.name):
            yield from self._of_manifest(path, path.name, root=path.parent)
        else:
            _check_ending(path.name)
            yield Piece(name=path.name, path=path, location=str(path))

    def _of_folder(self, folder: Path) -> Found:
        troubles: list[Problem] = []
        device, is_whole = folder.stat().st_dev, True

        def miss(path: Path, reason: str) -> None:
            troubles.append(problem(path.name, errors.UnreadableFile(reason)))

        for path in scan.audio_files(folder, on_unreadable=miss, on_ignored=self._ignore):
            is_whole = is_whole and not troubles
            yield from troubles
            troubles.clear()
            if str(path) not in self.seen:  # a folder may lie in another that was asked for
                self.seen.add(str(path))
                yield Piece(name=path.name, path=path, location=str(path))
        if is_whole and not troubles:
            self.walked.append(Walked(folder=folder, device=device))
        yield from troubles

    def _ignore(self, _path: Path) -> None:
        self.ignored += 1

    def _of_archive(self, path: Path, name: str, *, root: Path | None) -> Found:
        """The pieces of an archive: its manifests first, then the music that they may speak of."""
        said = Said()
        with self._scratch() as folder:
            for member in self._members(path, folder, said.is_table):
                if isinstance(member, archives.Member):
                    shown = f"{name}: {member.name}"
                    said.folder = posixpath.dirname(member.name)
                    yield from self._rows_of(member.path, shown, said, root=root)
            for member in self._members(path, folder, scan.is_audio_at):
                if isinstance(member, Problem):
                    yield replace(member, file=f"{name}: {member.file}")
                else:
                    shown, given = f"{name}: {member.name}", said.of(member.name)
                    yield Piece(name=shown, given=given, path=member.path)

    def _members(
        self, path: Path, into: Path, is_wanted: Callable[[str], bool]
    ) -> Iterator[archives.Member | Problem]:
        return archives.members(path, limits=self._places.limits, into=into, is_wanted=is_wanted)

    def _rows_of(self, path: Path, name: str, said: Said, *, root: Path | None = None) -> Found:
        """The pieces of a manifest in a box: rows that speak of what is beside it are kept."""
        start = root or self._places.library_root
        yield from self._of_manifest(path, name, root=start, said=said)

    def _of_manifest(
        self, path: Path, name: str, *, root: Path | None, said: Said | None = None
    ) -> Found:
        for row in manifests.rows(path):
            if said is not None and said.keep(row):
                continue
            shown = f"{name}: line {row.line}"
            if isinstance(row, manifests.RowProblem):
                yield problem(shown, errors.ManifestBroken(row.detail))
                continue
            try:
                yield from told(self._of_row(row, shown, root))
            except errors.SightsongError as error:
                yield problem(shown, error)

    def _of_row(self, row: manifests.Row, shown: str, root: Path | None) -> Found:
        if row.url is None:
            path = self._inside(Path(row.file or ""), root)
            yield Piece(name=shown, given=row.given, path=path, location=str(path))
        elif row.url.startswith("https:"):
            yield from self._of_web(row)
        else:
            for remote in self._places.objects.listing(row.url):
                stamp = FileStamp(size_bytes=remote.size_bytes, mtime_ns=remote.mtime_ns)
                yield Piece(name=shown, given=row.given, location=remote.url, stamp=stamp)

    def _of_web(self, row: manifests.Row) -> Found:
        if self._places.fetch_web is None:
            raise errors.UrlNotAllowed(
                "Addresses of the web are not fetched here; SIGHTSONG_FETCH_URLS=true allows it."
            )
        with self._scratch() as folder:
            target = folder / "fetched"
            name = self._places.fetch_web(row.url or "", target)
            _check_ending(name)
            yield Piece(name=name, given=row.given, path=target)

    def _inside(self, path: Path, root: Path | None) -> Path:
        """Resolve the path of a row, which may be relative to `root`.

        Raises:
            PathNotAllowed: it leads out of the library folder, or to nothing.
        """
        if not path.is_absolute() and root is None:
            raise errors.PathNotAllowed("A relative path needs a library folder to start from.")
        real = ((root or Path("/")) / path).resolve()
        allowed = self._places.library_root
        if allowed is not None and not real.is_relative_to(allowed.resolve()):
            raise errors.PathNotAllowed("The path lies outside the library folder.")
        if not real.is_file():
            raise errors.PathNotAllowed("There is no file at this path.")
        _check_ending(real.name)
        return real

    @contextlib.contextmanager
    def _scratch(self) -> Iterator[Path]:
        self._places.scratch_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._places.scratch_dir) as folder:
            yield Path(folder)


def is_text(name: str) -> bool:
    """Whether a path can be stored; Linux allows names that are no text in any encoding."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def problem(name: str, error: errors.SightsongError) -> Problem:
    """Say why a piece is not taken in."""
    return Problem(
        file=name.encode("utf-8", "replace").decode(), code=error.code, detail=error.detail
    )


def told(pieces: Found) -> Found:
    """Give pieces, and say in our words what the system says of their places.

    Raises:
        UnreadableFile: a place cannot be looked at.
        StorageFull: the disk has no room for what is on its way; tried again.
    """
    try:
        with disk.full_is_told():
            yield from pieces
    except (OSError, ValueError, RuntimeError) as error:  # also rings of links, names too long
        reason = error.strerror if isinstance(error, OSError) else None
        raise errors.UnreadableFile(reason or "It cannot be looked at.") from error


def _of_library(pieces: Found, library: str | None) -> Found:
    """Say of pieces which library they belong to, unless their manifest has said it."""
    for found in pieces:
        if library is None or isinstance(found, Problem):
            yield found
        else:
            yield replace(found, given=found.given.over(Tags(library=library)))


def nearest(path: Path, root: Path) -> Path:
    """The path, or the nearest folder above it that is still there; never above the root."""
    while path != root and root in path.parents and not path.exists():
        path = path.parent
    return path if root in path.parents else root


def _check_ending(name: str) -> None:
    """Let pass what is looked at.

    Raises:
        UnsupportedAudio: the name has no ending of audio.
    """
    if not scan.is_audio(name):
        raise errors.UnsupportedAudio(f"{name} has no ending of an audio file.")
