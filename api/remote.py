"""Tracks whose files lie in an object store: checked, and passed on piece by piece."""

import contextlib
import hashlib
import io
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from api import errors
from sightsong.adapters import disk
from sightsong.core import ports
from sightsong.core.errors import FetchFailed, UrlNotAllowed
from sightsong.core.ports import RemoteFile

#: How much of a file is asked for at once: few requests, and little in memory.
PIECE_BYTES = 2 * 1024**2
#: A larger file is not fetched only to play ten seconds of it.
MOST_FETCHED_BYTES = 256 * 1024**2

_RANGE = re.compile(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://[^/]", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Span:
    """A part of a file."""

    start: int
    end: int  #: Behind its last byte.
    is_whole: bool = False  #: Whether the whole file was asked for.


def allowed(url: str, stores: Sequence[str]) -> str:
    """Check an address that somebody wants to take in; return it without a slash at its end.

    Raises:
        UrlNotAllowed: it does not lie below an address that this service may read.
    """
    tidy = url.rstrip("/")
    steps = tidy.partition("://")[2].split("/")
    odd = not url.isprintable() or "\\" in url
    if odd or not _SCHEME.match(tidy) or {"", ".", ".."} & set(steps):
        raise UrlNotAllowed("This is not a plain address in an object store.")
    if not is_below(tidy, stores):
        raise UrlNotAllowed("This address lies outside the object stores of this service.")
    return tidy


def is_below(url: str, stores: Sequence[str]) -> bool:
    """Whether an address is that of a store, or lies below one."""
    tops = [store.rstrip("/") for store in stores]
    return any(url == top or url.startswith(f"{top}/") for top in tops if top)


def find(paths: Sequence[str], objects: ports.Objects, stores: Sequence[str]) -> RemoteFile:
    """Find the first of a track's files that lies in an object store and is there.

    Raises:
        TrackFileGone: none is.
        FetchFailed: the store does not answer.
    """
    for path in paths:
        if is_below(path, stores):
            with contextlib.suppress(UrlNotAllowed):
                for file in objects.listing(path):
                    if file.url == path:
                        return file
    raise errors.TrackFileGone


def etag(file: RemoteFile) -> str:
    """The entity tag of a file as it is now."""
    said = f"{file.url} {file.size_bytes} {file.mtime_ns}"
    return f'"{hashlib.sha256(said.encode()).hexdigest()[:32]}"'


def span(asked: str | None, size: int) -> Span:
    """Read a `Range` header; what is no single range of bytes means the whole file.

    Raises:
        RangeNotSatisfiable: the range lies outside the file.
    """
    found = _RANGE.fullmatch(asked or "")
    if found is None or found[1] == found[2] == "":
        return Span(start=0, end=size, is_whole=True)
    first, last = found[1], found[2]
    if not first:  # the last bytes
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
    if first and last and int(last) < int(first):
        return Span(start=0, end=size, is_whole=True)  # RFC 9110: such a range is ignored
    if start >= end:
        raise errors.RangeNotSatisfiable
    return Span(start=start, end=end)


def pieces(objects: ports.Objects, file: RemoteFile, wanted: Span) -> Iterator[bytes]:
    """Fetch a part of a file, piece by piece.

    Raises:
        FetchFailed: a piece cannot be had.
    """
    start = wanted.start
    while start < wanted.end:
        size = min(PIECE_BYTES, wanted.end - start)
        piece = io.BytesIO()
        objects.fetch(file.url, piece, start=start, size=size)
        if piece.tell() != size:
            raise FetchFailed("The file has changed while it was read.")
        yield piece.getvalue()
        start += size


@contextlib.contextmanager
def fetched(
    objects: ports.Objects, file: RemoteFile, *, scratch_dir: Path, reserve_bytes: int = 0
) -> Iterator[Path]:
    """Have a file on this machine for a moment.

    Args:
        objects: where it lies.
        file: the file.
        scratch_dir: where it is put; what a killed process left there is cleared by the indexer.
        reserve_bytes: of that disk; left free.

    Raises:
        StorageFull: less room than the reserve would be left, or the disk took no more.
        TrackFileGone: it is too large for that.
        FetchFailed: it cannot be had.
    """
    if file.size_bytes > MOST_FETCHED_BYTES:
        raise errors.TrackFileGone("The file of this track is too large to be fetched for this.")
    suffix = PurePosixPath(file.url).suffix
    scratch_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch_dir) as folder:
        path = Path(folder, f"track{suffix}")
        with disk.RoomyFile(path, reserve_bytes=reserve_bytes) as here:
            objects.fetch(file.url, here)
        yield path
