"""Uploads as files in a folder."""

import contextlib
import hashlib
import os
import re
import threading
import time
import uuid
import weakref
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from sightsong.adapters import disk
from sightsong.core.errors import BlobNotFound
from sightsong.core.jobs import Blob, BlobId

_ID = re.compile(r"[0-9a-f]{32}")
#: While it is written.
_PART = ".part"
#: Blobs that are put in one folder before another is begun, which costs as much as ten of them.
IN_A_ROW = 1000


class FolderBlobs:
    """The `Blobs` port over a folder: `<first two digits>/<next two>/<id>`."""

    def __init__(self, folder: Path, *, reserve_bytes: int, in_a_row: int = IN_A_ROW) -> None:
        self._folder = folder
        self._reserve_bytes = reserve_bytes
        self._in_a_row = in_a_row
        self._lock = threading.Lock()
        self._row: _Row | None = None
        self._made: set[Path] = set()  # folders in which something was put back

    def put(self, content: bytes, *, media_type: str) -> Blob:
        """Store bytes durably: temporary name, fsync, rename, fsync of the folder.

        Raises:
            StorageFull: less room than the reserve would be left, or the disk took no more.
        """
        with disk.full_is_told():
            try:
                blob_id = self._put(content)
            except FileNotFoundError:  # somebody has removed its folder
                self._row = None
                blob_id = self._put(content)
        return Blob(
            id=blob_id,
            sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=len(content),
            media_type=media_type,
        )

    def open(self, blob_id: BlobId) -> BinaryIO:
        """Open a blob for reading.

        Raises:
            BlobNotFound: it is gone.
        """
        try:
            return self._path(blob_id).open("rb")
        except FileNotFoundError as error:
            raise BlobNotFound from error

    def delete(self, blob_id: BlobId) -> None:
        """Remove a blob; absent is fine."""
        with contextlib.suppress(BlobNotFound):
            path = self._path(blob_id)
            path.unlink(missing_ok=True)
            _temporary(path).unlink(missing_ok=True)

    def listing(self, *, older_than_s: float) -> Iterator[BlobId]:
        """Find what was stored so long ago, in no order; also what a store that broke off left."""
        if not self._folder.is_dir():
            return
        for path in self._folder.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"):
            name = path.name.removesuffix(_PART)
            if _ID.fullmatch(name) and _is_older(path, older_than_s):
                yield BlobId(name)

    def put_back(self, blob_id: BlobId, size_bytes: int, chunks: Iterable[bytes]) -> None:
        """Store bytes durably under an id that they had before, as they come.

        Raises:
            BlobNotFound: this is no id.
            StorageFull: less room than the reserve would be left, or the disk took no more.
        """
        path = self._path(blob_id)
        with disk.full_is_told():
            if path.parent not in self._made:
                _make(path.parent)
                self._made.add(path.parent)
            disk.check_room(path.parent, taking=size_bytes, reserve_bytes=self._reserve_bytes)
            disk.write_whole(path, _temporary(path), chunks)
            disk.sync(path.parent)

    def _put(self, content: bytes) -> BlobId:
        with self._lock:
            if self._row is None or self._row.count >= self._in_a_row:
                self._row = _Row(self._folder)
            row, blob_id = self._row, self._row.next_id()
        _write(self._path(blob_id), content, reserve_bytes=self._reserve_bytes)
        row.sync()
        return blob_id

    def _path(self, blob_id: BlobId) -> Path:
        if not _ID.fullmatch(blob_id):  # before it touches a path: `../` is not an id
            raise BlobNotFound
        return self._folder / blob_id[:2] / blob_id[2:4] / blob_id


class _Row:
    """A folder in which one blob after the other is put: their ids begin alike.

    It is held open: to sync the names in it is one call to the system.
    """

    def __init__(self, blobs: Path) -> None:
        self._begin = uuid.uuid4().hex[:24]
        self.count = 0  # of ids that were made
        folder = blobs / self._begin[:2] / self._begin[2:4]
        _make(folder)
        self._descriptor = os.open(folder, os.O_RDONLY)
        weakref.finalize(self, os.close, self._descriptor)  # once nobody puts any more in it

    def next_id(self) -> BlobId:
        """Make an id."""
        self.count += 1
        return BlobId(f"{self._begin}{self.count:08x}")

    def sync(self) -> None:
        """Return when the names in it would survive a power cut."""
        os.fsync(self._descriptor)


def _make(folder: Path) -> None:
    """Make a folder of blobs; its name, and that of the one above it, survive a power cut."""
    folder.mkdir(parents=True, exist_ok=True)
    for above in (folder.parent, folder.parent.parent):
        disk.sync(above)


def _write(path: Path, content: bytes, *, reserve_bytes: int) -> None:
    part = disk.RoomyFile(_temporary(path), reserve_bytes=reserve_bytes)
    with disk.named_when_whole(path, part) as file:
        file.write(content)


def _temporary(path: Path) -> Path:
    return path.with_name(f"{path.name}{_PART}")


def _is_older(path: Path, than_s: float) -> bool:
    try:
        return time.time() - path.stat().st_mtime >= than_s
    except OSError:  # gone meanwhile
        return False
