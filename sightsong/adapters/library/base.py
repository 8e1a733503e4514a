"""The base of a view: one snapshot, wherever it lies, as the rest of this package sees it."""

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sightsong.core.errors import SnapshotRefused
from sightsong.core.facts import Filters
from sightsong.core.ports import Neighbour
from sightsong.core.tracks import TrackId


class InUse(SnapshotRefused):
    """Somebody else has a hold of a snapshot, perhaps only for a moment."""


class Hidden(Protocol):
    """Tracks that a base is not to find, in a form of its own."""


class Base(Protocol):
    """One snapshot, open. It never changes, and is safe to use from many threads."""

    version: str
    revision: int  #: Of the embeddings that it was built from.
    size: int  #: Tracks in it.
    dimension: int  #: Of its vectors.

    def hide(self, track_ids: Collection[TrackId]) -> Hidden:
        """Prepare to find none of some tracks, for any number of searches.

        Raises:
            SnapshotRefused: it must not be served any more.
        """
        ...

    def nearest(
        self, query: NDArray[np.float32], *, k: int, where: Filters, hidden: Hidden
    ) -> list[Neighbour]:
        """Find about the `k` nearest tracks that fit, nearest first, of equals the smaller id.

        Fewer than `k` only where fewer fit. Cosines are exact, whatever narrowed the search down.

        Raises:
            IndexUnavailable: its server does not answer, or its files are not all there any more.
        """
        ...

    def vector(self, track_id: TrackId) -> NDArray[np.float32] | None:
        """Read the vector of a track, (d,); None where it is not in the snapshot.

        Raises:
            IndexUnavailable: as `nearest`.
        """
        ...

    def best_windows(
        self, query: NDArray[np.float32], track_ids: Iterable[TrackId]
    ) -> Mapping[TrackId, float]:
        """Find where the nearest window of each track begins; those it cannot tell are left out."""
        ...

    def check_late(self) -> None:
        """Check what could wait until it serves.

        Raises:
            SnapshotRefused: it must not be served.
        """
        ...

    def has_changed(self) -> bool:
        """Whether its files look other than when they were last checked; takes 0.1 ms."""
        ...

    def check_again(self) -> None:
        """Check everything once more, because it has changed.

        Raises:
            SnapshotRefused: it must not be served any more.
        """
        ...

    def close(self) -> None:
        """Let go of its files; nothing is asked of it afterwards."""
        ...
