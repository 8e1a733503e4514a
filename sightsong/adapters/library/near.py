"""The FAISS index of a snapshot: names the rows that may be near a query."""

import math
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from sightsong.core import errors

#: How many results `parameters.pool` was measured for.
_MEASURED_K = 10
#: Where few rows may be found, at most so many times the candidates are measured, and so many times
#: the lists are looked into. At 100,000 tracks, for a filter that 12 % fit, none of them near the
#: query: recall@10 from 0.74 to 0.97, in 3 ms.
_MOST_POOLS = 8
_MOST_BREADTHS = 4
#: Its stubs lag behind its names.
_faiss: Any = faiss
_here = threading.local()


def pool_for(pool: int, k: int) -> int:
    """Say how many candidates make `k` results, where `pool` of them make ten."""
    return pool + 2 * max(0, k - _MEASURED_K)


class Near:
    """An index of inverted lists or a graph, read where it lies. Safe to use from many threads."""

    def __init__(self, path: Path, parameters: Mapping[str, Any]) -> None:
        """Open it.

        Raises:
            SnapshotRefused: FAISS cannot read it.
        """
        try:
            # This flag maps every kind, and is faster than inverted lists "on disk".
            self._index = _faiss.read_index(str(path), _faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            raise errors.SnapshotRefused(f"snapshot {path.parent.name}: {path.name}") from error
        self.shape = (int(self._index.ntotal), int(self._index.d))
        self._pool = int(parameters["pool"])
        # Lists to look into, or the length of the graph's queue.
        self._breadth = int(parameters.get("nprobe") or parameters["ef"])
        self._most = int(getattr(self._index, "nlist", self.shape[0]))

    def rows(
        self, query: NDArray[np.float32], *, k: int, allowed: NDArray[np.bool_] | None
    ) -> NDArray[np.int64]:
        """Find rows near a query, more than `k` of them; fewer than `k` only where fewer are seen.

        Args:
            query: float32, (d,).
            k: how many are to be left after exact ranking.
            allowed: bool, (n,): which rows may be found; None: all.
        """
        size = self.shape[0] if allowed is None else int(np.count_nonzero(allowed))
        # As many allowed rows are looked at as if all were: where few are, more lists are. And more
        # again, as what fits may lie in other corners than the query, where all is about as far.
        rarity = self.shape[0] / max(size, 1)
        pool = math.ceil(self._pool * min(rarity, _MOST_POOLS))
        wanted = min(pool_for(pool, k), size)
        breadth = math.ceil(self._breadth * rarity * min(rarity, _MOST_BREADTHS))
        bits = None if allowed is None else np.packbits(allowed, bitorder="little")
        while True:
            breadth = min(breadth, self._most)
            found = self._search(query, wanted, breadth=breadth, bits=bits)
            if len(found) >= wanted or breadth >= self._most:
                return found
            breadth *= 2

    def _search(
        self,
        query: NDArray[np.float32],
        wanted: int,
        *,
        breadth: int,
        bits: NDArray[np.uint8] | None,
    ) -> NDArray[np.int64]:
        _keep_to_this_thread()
        named = {} if bits is None else {"sel": _faiss.IDSelectorBitmap(bits)}
        if hasattr(self._index, "nlist"):
            how = _faiss.SearchParametersIVF(nprobe=breadth, **named)
        else:
            how = _faiss.SearchParametersHNSW(efSearch=max(breadth, wanted), **named)
        asked = np.ascontiguousarray(query[np.newaxis], dtype=np.float32)
        found: NDArray[np.int64] = self._index.search(asked, wanted, params=how)[1][0]
        return found[found >= 0]


def _keep_to_this_thread() -> None:
    """Have FAISS call no other thread for help: with one small query, waiting for it takes longer.

    OpenMP keeps this number for each thread.
    """
    if not getattr(_here, "is_set", False):
        _faiss.omp_set_num_threads(1)
        _here.is_set = True
