"""Snapshots: build in a new folder, fsync, verify; what is not whole is never published."""

import json
import shutil
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from indexer import index
from sightsong.adapters import disk
from sightsong.adapters.library import layout
from sightsong.core import errors, ports
from sightsong.core.embeddings import Space
from sightsong.core.snapshots import Snapshot, SnapshotState, TrackVectors

log = structlog.get_logger()

#: Tracks whose vectors serve as probes of the recall.
_PROBES = 100
#: Recall@10 below which a snapshot is refused.
_LEAST_RECALL = 0.95
#: Retired snapshots that are kept for a roll back.
_KEPT = 2
_HALF_BUILT = ".building-"


@dataclass(frozen=True, kw_only=True)
class _Stacked:
    ids: list[str]
    vectors: NDArray[np.float32]  # (n, d)
    windows: NDArray[np.float16]  # (n windows, d)
    starts: NDArray[np.float32]  # (n windows,)
    offsets: NDArray[np.int64]  # (n + 1,)


def build(tracks: Iterable[TrackVectors], *, root: Path, space: Space, revision: int) -> Snapshot:
    """Write and verify a snapshot folder under `root`.

    Args:
        tracks: the embeddings, in the order of track ids.
        root: the library folder.
        space: the space that all vectors belong to.
        revision: of the embeddings, read before them.

    Returns:
        The row of the snapshot, not active yet.

    Raises:
        SnapshotRefused: there is nothing to index, or what was written does not verify.
        StorageFull: the disk took less than the snapshot needs.
    """
    stacked = _stack(tracks)
    # To the microsecond: versions must sort by age, also of two builds in one second.
    version = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:8]}"
    home = root / layout.space_folder(space)
    building, final = home / f"{_HALF_BUILT}{version}", home / version
    try:
        building.mkdir(parents=True)
        _write_files(stacked, building)
        manifest = _write_manifest(stacked, building, space=space, revision=revision)
        _check(building, manifest)
        building.rename(final)
        disk.sync(home)
    except OSError as error:
        raise errors.StorageFull("the snapshot could not be written to disk") from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return Snapshot(
        version=version,
        space=space,
        path=str(final.relative_to(root)),
        revision=revision,
        manifest=manifest,
    )


def is_sound(root: Path, snapshot: Snapshot) -> bool:
    """Whether a snapshot on disk is what its manifest says."""
    try:
        layout.check(root / snapshot.path)
    except errors.SnapshotRefused as error:
        log.warning("snapshot.refused", version=snapshot.version, reason=error.detail)
        return False
    return True


def prune(root: Path, space: Space, rows: ports.Snapshots) -> None:
    """Remove what nobody needs: old snapshots, and what killed builds left behind.

    Kept are the active one, the newest retired ones for a roll back, and whatever is newer than the
    active one (another indexer may be about to publish it).
    """
    listed = rows.listed(space)
    active = next((row for row in listed if row.state is SnapshotState.ACTIVE), None)
    if active is None:
        return
    retired = [row for row in listed if row.state is SnapshotState.RETIRED]
    kept = {active.version, *(row.version for row in retired[:_KEPT])}
    home = root / layout.space_folder(space)
    for row in listed:
        if row.version not in kept and row.created_at < active.created_at:
            rows.remove(row.version)  # the row first: no reader is sent to a folder that is gone
    for folder in home.iterdir():
        version = folder.name.removeprefix(_HALF_BUILT)
        if version < active.version and version not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def _stack(tracks: Iterable[TrackVectors]) -> _Stacked:
    rows = list(tracks)
    if not rows:
        raise errors.SnapshotRefused("there are no embedded tracks to index")
    counts = [len(row.windows) for row in rows]
    return _Stacked(
        ids=[row.track_id for row in rows],
        vectors=np.stack([row.vector for row in rows]),
        windows=np.concatenate([row.windows for row in rows]),
        starts=np.array([s for row in rows for s in row.window_starts_s], dtype=np.float32),
        offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
    )


def _write_files(stacked: _Stacked, folder: Path) -> None:
    index.write(stacked.vectors, folder / layout.VECTORS)
    (folder / layout.IDS).write_text(json.dumps(stacked.ids), "utf-8")
    np.save(folder / layout.WINDOWS, stacked.windows)
    np.save(folder / layout.STARTS, stacked.starts)
    np.save(folder / layout.OFFSETS, stacked.offsets)


def _write_manifest(
    stacked: _Stacked, folder: Path, *, space: Space, revision: int
) -> Mapping[str, Any]:
    probes = stacked.vectors[:: max(1, len(stacked.vectors) // _PROBES)][:_PROBES]
    recall = index.recall_at_10(folder / layout.VECTORS, stacked.vectors, probes)
    manifest = {
        "format": 1,
        "space": space,
        "revision": revision,
        "tracks": len(stacked.ids),
        "windows": len(stacked.windows),
        "dimension": int(stacked.vectors.shape[1]),
        "factory": index.FACTORY,
        "recall_at_10": round(recall, 4),
        "sha256": {name: disk.sha256_of(folder / name) for name in layout.FILES},
    }
    (folder / layout.MANIFEST).write_text(json.dumps(manifest, indent=2), "utf-8")
    for name in (*layout.FILES, layout.MANIFEST):
        disk.sync(folder / name)
    disk.sync(folder)
    return manifest


def _check(folder: Path, manifest: Mapping[str, Any]) -> None:
    layout.check(folder)  # reads back what the disk holds
    if manifest["recall_at_10"] < _LEAST_RECALL:
        raise errors.SnapshotRefused(f"recall@10 is only {manifest['recall_at_10']}")
