"""Reading back what was written: a snapshot is what the disk gives, not what it was given."""

import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from indexer import index, steps
from indexer.kinds import KINDS
from sightsong.adapters.library import layout
from sightsong.core.errors import SnapshotRefused

#: Bytes that are read at once.
_CHUNK = 8 * 1024 * 1024
#: Columns of one row a track, beside those whose ends the manifest does not tell.
_BY_TRACK = (
    "ids",
    "vectors",
    "recordings",
    "artists",
    "durations",
    "tempos",
    "valences",
    "arousals",
    "explicit",
    "window_ends",
)
_BY_WINDOW = ("windows", "starts")


def _always() -> bool:
    return True


def check(
    folder: Path, manifest: Mapping[str, Any], *, go_on: Callable[[], bool] = _always
) -> None:
    """Compare every byte with the digests, the counts with the manifest, and open the index.

    Raises:
        SnapshotRefused: something is missing, altered, does not fit, or cannot be read.
        Stopped: it is to stop.
    """
    try:
        _check(folder, manifest, go_on)
    except (OSError, ValueError) as error:  # a sick disk, or a file that shrinks meanwhile
        reason = getattr(error, "strerror", None) or "it is not what it should be"
        raise SnapshotRefused(f"snapshot {folder.name}: it cannot be read: {reason}") from error


def forget_cached(path: Path) -> None:
    """Have the system read a file from its disk next time, where it can be told so."""
    if hasattr(os, "posix_fadvise"):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _check(folder: Path, manifest: Mapping[str, Any], go_on: Callable[[], bool]) -> None:
    for name, expected in sorted(manifest["sha256"].items()):
        path = folder / name
        if not path.is_file():
            raise SnapshotRefused(f"snapshot {folder.name}: {name} is missing")
        if _sha256_of(path, go_on) != expected:
            raise SnapshotRefused(f"snapshot {folder.name}: {name} was altered")
    for names, count in ((_BY_TRACK, manifest["tracks"]), (_BY_WINDOW, manifest["windows"])):
        for name in names:
            if len(layout.open_column(folder, name, dimension=manifest["dimension"])) != count:
                raise SnapshotRefused(f"snapshot {folder.name}: {name} are not {count}")
    _check_near(folder, manifest)


def _check_near(folder: Path, manifest: Mapping[str, Any]) -> None:
    kind = KINDS.get(manifest["kind"])
    if kind is None:
        raise SnapshotRefused(f"snapshot {folder.name}: unknown kind {manifest['kind']!r}")
    if kind.is_exact:
        return
    near = index.open_written(folder / layout.NEAR, kind)
    if (near.size, near.dimension) != (manifest["tracks"], manifest["dimension"]):
        raise SnapshotRefused(f"snapshot {folder.name}: {layout.NEAR} does not fit")


def _sha256_of(path: Path, go_on: Callable[[], bool]) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            steps.step(go_on)
            digest.update(chunk)
    return digest.hexdigest()
