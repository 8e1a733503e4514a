"""What builds snapshots, wherever they are to lie."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sightsong.core import ports
from sightsong.core.embeddings import Space
from sightsong.core.errors import SnapshotRefused
from sightsong.core.snapshots import Extent, IndexedTrack, Snapshot


class Elsewhere(SnapshotRefused):
    """The snapshot lies where this builder does not build, and cannot look."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a snapshot is to be made of."""

    space: Space
    revision: int  #: Of the space, read before the tracks: never newer than they are.
    grouped: int  #: Revision read before recordings were grouped.
    extent: Extent
    #: float32, (m, d): vectors of words, to measure by what people search with; m may be 0.
    phrases: NDArray[np.float32]
    go_on: Callable[[], bool]  #: Notes progress; False when the process is to stop.


class Builder(Protocol):
    """The write side of an index backend."""

    def build(self, tracks: Iterable[IndexedTrack], plan: Plan) -> Snapshot | None:
        """Build and verify a snapshot; it is not active yet. None when told to stop.

        Tracks whose vectors cannot be compared with the others' are left out, and told of.

        Args:
            tracks: in the order of track ids; at least one.
            plan: what else there is to know.

        Raises:
            SnapshotRefused: there is nothing to index, or what was written does not verify.
            StorageFull: there is no room for it; says how many bytes it needs.
            ConfigurationError: it cannot be built where the settings say.
            IndexUnavailable: its server does not answer.
        """
        ...

    def verify(self, snapshot: Snapshot) -> None:
        """Compare a snapshot with its manifest.

        Raises:
            Elsewhere: it is of another backend; nothing is known of it.
            SnapshotRefused: it is not whole.
            IndexUnavailable: its server does not answer.
        """
        ...

    def glance(self, snapshot: Snapshot) -> object:
        """Look at a snapshot without reading it.

        Returns:
            Equal to the answer before unless it was touched since, and is to be verified.
        """
        ...

    def prune(self, space: Space, rows: ports.Snapshots) -> list[str]:
        """Remove snapshots that nobody needs, and what killed builds left behind.

        Kept are the active one, the newest retired ones, what a reader holds, and what is newer
        than the active one (it may be about to be published).

        Returns:
            The versions that were removed.
        """
        ...
