"""Zip archives."""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from sightsong.adapters.archives.limits import Meter
from sightsong.adapters.archives.unpacking import Entry, Member, Unpacker, refused
from sightsong.core.errors import ArchiveRefused
from sightsong.core.ingests import Problem

#: Longest directory that is read (it is read whole): for each entry 46 bytes and its name.
_DIRECTORY_BYTES_PER_ENTRY = 512
_SMALLEST_DIRECTORY = 1024 * 1024

#: Kinds that are unpacked. The others (bzip2, LZMA) the library unpacks without a bound.
_KINDS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_IS_UTF8 = 0x800
_IS_ENCRYPTED = 0x1
_SPECIAL = (stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK)

_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    IndexError,
    NotImplementedError,
    OverflowError,
    ValueError,
)


class _Source(io.BufferedReader):
    """The bytes of a zip, counted; refuses to be read in large pieces."""

    def __init__(self, path: Path, meter: Meter, *, longest: int) -> None:
        super().__init__(io.FileIO(path))
        self._size = path.stat().st_size
        self._meter = meter
        self._longest = longest

    def read(self, size: int | None = -1, /) -> bytes:
        """Read some bytes.

        Raises:
            ArchiveRefused: they are more than any part of a fair archive has.
        """
        left = max(0, self._size - self.tell())
        wanted = left if size is None or size < 0 else min(size, left)
        if wanted > self._longest:
            raise ArchiveRefused("the archive has too long a directory")
        content = super().read(wanted)
        self._meter.read(len(content))
        return content

    def seek(self, target: int, whence: int = io.SEEK_SET, /) -> int:
        """Go somewhere.

        Raises:
            zipfile.BadZipFile: that is outside of the file.
        """
        if whence == io.SEEK_SET and not 0 <= target <= self._size:
            raise zipfile.BadZipFile("points out of the file")
        return super().seek(target, whence)


def zip_members(path: Path, unpacker: Unpacker) -> Iterator[Member | Problem]:
    """Unpack the files of a zip in the order of its directory.

    Raises:
        ArchiveRefused: as `members` says.
        StorageFull: as `members` says.
    """
    longest = max(_SMALLEST_DIRECTORY, unpacker.meter.max_entries * _DIRECTORY_BYTES_PER_ENTRY)
    with _Source(path, unpacker.meter, longest=longest) as source:
        try:
            archive = zipfile.ZipFile(source)
        except _DAMAGED as error:
            raise ArchiveRefused("the archive is damaged") from error
        with archive:
            _check_apart(archive.infolist())
            for info in archive.infolist():
                yield from _one(archive, info, unpacker)


def _check_apart(infos: list[zipfile.ZipInfo]) -> None:
    """Make sure that no two files begin at one place, as they do in bombs.

    Raises:
        ArchiveRefused: some do.
    """
    if len({info.header_offset for info in infos}) < len(infos):
        raise ArchiveRefused("files of the archive share their bytes")


def _one(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, unpacker: Unpacker
) -> Iterator[Member | Problem]:
    entry = _entry(info)
    verdict = unpacker.verdict(entry)
    if isinstance(verdict, Problem):
        yield verdict
    elif verdict:
        yield from _taken(archive, info, unpacker)


def _taken(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, unpacker: Unpacker
) -> Iterator[Member | Problem]:
    entry = _entry(info)
    try:
        file = archive.open(info)
        with file, unpacker.taken(entry, file) as member:
            yield member
    except _DAMAGED:
        # Each file of a zip stands alone: the others may be whole.
        yield refused(entry, "it is damaged")


def _entry(info: zipfile.ZipInfo) -> Entry:
    refusal = ""
    if info.flag_bits & _IS_ENCRYPTED:
        refusal = "it is locked with a password"
    elif info.compress_type not in _KINDS:
        refusal = "it is packed in a way that is not read; use plain zip (deflate)"
    return Entry(
        name=_name(info),
        is_folder=info.filename.endswith("/"),
        is_special=stat.S_IFMT(info.external_attr >> 16) in _SPECIAL,
        refusal=refusal,
    )


def _name(info: zipfile.ZipInfo) -> str:
    """The name; many archives hold UTF-8 without saying so, which then reads as CP437."""
    if info.flag_bits & _IS_UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename
