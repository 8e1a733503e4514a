"""Recall of an index that lies elsewhere: what is truly nearest is noted while tracks pass by."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from sightsong.core import embeddings
from sightsong.core.ports import Neighbour

#: Tracks, and phrases, that it is measured with.
_MOST = 100
_K = 10
_SEED = 4711
#: Length of the noise on a track's vector: a query near it, with a cosine of 0.96.
_NOISE = 0.3
#: Cosines of equal vectors differ by less, summed in float32 or in float64.
_SAME = 1e-5

Search = Callable[[NDArray[np.float32], int], Sequence[Neighbour]]
"""Finds the so many nearest to a query, (d,)."""


class Sample:
    """Queries of two sorts, and the cosines of the tracks nearest to each so far."""

    def __init__(self, tracks: NDArray[np.float16], phrases: NDArray[np.float32]) -> None:
        """Make the queries.

        Args:
            tracks: (n, d), vectors of tracks at random; with noise, they are like photos.
            phrases: (m, d), vectors of words; m may be 0.
        """
        queries = {"library": _noisy(tracks[:_MOST]), "text": phrases[:_MOST]}
        self._queries = {name: some for name, some in queries.items() if len(some)}
        self._best = {
            name: np.empty((len(some), 0), np.float32) for name, some in self._queries.items()
        }
        self.seen = 0  #: Tracks that have passed by.

    def take(self, vectors: NDArray[np.float16]) -> None:
        """Look at the vectors of some more tracks, (n, d)."""
        wide = vectors.astype(np.float32)
        for name, queries in self._queries.items():
            every = np.concatenate([self._best[name], queries @ wide.T], axis=1)
            self._best[name] = -np.sort(-every, axis=1)[:, :_K]
        self.seen += len(vectors)

    def recall(self, search: Search) -> dict[str, float]:
        """Share of the exact 10 nearest that a search finds, for each sort of query there is."""
        return {
            name: round(sum(map(self._share(search), queries, self._best[name])) / len(queries), 4)
            for name, queries in self._queries.items()
        }

    def _share(self, search: Search) -> Callable[[NDArray[np.float32], NDArray[np.float32]], float]:
        def share(query: NDArray[np.float32], best: NDArray[np.float32]) -> float:
            # Cosines are compared, not ids: equal vectors are equally right answers.
            near = search(query, len(best))
            return sum(one.cosine >= float(best[-1]) - _SAME for one in near) / len(best)

        return share


def _noisy(vectors: NDArray[np.float16]) -> NDArray[np.float32]:
    dice = np.random.default_rng(_SEED)
    noise = dice.standard_normal(vectors.shape) * _NOISE / np.sqrt(vectors.shape[1])
    return embeddings.unit(vectors.astype(np.float64) + noise)
