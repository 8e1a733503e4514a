"""Room: what a snapshot takes on the disk, against what is free."""

import shutil
from pathlib import Path

from indexer.kinds import Kind
from sightsong.core.errors import StorageFull
from sightsong.core.snapshots import Extent

_HALF = 2  # bytes of a float16
#: Bytes of a track in the small columns; then its terms, of which some eight are usual.
_COLUMNS, _TERMS = 101, 100
#: Bytes of where a window begins.
_START = 4


def needed_bytes(extent: Extent, kind: Kind, *, dimension: int) -> int:
    """Foresee what a snapshot of so much takes on the disk, nearly."""
    vectors = extent.tracks * dimension * _HALF
    starts = extent.window_bytes // (dimension * _HALF) * _START
    columns = extent.tracks * (_COLUMNS + _TERMS)
    near = kind.near_bytes(extent.tracks, dimension)
    return vectors + extent.window_bytes + starts + columns + near


def check(folder: Path, *, needed: int, reserve_bytes: int) -> None:
    """Make sure that so much fits on the disk beside the reserve.

    Raises:
        StorageFull: it does not; says how much is needed, and how much there is.
    """
    if free_bytes(folder, reserve_bytes=reserve_bytes) < needed:
        raise full(folder, needed=needed, reserve_bytes=reserve_bytes)


def full(folder: Path, *, needed: int, reserve_bytes: int) -> StorageFull:
    """Say that the disk is full, so that a person knows how much room to make."""
    free = free_bytes(folder, reserve_bytes=reserve_bytes)
    return StorageFull(
        f"a new index needs {in_words(needed)} on the disk, and {in_words(free)} are free, beside"
        f" the {in_words(reserve_bytes)} that are kept in reserve"
    )


def free_bytes(folder: Path, *, reserve_bytes: int) -> int:
    """What may be written on a folder's disk."""
    return max(0, shutil.disk_usage(folder).free - reserve_bytes)


def in_words(size: int) -> str:
    """Spell a number of bytes: `21.5 GB (21,474,836,480 bytes)`."""
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= unit:
            return f"{size / unit:.1f} {name} ({size:,} bytes)"
    return f"{size} bytes"
