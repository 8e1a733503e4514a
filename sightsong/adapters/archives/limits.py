"""How much may come out of an archive, measured as it comes."""

from dataclasses import dataclass

from sightsong.core.errors import ArchiveRefused

#: Bytes that are read at a time. No part of an archive that must be read whole (a directory, a
#: long name) may be longer, but for a zip's directory.
CHUNK = 64 * 1024

#: Entries of any kind (folders, covers, booklets) that are looked at for each file that may be
#: taken.
_ENTRIES_FOR_EACH = 10


@dataclass(frozen=True, kw_only=True)
class ArchiveLimits:
    """How much of an archive is taken."""

    max_members: int  #: Files that are taken.
    max_bytes: int  #: Bytes that are unpacked, all together.
    max_ratio: int = 100  #: Unpacked to packed bytes, of each file and all together.
    reserve_bytes: int = 0  #: Of the disk that is unpacked to: left free.

    @property
    def max_entries(self) -> int:
        """Entries of any kind that are looked at."""
        return self.max_members * _ENTRIES_FOR_EACH


class Meter:
    """Counts what goes into and comes out of one archive, and stops it at its limits."""

    def __init__(self, limits: ArchiveLimits, *, archive_bytes: int) -> None:
        self._limits = limits
        self._archive_bytes = archive_bytes
        self._entries = self._members = 0
        self._read = self._unpacked = 0
        self._read_before = self._unpacked_before = 0

    @property
    def max_entries(self) -> int:
        """Entries of any kind that are looked at."""
        return self._limits.max_entries

    def entry(self) -> None:
        """Count the entry that begins now.

        Raises:
            ArchiveRefused: there are too many.
        """
        self._entries += 1
        self._read_before, self._unpacked_before = self._read, self._unpacked
        if self._entries > self._limits.max_entries:
            raise ArchiveRefused(f"the archive has more than {self._limits.max_entries} entries")

    def member(self) -> None:
        """Count a file that is taken.

        Raises:
            ArchiveRefused: there are too many.
        """
        self._members += 1
        if self._members > self._limits.max_members:
            most = self._limits.max_members
            raise ArchiveRefused(f"the archive has more than {most} files to take in")

    def read(self, count: int) -> None:
        """Count bytes that were read from the archive."""
        self._read += count

    def unpacked(self, count: int) -> None:
        """Count bytes that were unpacked from those read.

        Raises:
            ArchiveRefused: they are too many, or too many for what they were packed in.
        """
        self._unpacked += count
        if self._unpacked > self._limits.max_bytes:
            most = self._limits.max_bytes
            raise ArchiveRefused(f"the archive unpacks to more than {most} bytes")
        # Files of a zip may share packed bytes: these count once for the whole.
        self._check_ratio(self._unpacked, min(self._read, self._archive_bytes))
        self._check_ratio(self._unpacked - self._unpacked_before, self._read - self._read_before)

    def _check_ratio(self, unpacked: int, read: int) -> None:
        # What is packed is read ahead, so that up to a chunk of it may have been counted before.
        if unpacked > self._limits.max_ratio * (read + CHUNK):
            most = self._limits.max_ratio
            raise ArchiveRefused(f"the archive unpacks to more than {most} times its size")
