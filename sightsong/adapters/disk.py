"""Files on a disk that may lose power or room: digests, and what it takes for a write to stay."""

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from sightsong.core.errors import StorageFull

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
