"""The index: its snapshots, and its read side."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sightsong.core.embeddings import Space
from sightsong.core.snapshots import Snapshot
from sightsong.core.tracks import (
    TrackId,
)


class Snapshots(Protocol):
    """The rows of the index snapshots."""

    def add(self, snapshot: Snapshot) -> None:
        """Store a built and verified snapshot, not active yet."""
        ...

    def active(self, space: Space) -> Snapshot | None:
        """Read the snapshot that readers of a space should serve."""
        ...

    def remove(self, version: str) -> None:
        """Forget a snapshot that is not active; absent or active is fine, and changes nothing."""
        ...

    def listed(self, space: Space | None = None) -> list[Snapshot]:
        """Read all snapshots, newest first."""
        ...


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A track near a query in a space."""

    track_id: TrackId
    cosine: float  #: -1 .. 1
    vector: NDArray[np.float32]  #: (d,), unit norm.
    window_start_s: float  #: Where the window nearest to the query begins.


@dataclass(frozen=True, kw_only=True)
class Found:
    """The answer of a library to a query."""

    snapshot: str | None  #: Version of the snapshot that answered; None when there is none.
    neighbours: tuple[Neighbour, ...]  #: Nearest first; of equals the smaller track id first.


class Library(Protocol):
    """The read side of the index."""

    def search(self, query: NDArray[np.float32], *, k: int) -> Found:
        """Find the `k` tracks nearest to a unit vector of the library's space, (d,)."""
        ...
