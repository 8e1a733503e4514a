"""Uploads as files in a folder."""

import contextlib
import errno
import hashlib
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from sightsong.adapters import disk
from sightsong.core.errors import BlobNotFound, StorageFull
from sightsong.core.jobs import Blob, BlobId

_ID = re.compile(r"[0-9a-f]{32}")
#: While it is written.
_PART = ".part"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class FolderBlobs:
    """The `Blobs` port over a folder: `<first two digits>/<next two>/<id>`."""

    def __init__(self, folder: Path, *, reserve_bytes: int) -> None:
        self._folder = folder
        self._reserve_bytes = reserve_bytes
        self._durable: set[str] = set()  # folders whose own names would survive a power cut

    def put(self, content: bytes, *, media_type: str) -> Blob:
        """Store bytes durably: temporary name, fsync, rename, fsync of the folder.

        Raises:
            StorageFull: less room than the reserve would be left, or the disk took no more.
        """
        blob = Blob(
            id=BlobId(uuid.uuid4().hex),
            sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=len(content),
            media_type=media_type,
        )
        try:
            path = self._path(blob.id)
            path.parent.mkdir(parents=True, exist_ok=True)
            if shutil.disk_usage(path.parent).free - len(content) < self._reserve_bytes:
                raise StorageFull
            _write(path, content)
            self._sync_above(path)
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise StorageFull from error
            raise
        return blob

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
            path.parent.mkdir(parents=True, exist_ok=True)
            disk.check_room(path.parent, taking=size_bytes, reserve_bytes=self._reserve_bytes)
            disk.write_whole(path, _temporary(path), chunks)
            self._sync_above(path)

    def _sync_above(self, path: Path) -> None:
        """Make the name of a blob durable: it is once every folder above it is.

        Those that hold a name which this process has synced already need it no more.
        """
        disk.sync(path.parent)
        shard = path.name[:4]
        if shard not in self._durable:
            for folder in (path.parent.parent, path.parent.parent.parent):
                disk.sync(folder)
            self._durable.add(shard)

    def _path(self, blob_id: BlobId) -> Path:
        if not _ID.fullmatch(blob_id):  # before it touches a path: `../` is not an id
            raise BlobNotFound
        return self._folder / blob_id[:2] / blob_id[2:4] / blob_id


def _write(path: Path, content: bytes) -> None:
    temporary = _temporary(path)
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _temporary(path: Path) -> Path:
    return path.with_name(f"{path.name}{_PART}")


def _is_older(path: Path, than_s: float) -> bool:
    try:
        return time.time() - path.stat().st_mtime >= than_s
    except OSError:  # gone meanwhile
        return False
