"""Where bytes lie: uploads of photos and music, the shelf, object stores."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from sightsong.core.jobs import (
    Blob,
    BlobId,
)


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

    def listing(self, *, older_than_s: float) -> Iterator[BlobId]:
        """Find what was stored so long ago, in no order; also what a store that broke off left."""
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
