"""Tar archives, plain or packed with gzip, bzip2 or xz."""

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from sightsong.adapters.archives.streams import TarBytes, decoder_of
from sightsong.adapters.archives.unpacking import Entry, Member, Unpacker
from sightsong.core.errors import ArchiveRefused
from sightsong.core.ingests import Problem

#: What the library raises on headers that lie; the last: on a long chain of headers.
_DAMAGED = (tarfile.TarError, ValueError, IndexError, OverflowError, RecursionError)


#: Headers for all entries that a tar may have: real ones have a handful.
_MOST_COMMON_HEADERS = 100


class _Content:
    """The bytes of one file."""

    def __init__(self, content: TarBytes, info: tarfile.TarInfo) -> None:
        content.seek(info.offset_data)
        content.expect(info.size)
        self._content = content
        self._left = info.size

    def read(self, size: int) -> bytes:
        """Read some bytes; none at the end.

        Raises:
            ArchiveRefused: they are not there.
        """
        wanted = min(size, self._left)
        content = self._content.read(wanted)
        if len(content) < wanted:
            raise ArchiveRefused("the archive ends too early")
        self._left -= wanted
        return content


def tar_members(path: Path, unpacker: Unpacker) -> Iterator[Member | Problem]:
    """Unpack the files of a tar in their order.

    Raises:
        ArchiveRefused: as `members` says.
        StorageFull: as `members` says.
    """
    with path.open("rb") as file:
        make_decoder = decoder_of(file.read(8))
        file.seek(0)
        content = TarBytes(file, unpacker.meter, make_decoder=make_decoder)
        archive = _opened(content)
        while info := _next(archive):
            yield from _one(content, info, unpacker)
            content.expect()
        # The library takes a damaged header for the end; a true end is a block of zeros.
        if not content.last or content.last.strip(b"\0"):
            raise ArchiveRefused("the archive is damaged, or ends too early")


def _opened(content: TarBytes) -> tarfile.TarFile:
    try:
        return tarfile.TarFile(fileobj=cast("IO[bytes]", content))
    except _DAMAGED as error:
        raise ArchiveRefused("this is no zip or tar archive that can be read") from error


def _next(archive: tarfile.TarFile) -> tarfile.TarInfo | None:
    try:
        info = archive.next()
    except _DAMAGED as error:
        raise ArchiveRefused("the archive is damaged") from error
    archive.members.clear()  # type: ignore[attr-defined] # it keeps all that it has seen
    if len(archive.pax_headers) > _MOST_COMMON_HEADERS:
        raise ArchiveRefused("the archive has too long a header")
    return info


def _one(
    content: TarBytes, info: tarfile.TarInfo, unpacker: Unpacker
) -> Iterator[Member | Problem]:
    entry = Entry(
        name=info.name,
        is_folder=info.isdir(),
        is_special=not (info.isreg() or info.isdir()),
        refusal="it has holes" if info.issparse() else "",
    )
    verdict = unpacker.verdict(entry)
    if isinstance(verdict, Problem):
        yield verdict
    elif verdict:
        with unpacker.taken(entry, _Content(content, info), is_metered=False) as member:
            yield member
