"""What a snapshot folder holds, and how one tells that it is whole.

<library>/<space>/<version>/
    near.faiss          what narrows a search down; absent in snapshots of the kind `exact`
    ids, vectors …      one raw array a file, named and typed in `COLUMNS`; row i is the i-th track
    manifest.json       counts, dimension, space, kind, parameters, recall, SHA-256 of every file

The rows are in the order of track ids, so that an id is found by halving. All files are read where
they lie (`mmap`): the processes of one machine share them.
"""

import contextlib
import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsong.adapters import disk
from sightsong.core import errors
from sightsong.core.embeddings import Space

#: Of the manifest; readers refuse any other.
FORMAT = 2
NEAR = "near.faiss"
MANIFEST = "manifest.json"
#: Characters of a track id; ids are ASCII.
ID_BYTES = 36

#: Name of each column to its type; all little-endian. n tracks, w windows, d dimensions.
COLUMNS: Mapping[str, str] = {
    "ids": f"S{ID_BYTES}",  # (n,), ascending
    "vectors": "<f2",  # (n, d), of unit norm up to rounding
    "recordings": f"S{ID_BYTES}",  # (n,), the track that stands for the recording; empty: none
    "artists": "<i4",  # (n,), number of the artist's term; -1: none
    "durations": "<f4",  # (n,), seconds; NaN: unknown
    "tempos": "<f4",  # (n,), beats a minute; NaN: unknown
    "valences": "<f4",  # (n,), -1 .. 1; NaN: unknown
    "arousals": "<f4",  # (n,), -1 .. 1; NaN: unknown
    "explicit": "<i1",  # (n,), 1 explicit, 0 not, -1 unknown
    "terms": "<u1",  # all terms, sorted by their bytes, UTF-8, one after another
    "term_ends": "<i8",  # (t,), where each ends in `terms`
    "term_rows": "<i4",  # the rows of the tracks of each term, ascending, term after term
    "term_row_ends": "<i8",  # (t,), where those of each term end in `term_rows`
    "windows": "<f2",  # (w, d), track after track
    "starts": "<f4",  # (w,), where each window begins, in seconds
    "window_ends": "<i8",  # (n,), where those of each track end in `windows`
}
#: By far the largest file, and needed last: it is checked last.
LAST = ("windows",)
#: Files that are digested side by side.
_CHECKED_AT_ONCE = 2


def space_folder(space: Space) -> str:
    """Name the folder of a space: its id with everything unusual replaced."""
    return re.sub(r"[^A-Za-z0-9._@-]+", "_", space)


def column_file(name: str) -> str:
    """Name the file of a column."""
    return f"{name}.bin"


def open_column(folder: Path, name: str, *, dimension: int) -> NDArray[Any]:
    """Open a column where it lies, read-only; vectors and windows as (rows, dimension).

    Raises:
        SnapshotRefused: it is missing, cannot be read, or is no whole number of rows.
    """
    path, dtype = folder / column_file(name), np.dtype(COLUMNS[name])
    width = dimension if name in ("vectors", "windows") else 1
    try:
        size = path.stat().st_size
        if size % (dtype.itemsize * width):
            raise errors.SnapshotRefused(f"snapshot {folder.name}: {path.name} ends within a row")
        shape = (size // dtype.itemsize // width, width)
        # An empty file cannot be mapped.
        rows = np.memmap(path, dtype, "r", shape=shape) if size else np.empty((0, width), dtype)
    except (OSError, ValueError) as error:  # ValueError: it was cut short in between
        raise errors.SnapshotRefused(
            f"snapshot {folder.name}: {path.name} is missing or cannot be read"
        ) from error
    return rows if width > 1 or name in ("vectors", "windows") else rows[:, 0]


def read_manifest(folder: Path) -> Mapping[str, Any]:
    """Read the manifest of a snapshot.

    Raises:
        SnapshotRefused: it is missing, unreadable, or of another format.
    """
    try:
        manifest: Mapping[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise errors.SnapshotRefused(f"snapshot {folder.name}: no readable manifest") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("sha256"), dict):
        raise errors.SnapshotRefused(f"snapshot {folder.name}: the manifest has no digests")
    if manifest.get("format") != FORMAT:
        raise errors.SnapshotRefused(
            f"snapshot {folder.name}: it was made by another release; a new one is built by itself"
        )
    return manifest


def check(folder: Path, manifest: Mapping[str, Any], *, late: bool = False) -> None:
    """Compare the files with the manifest: all but `LAST`, or those with `late`.

    FAISS loads a file with a flipped bit without a word, so that the digests are the only witness.

    Raises:
        SnapshotRefused: a file is missing, altered, or cannot be read.
    """
    last = {column_file(name) for name in LAST}
    named = [one for one in sorted(manifest["sha256"].items()) if (one[0] in last) is late]
    with ThreadPoolExecutor(_CHECKED_AT_ONCE) as threads:
        # The first bad one is told of; a digest is taken without Python's lock.
        for _ in threads.map(lambda one: _check_file(folder, *one), named):
            pass


def signs(folder: Path, manifest: Mapping[str, Any]) -> Mapping[str, tuple[int, int, int]]:
    """Tell how the files look from outside: size, time of the last change, and which file it is.

    Those that are gone are left out: what was mapped of them stays as it was.
    """
    found = {}
    for name in manifest["sha256"]:
        with contextlib.suppress(OSError):
            seen = (folder / name).stat()
            found[name] = (seen.st_size, seen.st_mtime_ns, seen.st_ino)
    return found


def _check_file(folder: Path, name: str, expected: str) -> None:
    path = folder / name
    if not path.is_file():
        raise errors.SnapshotRefused(f"snapshot {folder.name}: {name} is missing")
    try:
        found = disk.sha256_of(path)
    except (OSError, ValueError) as error:
        raise errors.SnapshotRefused(f"snapshot {folder.name}: {name} cannot be read") from error
    if found != expected:
        raise errors.SnapshotRefused(f"snapshot {folder.name}: {name} was altered")
