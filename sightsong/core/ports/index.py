"""The index: its snapshots, the phrases of its space, and its read side."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sightsong.core.embeddings import Space
from sightsong.core.facts import Facts, Filters
from sightsong.core.snapshots import Snapshot
from sightsong.core.tracks import TrackId


class Snapshots(Protocol):
    """The rows of the index snapshots."""

    def add(self, snapshot: Snapshot) -> None:
        """Store a built and verified snapshot, not active yet."""
        ...

    def active(self, space: Space) -> Snapshot | None:
        """Read the snapshot that readers of a space should serve."""
        ...

    def get(self, version: str) -> Snapshot:
        """Read a snapshot.

        Raises:
            SnapshotNotFound: there is none.
        """
        ...

    def activate(self, version: str) -> Snapshot:
        """Have readers move to a snapshot that a person chose, and pin it; the same again is fine.

        A pinned snapshot stays until a person asks for another, or for a rebuild.

        Raises:
            SnapshotNotFound: there is none.
        """
        ...

    def remove(self, version: str) -> None:
        """Forget a snapshot that is not active; absent or active is fine, and changes nothing.

        What was noted of removed tracks for no other snapshot's sake is forgotten with it.
        """
        ...

    def listed(self, space: Space | None = None) -> list[Snapshot]:
        """Read all snapshots, newest first."""
        ...


class Phrases(Protocol):
    """The vectors of phrases, as a space's text model made them: for who has no model at hand."""

    def keep(self, space: Space, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Store vectors, (d,) each, by phrase; those that are there already are replaced."""
        ...

    def read(self, space: Space) -> Mapping[str, NDArray[np.float32]]:
        """Read all phrases of a space."""
        ...


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A track near a query in a space."""

    track_id: TrackId
    cosine: float  #: -1 .. 1
    vector: NDArray[np.float32]  #: (d,), of unit norm up to the rounding of float16.
    facts: Facts


class LibraryView(Protocol):
    """The library at one moment: a snapshot, and what has changed since. It never changes."""

    @property
    def snapshot(self) -> str | None:
        """Version of the snapshot; None where there is none yet."""
        ...

    @property
    def revision(self) -> int:
        """Up to which revision of the space changes are in it."""
        ...

    def search(
        self,
        query: NDArray[np.float32],
        *,
        k: int,
        where: Filters | None = None,
        duplicates: bool = False,
        per_artist: int | None = None,
    ) -> tuple[Neighbour, ...]:
        """Find the tracks nearest to a unit vector of the library's space.

        Args:
            query: float32, (d,).
            k: how many; fewer come back only where fewer fit.
            where: which tracks may be found; None: all.
            duplicates: whether a recording may come in several encodings; else its nearest one.
            per_artist: most tracks of one artist; those that name none count apart. None: any.

        Returns:
            Nearest first; of equals the smaller track id first.
        """
        ...

    def vector(self, track_id: TrackId) -> NDArray[np.float32] | None:
        """Read the vector of a track, (d,); None where it is not in the library."""
        ...

    def best_windows(
        self, query: NDArray[np.float32], track_ids: Iterable[TrackId]
    ) -> Mapping[TrackId, float]:
        """Find where the window nearest to a query begins in each track, in seconds.

        Raises:
            StoreUnavailable: the database, which holds those of new tracks, does not answer.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Health:
    """What a reader serves, and what it refuses to."""

    serving: str | None  #: Version.
    refused: str | None = None  #: Why it does not serve the active snapshot; None where it does.
    #: Why what has changed since the snapshot is not found; None where it is, as a rule.
    held_back: str | None = None


class Library(Protocol):
    """The read side of the index. Safe to use from many threads."""

    def view(self) -> LibraryView:
        """Look at the library as it was found last; never waits for a snapshot to load.

        A library in which there are no tracks is an empty view.

        Raises:
            IndexUnavailable: nobody has looked yet, or nothing can be served although there are
                tracks; retried.
        """
        ...

    def catch_up(self) -> None:
        """Take in what was written before this call, so that the next view has it.

        Only where that is a matter of moments: no snapshot is loaded or waited for, and while the
        database is away nothing happens.
        """
        ...

    def examine(self, snapshot: Snapshot) -> None:
        """Open and check a snapshot as it would be before it is served, and close it again.

        Raises:
            SnapshotRefused: it would be refused; says why.
            IndexUnavailable: the server that holds it does not answer; retried.
            StoreUnavailable: the database does not answer; retried.
        """
        ...

    def health(self) -> Health:
        """Say what is served."""
        ...
