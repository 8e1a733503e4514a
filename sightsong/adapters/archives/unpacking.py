"""One file of an archive on its way to the disk."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sightsong.adapters import disk
from sightsong.adapters.archives import names
from sightsong.adapters.archives.limits import CHUNK, Meter
from sightsong.core import errors
from sightsong.core.ingests import Problem


@dataclass(frozen=True, kw_only=True)
class Member:
    """A file of an archive, unpacked."""

    name: str  #: Its path in the archive; only ever shown or compared.
    path: Path  #: Where its bytes lie until the next one is asked for, unless they are moved.
    size_bytes: int


class Readable(Protocol):
    """The bytes of a file in an archive."""

    def read(self, size: int, /) -> bytes:
        """Read some bytes; none at the end."""
        ...


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An entry of an archive, not opened yet."""

    name: str
    is_folder: bool = False
    is_special: bool = False  #: A link, a device, or else no plain file.
    refusal: str = ""  #: Why its bytes cannot be had; empty: they can.


@dataclass(frozen=True, kw_only=True)
class Unpacker:
    """Decides what is taken of an archive, and takes it."""

    meter: Meter
    into: Path  #: An existing folder.
    is_wanted: Callable[[str], bool]  #: Whether a file is taken, by its path in the archive.
    reserve_bytes: int = 0  #: Of the disk; left free.

    def verdict(self, entry: Entry) -> Problem | bool:
        """Say whether an entry is taken, or what is wrong with it.

        Raises:
            ArchiveRefused: there are too many entries.
        """
        self.meter.entry()
        if names.points_out(entry.name):
            return _unsafe(entry, "its path points out of the archive")
        if names.is_hidden(entry.name) or entry.is_folder:
            return False
        if entry.is_special:
            return _unsafe(entry, "it is a link or a device, not a file")
        return self._verdict_on_file(entry)

    def _verdict_on_file(self, entry: Entry) -> Problem | bool:
        if names.is_archive(entry.name):
            return refused(entry, "an archive within an archive is not opened")
        is_wanted = self.is_wanted(entry.name)
        return refused(entry, entry.refusal) if is_wanted and entry.refusal else is_wanted

    @contextlib.contextmanager
    def taken(self, entry: Entry, file: Readable, *, is_metered: bool = True) -> Iterator[Member]:
        """Unpack a file under a neutral name; what is left of it in the end is removed.

        Args:
            entry: what it is.
            file: its bytes.
            is_metered: whether they are counted here, and not where `file` comes from.

        Raises:
            ArchiveRefused: it is too much.
            StorageFull: less room than the reserve would be left, or the disk took no more.
        """
        self.meter.member()
        path = self.into / f"member{names.ending(entry.name)}"
        try:
            size = self._copy(file, path, is_metered=is_metered)
            yield Member(name=names.shown(entry.name), path=path, size_bytes=size)
        finally:
            path.unlink(missing_ok=True)

    def _copy(self, file: Readable, path: Path, *, is_metered: bool) -> int:
        with disk.RoomyFile(path, reserve_bytes=self.reserve_bytes) as written:
            while chunk := file.read(CHUNK):
                if is_metered:
                    self.meter.unpacked(len(chunk))
                written.write(chunk)
            return written.tell()


def refused(entry: Entry, detail: str) -> Problem:
    """A file that is not taken, though the archive is read on."""
    code = errors.ArchiveRefused.code
    return Problem(file=names.shown(entry.name), code=code, detail=detail)


def _unsafe(entry: Entry, detail: str) -> Problem:
    return Problem(file=names.shown(entry.name), code=errors.UnsafeMember.code, detail=detail)
