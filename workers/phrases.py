"""Phrases: what the text model makes of the phrase table, for those who have no model at hand.

The API refines with these vectors, and the indexer probes the recall of an index with them.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sightsong.core import ports, prompts
from sightsong.core.embeddings import Space

#: Vectors this near in each coordinate are the same: devices round in their own ways.
_ALIKE = 1e-3

Vector = NDArray[np.float32]


class PhraseKeeper:
    """Stores the vectors of all phrases once in the life of a process."""

    def __init__(
        self,
        phrases: ports.Phrases,
        space: Space,
        *,
        encode: Callable[[Sequence[str]], NDArray[np.float32]],
    ) -> None:
        """Store in `phrases` what `encode` makes of texts: float32, (n, d), of `space`."""
        self._phrases = phrases
        self._space = space
        self._encode = encode
        self._is_done = False

    def look(self) -> None:
        """Store the vectors unless they are there; does nothing more once that has worked.

        Raises:
            StoreUnavailable: the database does not answer; the next look tries again.
        """
        if self._is_done:
            return
        texts = prompts.all_phrases()
        vectors = dict(zip(texts, self._encode(texts), strict=True))
        if not _has(self._phrases.read(self._space), vectors):
            self._phrases.keep(self._space, vectors)
        self._is_done = True


def _has(stored: Mapping[str, Vector], vectors: Mapping[str, Vector]) -> bool:
    """Whether all vectors are stored as they are."""
    return all(
        phrase in stored
        and stored[phrase].shape == vector.shape
        and np.allclose(stored[phrase], vector, rtol=0, atol=_ALIKE)
        for phrase, vector in vectors.items()
    )
