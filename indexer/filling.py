"""Filling a snapshot's folder: columns, what narrows a search down, manifest; all read back."""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer import index, kinds, probing, reading_back, steps
from indexer.building import Plan
from indexer.kinds import Kind
from indexer.writing import Written, WrittenFile, write_columns
from sightsong.adapters import disk
from sightsong.adapters.library import layout
from sightsong.core.errors import SnapshotRefused
from sightsong.core.snapshots import IndexedTrack


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a snapshot is to be made."""

    kind: str  #: Of `kinds.KINDS`, or `auto`.
    dimension: int
    threads: int
    reserve_bytes: int
    least_recall: float  #: Recall@10, with the sort of probe that fares worst; less is refused.


@dataclass(frozen=True, kw_only=True)
class _Narrowing:
    """What is told of the part that narrows a search down."""

    parameters: Mapping[str, int] = field(default_factory=dict)
    recall: Mapping[str, float] = field(default_factory=lambda: {"library": 1.0, "text": 1.0})
    deep: Mapping[str, float] = field(default_factory=lambda: {"library": 1.0, "text": 1.0})
    sha256: Mapping[str, str] = field(default_factory=dict)


def fill(
    folder: Path, tracks: Iterable[IndexedTrack], plan: Plan, recipe: Recipe
) -> Mapping[str, Any]:
    """Write all files of a snapshot into a new folder, and see that they lie on the disk.

    Returns:
        The manifest.

    Raises:
        SnapshotRefused: a track cannot be indexed, too little is found, or the disk gives back
            something else than it was given.
        StorageFull: there is not enough room.
        Stopped: it is to stop.
    """
    began = time.monotonic()
    written = write_columns(
        tracks,
        folder,
        dimension=recipe.dimension,
        reserve_bytes=recipe.reserve_bytes,
        go_on=plan.go_on,
    )
    kind = kinds.kind_of(recipe.kind, tracks=written.tracks)
    narrowing = _Narrowing() if kind.is_exact else _narrow(folder, kind, plan, recipe)
    told = _told(folder, plan, kind, written, narrowing)
    manifest = told | {"built_s": round(time.monotonic() - began, 3)}
    with WrittenFile(folder / layout.MANIFEST, reserve_bytes=recipe.reserve_bytes) as file:
        file.take(json.dumps(manifest, indent=2).encode())
        file.close()
    disk.sync(folder)
    for path in folder.iterdir():
        reading_back.forget_cached(path)
    reading_back.check(folder, layout.read_manifest(folder), go_on=plan.go_on)
    return manifest


def _narrow(folder: Path, kind: Kind, plan: Plan, recipe: Recipe) -> _Narrowing:
    """Write what narrows a search down, and measure what it finds as it lies on the disk."""
    index.use_threads(recipe.threads)
    vectors = layout.open_column(folder, "vectors", dimension=recipe.dimension)
    path = folder / layout.NEAR
    digest = _write_near(path, kind, vectors, plan, recipe)
    near = index.open_written(path, kind)
    probes = probing.probes_of(vectors, plan.phrases, go_on=plan.go_on)
    reach = probing.find_reach(near, vectors, probes, go_on=plan.go_on)
    if reach.worst < recipe.least_recall:
        raise SnapshotRefused(f"the index finds only {reach.worst:.1%} of what is nearest")
    steps.step(plan.go_on)
    return _Narrowing(
        parameters={kind.knob: reach.knob, "pool": reach.pool},
        recall=reach.recall,
        deep=probing.deep_recall(near, vectors, probes, reach),
        sha256={path.name: digest},
    )


def _write_near(
    path: Path, kind: Kind, vectors: NDArray[np.float16], plan: Plan, recipe: Recipe
) -> str:
    near = index.grow(kind, vectors, go_on=plan.go_on)
    with WrittenFile(path, reserve_bytes=recipe.reserve_bytes) as file:
        near.write(file.take)
        return file.close()


def _told(
    folder: Path, plan: Plan, kind: Kind, written: Written, narrowing: _Narrowing
) -> dict[str, Any]:
    sha256 = {**written.sha256, **narrowing.sha256}
    return {
        "format": layout.FORMAT,
        "backend": "faiss",
        "kind": kind.name,
        "factory": kind.factory_for(written.tracks),
        "parameters": dict(narrowing.parameters),
        "space": plan.space,
        "revision": plan.revision,
        "grouped": plan.grouped,
        "tracks": written.tracks,
        "windows": written.windows,
        "dimension": written.dimension,
        "bytes": sum((folder / name).stat().st_size for name in sha256),
        "recall_at_10": _rounded(narrowing.recall),
        "recall_at_200": _rounded(narrowing.deep),
        "sha256": sha256,
    }


def _rounded(recall: Mapping[str, float]) -> dict[str, float]:
    return {name: round(share, 4) for name, share in recall.items()}
