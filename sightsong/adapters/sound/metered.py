"""A file that tells its reader when reading it begins to cost too much."""

import io
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self, cast

from sightsong.adapters.sound.files import open_regular

#: Bytes of a header of ID3.
_ID3_HEADER_BYTES = 10
_ID3_VERSIONS = (b"ID3\x02", b"ID3\x03", b"ID3\x04")


class TooCostly(Exception):
    """Reading a file's tags takes more than is spent on them in this process."""


class MeteredFile:
    """A regular file for mutagen, with limits on what is read of it.

    mutagen makes up to fifty bytes of objects of each byte that it reads, and reads all that a file
    tells it to. Most files have a few hundred bytes of words, and a picture.
    """

    def __init__(
        self, path: Path, *, allowance: "Allowance", is_bomb: Callable[[bytes, bytes], bool]
    ) -> None:
        """Open a file.

        Args:
            path: of any file; mutagen looks at its ending too.
            allowance: what may be spent on it.
            is_bomb: whether a tag of ID3 would take long to read, by its header and its body.

        Raises:
            PathNotAllowed: it is no regular file, or cannot be opened.
        """
        self.name = str(path)
        self._file = io.BufferedReader(cast("io.FileIO", open_regular(path)))
        self._size = os.fstat(self._file.fileno()).st_size
        self._allowance = allowance
        self._is_bomb = is_bomb
        self._seen: set[int] = set()  # where tags of ID3 begin that were looked at

    def __enter__(self) -> Self:
        """Keep it open."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close it."""
        self._file.close()

    def read(self, size: int = -1) -> bytes:
        """Read some bytes.

        Raises:
            TooCostly: with them it is more than is allowed.
            ValueError: a tag of ID3 begins there that is a bomb.
        """
        at = self._file.tell()
        left = max(0, self._size - at)
        wanted = left if size < 0 else min(size, left)
        self._allowance.spend(wanted)
        content = self._file.read(wanted)
        if wanted == _ID3_HEADER_BYTES and content[:4] in _ID3_VERSIONS and at not in self._seen:
            self._seen.add(at)
            self._look_at(content)
        return content

    def seek(self, to: int, whence: int = os.SEEK_SET) -> int:
        """Go somewhere."""
        return self._file.seek(to, whence)

    def tell(self) -> int:
        """Where it is."""
        return self._file.tell()

    def _look_at(self, header: bytes) -> None:
        """Look at a tag of ID3 before it is read; this reads it too, but keeps nothing."""
        at = self._file.tell()
        size = sum((byte & 0x7F) << 7 * place for place, byte in enumerate(reversed(header[6:])))
        self._allowance.check(min(size, self._size - at))
        body = self._file.read(size)
        self._file.seek(at)
        if self._is_bomb(header, body):
            raise ValueError("the tag would take long to read")
        self._allowance.spend(0)


class Allowance:
    """What may be spent on reading the tags of one file."""

    def __init__(self, *, most_bytes: int, most_reads: int, most_cpu_s: float) -> None:
        self._left_bytes = most_bytes
        self._left_reads = most_reads
        self._ends_s = time.thread_time() + most_cpu_s
        self.is_spent = False  #: Some of mutagen's own handlers hide an error.

    def check(self, size: int) -> None:
        """Make sure that as many bytes may be read.

        Raises:
            TooCostly: it is more than is left.
        """
        is_late = time.thread_time() > self._ends_s
        if size > self._left_bytes or self._left_reads <= 0 or is_late:
            self.is_spent = True
            raise TooCostly

    def spend(self, size: int) -> None:
        """Count one read.

        Raises:
            TooCostly: it is more than is left.
        """
        self._left_reads -= 1
        self.check(size)
        self._left_bytes -= size
