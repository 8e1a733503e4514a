"""The vectors of phrases in memory."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sightsong.adapters.memory.state import State
from sightsong.core.embeddings import Space


class MemoryPhrases:
    """The `Phrases` port over a dictionary."""

    def __init__(self, state: State) -> None:
        self._state = state

    def keep(self, space: Space, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Store vectors by phrase; those that are there already are replaced."""
        with self._state.lock:
            for phrase, vector in vectors.items():
                self._state.phrases[space, phrase] = vector.astype(np.float32)

    def read(self, space: Space) -> Mapping[str, NDArray[np.float32]]:
        """Read all phrases of a space."""
        with self._state.lock:
            kept = self._state.phrases.items()
            return {phrase: vector.copy() for (where, phrase), vector in kept if where == space}
