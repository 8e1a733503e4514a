"""Embeddings: unit vectors, and the space that they live in."""

from typing import Any, NewType

import numpy as np
from numpy.typing import NDArray

#: `model id @ revision`. Vectors of different spaces are never compared.
Space = NewType("Space", str)

#: float32 or float16; (d,) for one vector, (n, d) for several.
Vectors = NDArray[np.floating[Any]]

#: Norms below this are treated as zero: float32 cannot tell such a vector's direction.
_TINY = 1e-12


def unit(vectors: Vectors) -> NDArray[np.float32]:
    """Scale vectors to length 1 along the last axis; a zero vector stays zero.

    Args:
        vectors: any float dtype, (..., d).

    Returns:
        float32, (..., d), each of Euclidean norm 1 (or 0).
    """
    wide = np.asarray(vectors, dtype=np.float64)
    norms = np.linalg.norm(wide, axis=-1, keepdims=True)
    scaled: NDArray[np.float32] = (wide / np.maximum(norms, _TINY)).astype(np.float32)
    return scaled


def cosine(
    query: NDArray[np.floating[Any]], rows: NDArray[np.floating[Any]]
) -> NDArray[np.float64]:
    """Cosine of one unit query with each unit row, independent of batch size and thread count.

    A matrix product may sum in another order for another number of rows, which would let the same
    photo rank differently in another batch. This sums each row by itself, in float64.

    Args:
        query: (d,), unit norm.
        rows: (n, d), unit norm.

    Returns:
        float64, (n,), in [-1, 1] up to rounding.
    """
    products = rows.astype(np.float64) * query.astype(np.float64)  # (n, d)
    sums: NDArray[np.float64] = products.sum(axis=1)
    return sums
