"""Filling a snapshot's folder: columns, what narrows a search down, manifest; all read back."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import structlog
from numpy.typing import NDArray

from indexer import index, kinds, probing, reading_back, steps
from indexer.building import Plan
from indexer.fitting import Fitting
from indexer.index import Near
from indexer.kinds import Kind
from indexer.writing import Written, WrittenFile, write_columns
from sightsong.adapters import disk
from sightsong.adapters.library import layout
from sightsong.core.errors import SnapshotRefused

log = structlog.get_logger()


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


def fill(folder: Path, tracks: Fitting, plan: Plan, recipe: Recipe) -> Mapping[str, Any]:
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
    tracks.tell()
    tried = kinds.kinds_of(recipe.kind, tracks=written.tracks)
    kind, narrowing = _narrow(folder, tried, plan, recipe)
    told = _told(folder, plan, kind, written, narrowing)
    manifest = told | {
        "left_out": tracks.left_out,
        "built_s": round(time.monotonic() - began, 3),
    }
    with WrittenFile(folder / layout.MANIFEST, reserve_bytes=recipe.reserve_bytes) as file:
        file.take(json.dumps(manifest, indent=2).encode())
        file.close()
    disk.sync(folder)
    for path in folder.iterdir():
        reading_back.forget_cached(path)
    reading_back.check(folder, layout.read_manifest(folder), go_on=plan.go_on)
    return manifest


def _narrow(
    folder: Path, tried: Sequence[Kind], plan: Plan, recipe: Recipe
) -> tuple[Kind, _Narrowing]:
    """Write what narrows a search down, of the first kind that finds enough.

    Raises:
        SnapshotRefused: none does.
    """
    if tried[0].is_exact:
        return tried[0], _Narrowing()
    index.use_threads(recipe.threads)
    ground = _Ground.of(folder, plan, recipe)
    for kind in tried:
        if kind.is_exact:
            return kind, _Narrowing()
        narrowing = ground.build(kind)
        worst = min(narrowing.recall.values())
        if worst >= recipe.least_recall:
            return kind, narrowing
        log.warning("index.finds_too_little", kind=kind.name, recall_at_10=round(worst, 4))
        ground.path.unlink()
    raise SnapshotRefused(f"the index finds only {worst:.1%} of what is nearest")


@dataclass(frozen=True, kw_only=True)
class _Ground:
    """What each kind of index is built over, and measured by."""

    path: Path  #: Of the index.
    vectors: NDArray[np.float16]
    probes: Mapping[str, probing.Probes]
    reserve_bytes: int
    go_on: Callable[[], bool]

    @classmethod
    def of(cls, folder: Path, plan: Plan, recipe: Recipe) -> Self:
        """Open the vectors that lie in a folder, and find the truth about some probes."""
        vectors = layout.open_column(folder, "vectors", dimension=recipe.dimension)
        return cls(
            path=folder / layout.NEAR,
            vectors=vectors,
            probes=probing.probes_of(vectors, plan.phrases, go_on=plan.go_on),
            reserve_bytes=recipe.reserve_bytes,
            go_on=plan.go_on,
        )

    def build(self, kind: Kind) -> _Narrowing:
        """Write an index, and measure what it finds as it lies on the disk."""
        digest = self._write(index.grow(kind, self.vectors, go_on=self.go_on))
        near = index.open_written(self.path, kind)
        reach = probing.find_reach(near, self.vectors, self.probes, go_on=self.go_on)
        steps.step(self.go_on)
        return _Narrowing(
            parameters={kind.knob: reach.knob, "pool": reach.pool},
            recall=reach.recall,
            deep=probing.deep_recall(near, self.vectors, self.probes, reach),
            sha256={self.path.name: digest},
        )

    def _write(self, near: Near) -> str:
        with WrittenFile(self.path, reserve_bytes=self.reserve_bytes) as file:
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
