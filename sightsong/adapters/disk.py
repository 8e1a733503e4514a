"""Files on a disk that may lose power or room: digests, and what it takes for a write to stay."""

import contextlib
import errno
import hashlib
import io
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sightsong.core.errors import StorageFull

#: Bytes that are copied at a time.
_CHUNK = 1024 * 1024
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def sha256_of(path: Path) -> str:
    """Digest a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Return when a file, or the names in a folder, would survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check_room(folder: Path, *, taking: int, reserve_bytes: int) -> None:
    """Make sure that a write leaves the reserve free.

    Raises:
        StorageFull: less than `reserve_bytes` would be left after `taking` more bytes.
    """
    if shutil.disk_usage(folder).free - taking < reserve_bytes:
        raise StorageFull


@contextlib.contextmanager
def full_is_told() -> Iterator[None]:
    """Say it in our words when the disk takes no more.

    Raises:
        StorageFull: the disk, or a quota on it, is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StorageFull from error
        raise


class RoomyFile(io.BufferedWriter):
    """A new file, open to be written, that leaves the reserve of its disk free."""

    def __init__(self, path: Path, *, reserve_bytes: int, mode: int = 0o666) -> None:
        """Make the file, for whom `mode` says and the umask lets.

        Raises:
            FileExistsError: it is there already.
            StorageFull: the disk took no more.
        """
        with full_is_told():
            made = io.FileIO(path, "x", opener=lambda name, flags: os.open(name, flags, mode))
            super().__init__(made)
        self._folder = path.parent
        self._reserve_bytes = reserve_bytes

    def write(self, content: Any, /) -> int:  # noqa: ANN401 - anything with bytes
        """Write some bytes.

        Raises:
            StorageFull: less room than the reserve would be left, or the disk took no more.
        """
        size = memoryview(content).nbytes
        check_room(self._folder, taking=size, reserve_bytes=self._reserve_bytes)
        with full_is_told():
            return super().write(content)

    def flush(self) -> None:
        """Hand to the system what is not written yet.

        Raises:
            StorageFull: the disk took no more.
        """
        with full_is_told():
            super().flush()


def copy(source: Path, target: Path, *, reserve_bytes: int) -> None:
    """Copy a file durably to where there is none; if it fails, nothing is left of it.

    Raises:
        FileExistsError: there is one.
        StorageFull: less room than the reserve would be left, or the disk took no more.
    """
    with source.open("rb") as read, RoomyFile(target, reserve_bytes=reserve_bytes) as written:
        try:
            size = os.fstat(read.fileno()).st_size
            check_room(target.parent, taking=size, reserve_bytes=reserve_bytes)
            shutil.copyfileobj(read, written, _CHUNK)
            written.flush()
            os.fsync(written.fileno())
        except BaseException:
            target.unlink()
            raise


def write_whole(path: Path, temporary: Path, chunks: Iterable[bytes]) -> None:
    """Write a file that has its name only once it is whole, and would survive a power cut.

    The folder's names are not synced. What lies at either name is replaced.
    """
    with named_when_whole(path, temporary.open("wb")) as file:
        for chunk in chunks:
            file.write(chunk)


@contextlib.contextmanager
def named_when_whole(path: Path, file: io.BufferedWriter) -> Iterator[io.BufferedWriter]:
    """Give a file its name once all is written and would survive a power cut; else none is left.

    Args:
        path: its name; the folder's names are not synced.
        file: open under another name in the same folder; closed at the end.
    """
    temporary = Path(file.name)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def link_or_copy(source: Path, target: Path, *, reserve_bytes: int = 0) -> None:
    """Give a file a second name, or where the disk knows no such thing, a durable copy.

    Raises:
        FileExistsError: there is something at the second name.
        FileNotFoundError: there is no such file.
        StorageFull: less room than the reserve would be left, or the disk took no more.
    """
    try:
        os.link(source, target)
    except (FileExistsError, FileNotFoundError):
        raise
    except OSError:  # another disk, or one without hard links: FAT, some networks' and clouds'
        copy(source, target, reserve_bytes=reserve_bytes)


def private_folder(folder: Path) -> None:
    """Make a folder that nobody else on this machine can look into; one that is there stays as is.

    What lies in a data folder is made readable for everybody, as files are unless one says
    otherwise: the folder keeps it private.

    Raises:
        OSError: it cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
