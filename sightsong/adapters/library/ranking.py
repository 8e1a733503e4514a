"""Exact ranking: float16 vectors against a query, first fast, then to the last bit.

A product in float32 only says who may be among the nearest; the cosines that decide are those of
`embeddings.cosine`, which sums each row by itself. So a track has one and the same cosine wherever
it is found, whatever else was looked at beside it, and on any number of threads.
"""

import math
from collections.abc import Sequence
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from sightsong.core import embeddings

#: Its stubs lag behind its names.
_faiss: Any = faiss
#: Cosines of float32 may be wrong by about 3e-6 at 1,024 dimensions (the sum's rounding); who lies
#: nearer than this to the k-th one is measured exactly.
_MARGIN = np.float32(1e-5)
#: Rows that are turned into float32 at a time: 1 MB at 512 dimensions, which fits a core's cache.
_CHUNK = 512


def widened(vectors: NDArray[np.float16]) -> NDArray[np.float32]:
    """Turn float16 vectors (n, d) into float32, exactly; four times as fast as numpy does."""
    rows = np.ascontiguousarray(vectors)
    if rows.size == 0:
        return rows.astype(np.float32)
    codes = rows.view(np.uint8)
    halves = _faiss.ScalarQuantizer(rows.shape[1], _faiss.ScalarQuantizer.QT_fp16)
    wide: NDArray[np.float32] = halves.decode(codes)
    return wide


def products(query: NDArray[np.float32], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Multiply a query (d,) with float32 vectors (n, d), on this thread alone; (n,).

    A matrix product of numpy's would call more threads for help, which wait for one another where
    searches come side by side.
    """
    n, dimension = vectors.shape
    check_dimension(query, dimension)
    found = np.empty(n, dtype=np.float32)
    asked = np.ascontiguousarray(query, dtype=np.float32)
    rows = np.ascontiguousarray(vectors)
    pointers = (_faiss.swig_ptr(one) for one in (found, asked, rows))
    _faiss.fvec_inner_products_ny(*pointers, dimension, n)
    return found


def products_of_rows(
    query: NDArray[np.float32], vectors: NDArray[np.float16], rows: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Multiply a query (d,) with some rows of float16 vectors (n, d); (m,)."""
    check_dimension(query, vectors.shape[1])
    parts = [
        products(query, widened(vectors[rows[at : at + _CHUNK]]))
        for at in range(0, len(rows), _CHUNK)
    ]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.float32)


def leading(scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Find the places of all scores that may belong to the `k` greatest, once exact; ascending.

    Those that are no number belong nowhere.
    """
    places: NDArray[np.int64] = np.flatnonzero(np.isfinite(scores))
    if len(places) <= k:
        return places
    known = scores[places]
    least = np.partition(known, len(known) - k)[len(known) - k]
    leading: NDArray[np.int64] = places[known >= least - _MARGIN]
    return leading


def nearest_first(
    query: NDArray[np.float32], vectors: NDArray[np.float16], ids: Sequence[str]
) -> list[tuple[int, float]]:
    """Put vectors (m, d) in the order of searches: greatest cosine first, of equals the smaller id.

    Returns:
        Place and exact cosine of each; what is no number is left out.
    """
    cosines = embeddings.cosine(query, vectors).tolist()
    known = [i for i, cosine in enumerate(cosines) if math.isfinite(cosine)]
    order = sorted(known, key=lambda i: (-round(cosines[i], 9), ids[i]))
    return [(i, cosines[i]) for i in order]


def check_dimension(query: NDArray[np.float32], dimension: int) -> None:
    """Stop a query of another space's dimension: FAISS would read beyond its end.

    Raises:
        ValueError: it is one.
    """
    if query.shape != (dimension,):
        raise ValueError(f"a query of shape {query.shape} for vectors of {dimension} dimensions")
