"""What lies in an archive, whatever kind it is."""

from collections.abc import Callable, Iterator
from pathlib import Path

from sightsong.adapters.archives.limits import ArchiveLimits, Meter
from sightsong.adapters.archives.tars import tar_members
from sightsong.adapters.archives.unpacking import Member, Unpacker
from sightsong.adapters.archives.zips import zip_members
from sightsong.core.ingests import Problem

#: How a zip begins: with a file, or with its end where it is empty.
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")


def members(
    path: Path, *, limits: ArchiveLimits, into: Path, is_wanted: Callable[[str], bool]
) -> Iterator[Member | Problem]:
    """Unpack the wanted files of a zip or a tar (gz, bz2, xz), one at a time, in their order.

    Folders, hidden files and files that are not wanted are passed over. Files that are unsafe or
    cannot be had come as problems, and the next ones follow.

    Args:
        path: the archive; what it is, its bytes tell.
        limits: how much is taken of it.
        into: an existing folder that nobody else writes to. Each member lies there under a name
            of ours, and is removed when the next is asked for, unless it was moved away.
        is_wanted: whether a file is taken, by its path in the archive.

    Raises:
        ArchiveRefused: it is damaged, no archive, or more than the limits allow. What came before
            is good.
        StorageFull: less room than the reserve would be left, or the disk took no more.
        OSError: the archive itself cannot be read.
    """
    meter = Meter(limits, archive_bytes=path.stat().st_size)
    unpacker = Unpacker(
        meter=meter, into=into, is_wanted=is_wanted, reserve_bytes=limits.reserve_bytes
    )
    with path.open("rb") as file:
        is_zip = file.read(4) in _ZIP
    yield from (zip_members if is_zip else tar_members)(path, unpacker)
