"""A tar of plain files, written and read in one direction: it may come from a pipe and go into one.

Any `tar` lists and unpacks it. It is read without one: a header of 512 bytes is a name and a size
or it is refused, so that no link, device, path or long header of a hostile file is ever looked at.
"""

import hashlib
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from sightsong.adapters.backups.refusals import BackupRefused

#: Of a tar: headers are one, and contents fill whole ones.
BLOCK = 512
#: Bytes that are read or written at a time.
_CHUNK = 1024 * 1024
#: Zeros that may follow the end: other tars fill up to 20 blocks.
_MOST_TAIL = 20 * BLOCK


@dataclass(frozen=True, kw_only=True)
class Member:
    """One file of a tar."""

    sha256: str
    size_bytes: int


class TapeWriter:
    """Writes files one after the other, and keeps their digests."""

    def __init__(self, file: BinaryIO, *, made_at: float) -> None:
        """Begin a tar; `made_at` is the time of all its files, in seconds since the epoch."""
        self._file = file
        self._made_at = made_at
        self.members: dict[str, Member] = {}
        self.size_bytes = 0

    def add(self, name: str, content: bytes) -> Member:
        """Write one file."""
        return self.stream(name, len(content), [content])

    def stream(self, name: str, size_bytes: int, chunks: Iterable[bytes]) -> Member:
        """Write one file whose size is known, as it comes.

        Raises:
            BackupRefused: it was of another size.
        """
        self._write(_header(name, size_bytes, self._made_at))
        digest, written = hashlib.sha256(), 0
        for chunk in chunks:
            written += len(chunk)
            digest.update(chunk)
            self._write(chunk)
        if written != size_bytes:
            raise BackupRefused(f"{name} changed while it was read; try again")
        self._write(bytes(-size_bytes % BLOCK))
        member = Member(sha256=digest.hexdigest(), size_bytes=size_bytes)
        self.members[name] = member
        return member

    def close(self) -> None:
        """Write the end."""
        self._write(bytes(2 * BLOCK))

    def _write(self, content: bytes) -> None:
        self._file.write(content)
        self.size_bytes += len(content)


class TapeReader:
    """Reads files one after the other, and keeps the digests of those that were read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._name = ""
        self._left = 0
        self.members: dict[str, Member] = {}
        self.read_bytes = 0

    def next(self) -> str | None:
        """Go on to the next file, whose name is returned; None at the end.

        Raises:
            BackupRefused: the file before was not read, or this is no tar of plain files.
        """
        if self._left:
            raise BackupRefused(f"{_shown(self._name)} is longer than it may be")
        block = self._take(BLOCK)
        if not block.strip(b"\0"):
            self._check_tail()
            return None
        info = _read_header(block)
        if info.name in self.members:
            raise BackupRefused(f"{_shown(info.name)} is in it twice")
        self._name, self._left = info.name, info.size
        return info.name

    @property
    def size_bytes(self) -> int:
        """How much of the present file is left."""
        return self._left

    def content(self, *, most_bytes: int) -> bytes:
        """Read all of the present file.

        Raises:
            BackupRefused: it is larger, or cut short.
        """
        if self._left > most_bytes:
            raise BackupRefused(f"{_shown(self._name)} is longer than it may be")
        return b"".join(self.chunks())

    def chunks(self) -> Iterator[bytes]:
        """Read the present file in pieces.

        Raises:
            BackupRefused: it is cut short.
        """
        digest, size = hashlib.sha256(), self._left
        while self._left:
            chunk = self._take(min(_CHUNK, self._left))
            self._left -= len(chunk)
            digest.update(chunk)
            yield chunk
        if self._take(-size % BLOCK).strip(b"\0"):
            raise BackupRefused("it is damaged between two files")
        self.members[self._name] = Member(sha256=digest.hexdigest(), size_bytes=size)

    def _check_tail(self) -> None:
        """See that nothing but zeros follows the end: what does was never checked by anybody."""
        tail = self._file.read(_MOST_TAIL + 1)
        self.read_bytes += len(tail)
        if len(tail) > _MOST_TAIL or tail.strip(b"\0"):
            raise BackupRefused("something follows its end")

    def _take(self, size: int) -> bytes:
        pieces: list[bytes] = []
        while size and (piece := self._file.read(size)):  # a pipe gives what it has
            pieces.append(piece)
            size -= len(piece)
            self.read_bytes += len(piece)
        if size:
            raise BackupRefused("it ends too early: it was cut off")
        return b"".join(pieces)


def _header(name: str, size_bytes: int, made_at: float) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size_bytes, 0o600, int(made_at)
    return info.tobuf(tarfile.GNU_FORMAT, "ascii", "strict")  # of 8 GiB and more too, in one block


def _read_header(block: bytes) -> tarfile.TarInfo:
    try:
        info = tarfile.TarInfo.frombuf(block, "ascii", "strict")
    except (tarfile.TarError, ValueError) as error:
        raise BackupRefused("this is no backup, or it is damaged") from error
    if info.type != tarfile.REGTYPE or info.size < 0:
        raise BackupRefused(f"{_shown(info.name)} is no plain file")
    return info


def _shown(name: str) -> str:
    """A name as it may be told: it can hold anything."""
    return ascii(name)
