"""Rows that come bit by bit, kept in one piece of memory."""

import numpy as np
from numpy.typing import NDArray


class Rows:
    """An array that grows by rows.

    A list of parts would take twice the memory when they are joined; here the system moves pages.
    """

    def __init__(self, *shape: int) -> None:
        """Begin without any.

        Args:
            *shape: of one row; none: a row is one number.
        """
        self._shape = shape
        self._bytes = bytearray()

    def add(self, rows: NDArray[np.floating]) -> None:
        """Add rows, (n, *shape), of any float dtype."""
        self._bytes += rows.astype(np.float32, copy=False).tobytes()

    def array(self) -> NDArray[np.float32]:
        """See all that was added, float32, (n, *shape); nothing may be added any more."""
        return np.frombuffer(self._bytes, dtype=np.float32).reshape(-1, *self._shape)
