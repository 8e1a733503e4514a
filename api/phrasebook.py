"""The phrasebook: vectors of phrases, which no request should have to read from the database."""

import threading
import time
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from sightsong.core import ports
from sightsong.core.embeddings import Space
from sightsong.core.errors import Unavailable

Vectors = Mapping[str, NDArray[np.float32]]

#: For how long they are believed: only a worker of another version brings others.
_FRESH_S = 60.0
#: The same while there are none: the first worker brings them when it starts.
_EMPTY_S = 1.0


class Phrasebook:
    """The phrases of one space, as this process has read them last. Safe from many threads."""

    def __init__(
        self,
        phrases: ports.Phrases,
        space: Space,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._phrases = phrases
        self._space = space
        self._clock = clock
        self._reading = threading.Lock()
        self._known: Vectors = {}
        self._stale_at = float("-inf")

    def read(self) -> Vectors:
        """Read all phrases, (d,) each; empty until a worker has brought them.

        Raises:
            StoreUnavailable: the database does not answer, and none are known.
        """
        if self._clock() >= self._stale_at:
            with self._reading:
                if self._clock() >= self._stale_at:
                    self._look()
        return self._known

    def _look(self) -> None:
        try:
            self._known = dict(self._phrases.read(self._space))
        except Unavailable:
            if not self._known:
                raise  # else those that are known will do
        self._stale_at = self._clock() + (_FRESH_S if self._known else _EMPTY_S)
