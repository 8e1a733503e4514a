"""Music that the service keeps itself, in a folder, named by its content."""

import errno
import os
import re
import shutil
import uuid
from pathlib import Path

from sightsong.adapters import disk

_DIGEST = re.compile(r"[0-9a-f]{64}")
_SUFFIX = re.compile(r"(\.[a-z0-9]{1,8})?")
#: Bytes that are copied at a time.
_CHUNK = 1024 * 1024


class FolderShelf:
    """The `Shelf` port over a folder: `<first two digits>/<sha256><suffix>`."""

    def __init__(self, folder: Path, *, reserve_bytes: int) -> None:
        self._folder = folder
        self._reserve_bytes = reserve_bytes

    def keep(self, source: Path, *, sha256: str, suffix: str) -> Path:
        """Take a file in under its content's name; return where it lies.

        The source is moved, or copied and removed if it lies on another file system. Safe to
        repeat: if the bytes are kept already, only the source is removed.

        Args:
            source: a file of our own, e.g. in the inbox.
            sha256: hex digest of its bytes, in small letters.
            suffix: a plain ending, e.g. `.mp3`, or nothing.

        Raises:
            StorageFull: less room than the reserve would be left, or the disk took no more.
            ValueError: the digest or the suffix is not of its form.
        """
        suffix = suffix.lower()
        if not (_DIGEST.fullmatch(sha256) and _SUFFIX.fullmatch(suffix)):
            raise ValueError("not a digest and a plain suffix")
        kept = self._folder / sha256[:2] / f"{sha256}{suffix}"
        if not kept.exists():
            with disk.full_is_told():
                self._take(source, kept)
        elif source.exists() and not source.samefile(kept):
            source.unlink()
        return kept

    def _take(self, source: Path, kept: Path) -> None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        disk.sync(source)
        try:
            source.rename(kept)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            self._copy(source, kept)
            source.unlink()
        for folder in (kept.parent, kept.parent.parent):
            disk.sync(folder)

    def _copy(self, source: Path, kept: Path) -> None:
        temporary = kept.with_name(f".{uuid.uuid4().hex}.part")
        try:
            with source.open("rb") as read, temporary.open("xb") as written:
                size = os.fstat(read.fileno()).st_size
                disk.check_room(kept.parent, taking=size, reserve_bytes=self._reserve_bytes)
                shutil.copyfileobj(read, written, _CHUNK)
                written.flush()
                os.fsync(written.fileno())
            temporary.rename(kept)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
