"""The write side of FAISS: vectors to an index file."""

from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

#: Exact inner product: right at every size that this release is meant for.
FACTORY = "Flat"


def write(vectors: NDArray[np.float32], path: Path) -> None:
    """Build an index over unit vectors, (n, d), and write it to `path`."""
    index = faiss.index_factory(vectors.shape[1], FACTORY, faiss.METRIC_INNER_PRODUCT)
    index.add(np.ascontiguousarray(vectors))
    faiss.write_index(index, str(path))


def recall_at_10(path: Path, vectors: NDArray[np.float32], probes: NDArray[np.float32]) -> float:
    """Share of the exact 10 nearest vectors that the written index finds, 0 .. 1.

    Args:
        path: the index file.
        vectors: float32, (n, d), what it was built from.
        probes: float32, (m, d), the queries to compare by.
    """
    k = min(10, len(vectors))
    if k == 0 or len(probes) == 0:
        return 1.0
    found = faiss.read_index(str(path)).search(np.ascontiguousarray(probes), k)[0]
    exact = -np.sort(-(probes @ vectors.T), axis=1)[:, :k]  # (m, k) highest products
    # Compare products, not row numbers: equal vectors are equally right answers.
    hits = found >= exact[:, -1:] - 1e-5
    return float(hits.mean())
