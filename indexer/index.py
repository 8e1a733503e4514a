"""The write side of FAISS: what narrows a search down, trained, filled and written."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from indexer import steps
from indexer.kinds import Kind
from sightsong.core.errors import SnapshotRefused

#: FAISS tells types, but not of all it has.
_faiss: Any = faiss

_SEED = 20261
#: Vectors of the sample for each list, and how often the lists' middles are moved: more of either
#: takes longer and finds no more.
_SAMPLE_PER_LIST = 64
_MOVES = 10
#: Vectors, at most, that codes are fitted to.
_SAMPLE = 65_536
#: How far a graph is searched while it is built.
_EF_CONSTRUCTION = 80


def use_threads(threads: int) -> None:
    """Bound the threads of what this thread has FAISS do from now on."""
    faiss.omp_set_num_threads(threads)


def grow(kind: Kind, vectors: NDArray[np.float16], *, go_on: Callable[[], bool]) -> "Near":
    """Train and fill what narrows a search down.

    Args:
        kind: any but an exact one.
        vectors: (n, d), n above 0; may lie on a disk, and is read a part at a time.
        go_on: asked between steps, of which the longest may take some ten seconds.

    Raises:
        Stopped: it is to stop.
    """
    index = faiss.index_factory(
        vectors.shape[1], kind.factory_for(len(vectors)), faiss.METRIC_INNER_PRODUCT
    )
    near = Near(index, kind)
    _train(near, vectors, go_on=go_on)
    for part in steps.slices(len(vectors), go_on):
        index.add(_wide(vectors[part]))
    return near


class Near:
    """What narrows a search down to rows that are worth to be measured."""

    def __init__(self, index: Any, kind: Kind) -> None:  # noqa: ANN401 - FAISS tells no types
        self.index = index
        self.kind = kind

    @property
    def size(self) -> int:
        """Vectors in it."""
        return int(self.index.ntotal)

    @property
    def dimension(self) -> int:
        """Of these vectors."""
        return int(self.index.d)

    def write(self, take: Callable[[bytes], None]) -> None:
        """Hand its bytes over, one after another."""
        faiss.write_index(self.index, _faiss.PyCallbackIOWriter(take))

    def candidates(
        self, queries: NDArray[np.float32], *, knob: int, pool: int
    ) -> NDArray[np.int64]:
        """Find rows that are near, (m, pool), nearest first; -1 where there are no more."""
        named = {"efSearch" if self.kind.knob == "ef" else "nprobe": knob}
        of_graph, of_lists = _faiss.SearchParametersHNSW, _faiss.SearchParametersIVF
        params = (of_graph if self.kind.knob == "ef" else of_lists)(**named)
        rows: NDArray[np.int64] = self.index.search(queries, pool, params=params)[1]
        return rows


def open_written(path: Path, kind: Kind) -> Near:
    """Open a written file where it lies, as readers do.

    Raises:
        SnapshotRefused: FAISS cannot read it.
    """
    try:
        return Near(faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC), kind)
    except RuntimeError as error:
        raise SnapshotRefused(f"{path.name} cannot be opened") from error


def nearest(
    queries: NDArray[np.float32], vectors: NDArray[np.float32], k: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Compare each query with every vector.

    Returns:
        The `k` highest products of each, (m, k), highest first, and the rows that they are with.
    """
    products, rows = faiss.knn(queries, vectors, k, metric=faiss.METRIC_INNER_PRODUCT)
    return products, rows


def _train(near: Near, vectors: NDArray[np.float16], *, go_on: Callable[[], bool]) -> None:
    lists = near.kind.lists(len(vectors))
    sample = _sample(vectors, lists * _SAMPLE_PER_LIST or _SAMPLE, go_on=go_on)
    if lists:
        middles = faiss.downcast_index(near.index.quantizer)
        _place_middles(middles, sample, lists, go_on=go_on)
    else:
        near.index.hnsw.efConstruction = _EF_CONSTRUCTION
    steps.step(go_on)
    few = sample[:: math.ceil(len(sample) / _SAMPLE)]
    near.index.train(np.ascontiguousarray(few))


def _place_middles(
    middles: Any,  # noqa: ANN401 - FAISS tells no types
    sample: NDArray[np.float32],
    lists: int,
    *,
    go_on: Callable[[], bool],
) -> None:
    """Find the middles of the lists.

    A move at a time, each from where the last one ended, so that a stop need not wait for all.
    """
    params = faiss.ClusteringParameters()
    params.niter, params.seed, params.spherical = 1, _SEED, True
    # The sample is of the right size already; where it is smaller, a warning would not help.
    params.min_points_per_centroid, params.max_points_per_centroid = 1, len(sample)
    clustering = faiss.Clustering(sample.shape[1], lists, params)
    for _ in range(_MOVES):
        steps.step(go_on)
        middles.reset()
        clustering.train(sample, middles)


def _sample(
    vectors: NDArray[np.float16], wanted: int, *, go_on: Callable[[], bool]
) -> NDArray[np.float32]:
    """Pick vectors, always the same of the same; float32, (wanted or all, d)."""
    count = min(wanted, len(vectors))
    picked = np.random.default_rng(_SEED).choice(len(vectors), count, replace=False)
    picked.sort()  # in the order that they are read from the disk
    sample = np.empty((count, vectors.shape[1]), np.float32)
    for part in steps.slices(count, go_on):
        sample[part] = vectors[picked[part]]
    return sample


def _wide(vectors: NDArray[np.float16]) -> NDArray[np.float32]:
    return np.ascontiguousarray(vectors, dtype=np.float32)
