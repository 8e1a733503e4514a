"""Pruning: which snapshots nobody needs, and what killed builds left behind."""

import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import structlog

from indexer import locks
from sightsong.adapters.library import layout
from sightsong.core import errors, ports
from sightsong.core.embeddings import Space
from sightsong.core.snapshots import Snapshot, SnapshotState

log = structlog.get_logger()

#: Of the snapshots that lie in folders; what lies elsewhere is pruned there.
BACKEND = "faiss"
#: In the folder of a space: whoever builds there holds it.
LOCK = ".lock"
HALF_BUILT = ".building-"
_VERSION = re.compile(r"\d{8}T\d+-\w+")


def prune(root: Path, space: Space, rows: ports.Snapshots, *, kept: int) -> list[str]:
    """Remove what nobody needs; what cannot be removed is told of, and tried again next time.

    Kept are the active one, the newest retired ones, what a reader holds, and what is newer than
    the active one: it may be about to be published.

    Args:
        root: the library folder.
        space: whose snapshots.
        rows: of the snapshots.
        kept: how many retired ones.

    Returns:
        The versions that were removed.
    """
    home = root / layout.space_folder(space)
    if not home.is_dir():
        return []
    with locks.tried(home / LOCK, make=True) as is_held:  # else one is being built
        removed = clear_half_built(home) if is_held else []
    listed = rows.listed(space)
    active = next((row for row in listed if row.state is SnapshotState.ACTIVE), None)
    if active is None:
        return removed
    for row in _unneeded(listed, active, kept=kept):
        if _remove(home / row.version, row, rows):
            removed.append(row.version)
    return removed + _clear_unlisted(home, listed, active)


def clear_half_built(home: Path) -> list[str]:
    """Remove what killed builds left behind; the caller holds the lock, so that none is alive."""
    left = [folder for folder in home.iterdir() if folder.name.startswith(HALF_BUILT)]
    return [folder.name.removeprefix(HALF_BUILT) for folder in left if _clear(folder)]


def _unneeded(listed: Sequence[Snapshot], active: Snapshot, *, kept: int) -> Iterator[Snapshot]:
    here = [row for row in listed if row.manifest.get("backend", BACKEND) == BACKEND]
    retired = [row.version for row in here if row.state is SnapshotState.RETIRED]
    for row in here:
        is_older = row.created_at < active.created_at
        if is_older and row.version not in (active.version, *retired[:kept]):
            yield row


def _remove(folder: Path, row: Snapshot, rows: ports.Snapshots) -> bool:
    """Remove a snapshot unless a reader holds it."""
    with locks.tried(folder / layout.MANIFEST) as is_held:
        if not is_held:
            log.info("snapshot.held", version=row.version)
            return False
        rows.remove(row.version)  # the row first: no reader is sent to a folder that is gone
        if _is_listed(row.version, rows):  # somebody has just made it the active one
            return False
        return _clear(folder)


def _is_listed(version: str, rows: ports.Snapshots) -> bool:
    try:
        rows.get(version)
    except errors.SnapshotNotFound:
        return False
    return True


def _clear_unlisted(home: Path, listed: Sequence[Snapshot], active: Snapshot) -> list[str]:
    """Remove folders that have no row, and are older than the active snapshot."""
    removed = []
    known = {row.version for row in listed}
    for folder in home.iterdir():
        version = folder.name
        if version in known or version >= active.version or not _VERSION.fullmatch(version):
            continue
        if not folder.is_dir():  # none of ours
            continue
        with locks.tried(folder / layout.MANIFEST) as is_held:
            if is_held and _clear(folder):
                removed.append(version)
    return removed


def _clear(folder: Path) -> bool:
    """Remove a folder, if it can be; one that is gone already is fine."""
    try:
        shutil.rmtree(folder)
    except OSError as error:
        if not folder.exists():
            return True
        log.warning("snapshot.not_removed", folder=folder.name, reason=error.strerror or str(error))
        return False
    return True
