"""Music that the service keeps itself, in a folder, named by its content."""

import errno
import os
import re
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from sightsong.adapters import disk

_DIGEST = re.compile(r"[0-9a-f]{64}")
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")
_TWO_DIGITS = re.compile(r"[0-9a-f]{2}")
_PART = re.compile(r"\.[0-9a-f]{32}\.part")
_KEPT = re.compile(r"[0-9a-f]{64}(\.[a-z0-9]{1,8})?")


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
            suffix: an ending, e.g. `.mp3`; one that is not plain is left out.

        Raises:
            StorageFull: less room than the reserve would be left, or the disk took no more.
            ValueError: the digest is not of its form.
        """
        if not _DIGEST.fullmatch(sha256):
            raise ValueError("not a digest")
        suffix = suffix.lower() if _SUFFIX.fullmatch(suffix.lower()) else ""
        kept = self._folder / sha256[:2] / f"{sha256}{suffix}"
        if not kept.exists():
            with disk.full_is_told():
                self._take(source, kept)
        else:
            _renew(kept)
            if source.exists() and not source.samefile(kept):
                source.unlink()
        return kept

    def listing(self) -> Iterator[Path]:
        """Find all files that are kept, in no order; also what a copy that was cut off left."""
        if self._folder.is_dir():
            for path in self._folder.glob("[0-9a-f][0-9a-f]/*"):
                if self._is_ours(path):
                    yield path

    def discard(self, path: Path) -> None:
        """Throw a file of the shelf away; absent is fine.

        Raises:
            ValueError: the path is not one of those that `keep` or `listing` returned.
        """
        if not self._is_ours(path):
            raise ValueError("not a file of the shelf")
        path.unlink(missing_ok=True)

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
        disk.copy(source, temporary, reserve_bytes=self._reserve_bytes)
        temporary.rename(kept)

    def _is_ours(self, path: Path) -> bool:
        """Whether a path is one that this shelf makes; no link or `..` can lead out of it."""
        name = path.name
        is_kept = _KEPT.fullmatch(name) and path.parent.name == name[:2]
        is_part = _PART.fullmatch(name) and _TWO_DIGITS.fullmatch(path.parent.name)
        return bool(is_kept or is_part) and path.parent.parent == self._folder


def _renew(kept: Path) -> None:
    """Note that a file is wanted again; its time of change goes with it, not that of its bytes."""
    os.utime(kept, ns=(time.time_ns(), kept.stat().st_mtime_ns))
