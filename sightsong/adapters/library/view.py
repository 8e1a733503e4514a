"""A view: one snapshot and what has changed since, searched as if they were one."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sightsong.adapters.library.base import Base
from sightsong.adapters.library.delta import Delta
from sightsong.adapters.library.loaded import best_start
from sightsong.core.facts import Filters
from sightsong.core.ports import Neighbour
from sightsong.core.snapshots import Changes, Windows
from sightsong.core.tracks import TrackId

#: Reads the windows of tracks from the database.
ReadWindows = Callable[[Iterable[TrackId]], Mapping[TrackId, Windows]]

#: Looked at beyond what is asked for, where encodings or tracks of one artist may fall away.
_SPARE = 8


class View:
    """The library at one moment; implements `ports.LibraryView`."""

    def __init__(
        self,
        base: Base | None,
        delta: Delta,
        *,
        read_windows: ReadWindows,
        grip: object = None,
        held_back: str | None = None,
    ) -> None:
        """Put a view together.

        Args:
            base: a snapshot; None where there is none.
            delta: what has changed since.
            read_windows: for tracks whose windows the base does not tell.
            grip: kept as long as the view; what waits for its end may close the base.
            held_back: why the delta is not what has changed, but empty; None where it is not so.
        """
        self.base = base
        self.grip = grip
        self.held_back = held_back
        self._delta = delta
        self._read_windows = read_windows
        self._hidden = base.hide(delta.touched) if base else None

    @property
    def snapshot(self) -> str | None:
        """Version of the snapshot; None where there is none."""
        return self.base.version if self.base else None

    @property
    def revision(self) -> int:
        """Up to which revision of the space changes are in it."""
        return self._delta.revision

    def after(self, changes: Changes) -> "View":
        """Make the view that follows from what has happened since its revision."""
        return View(
            self.base,
            self._delta.with_changes(changes),
            read_windows=self._read_windows,
            grip=self.grip,
        )

    @property
    def changed(self) -> int:
        """How many tracks are found outside the snapshot."""
        return self._delta.size

    @property
    def touched(self) -> AbstractSet[TrackId]:
        """All tracks that have changed since the snapshot."""
        return self._delta.touched

    @property
    def left_out(self) -> AbstractSet[TrackId]:
        """Those that have changed, and have no vector that could be searched."""
        return self._delta.left_out

    def search(
        self,
        query: NDArray[np.float32],
        *,
        k: int,
        where: Filters | None = None,
        duplicates: bool = False,
        per_artist: int | None = None,
    ) -> tuple[Neighbour, ...]:
        """Find the tracks nearest to a unit vector, nearest first, of equals the smaller id."""
        if k < 1:
            return ()
        narrow = where or Filters()
        picked = _Picked(duplicates=duplicates, per_artist=per_artist)
        asked = k if picked.takes_all else k + k // 2 + _SPARE
        for rounds in itertools.count(1):
            found = self._nearest(query, k=asked, where=narrow)
            for one in found:
                picked.offer(one)
            if len(picked.taken) >= k or len(found) < asked:
                break
            # On behind those that were looked at, and past artists that have had their share.
            narrow = replace(
                narrow,
                without=narrow.without | {one.track_id for one in found},
                without_artists=narrow.without_artists | picked.full,
            )
            asked = (k - len(picked.taken) + _SPARE) * 2**rounds
        # What only a wider search found may be nearer than what was found before.
        return tuple(sorted(picked.taken, key=_order)[:k])

    def _nearest(self, query: NDArray[np.float32], *, k: int, where: Filters) -> list[Neighbour]:
        found = self._delta.nearest(query, k=k, where=where)
        if self.base is not None and self._hidden is not None:
            found += self.base.nearest(query, k=k, where=where, hidden=self._hidden)
        return sorted(found, key=_order)[:k]

    def vector(self, track_id: TrackId) -> NDArray[np.float32] | None:
        """Read the vector of a track, (d,); None where it is not in the library."""
        if self.base is None or self._delta.knows(track_id):
            return self._delta.vector(track_id)
        return self.base.vector(track_id)

    def best_windows(
        self, query: NDArray[np.float32], track_ids: Iterable[TrackId]
    ) -> Mapping[TrackId, float]:
        """Find where the window nearest to a query begins in each track, in seconds.

        Raises:
            StoreUnavailable: the database, which holds those of new tracks, does not answer.
        """
        asked = [one for one in track_ids if one not in self._delta.gone]
        old = [one for one in asked if not self._delta.knows(one)]
        found = dict(self.base.best_windows(query, old)) if self.base else {}
        left = [one for one in asked if one not in found]
        for track_id, windows in (self._read_windows(left) if left else {}).items():
            start = best_start(query, windows.vectors, windows.starts_s)
            if start is not None:
                found[track_id] = start
        return found


def _order(one: Neighbour) -> tuple[float, TrackId]:
    return -round(one.cosine, 9), one.track_id


class _Picked:
    """The neighbours that are taken of those offered, nearest first."""

    def __init__(self, *, duplicates: bool, per_artist: int | None) -> None:
        self.taken: list[Neighbour] = []
        self.full: set[str] = set()  #: Artists that have had their share.
        self.takes_all = duplicates and per_artist is None
        self._duplicates = duplicates
        self._per_artist = per_artist
        self._recordings: set[TrackId] = set()
        self._artists: Counter[str] = Counter()

    def offer(self, one: Neighbour) -> None:
        """Take a track, unless its recording is there already or its artist often enough."""
        facts = one.facts
        if facts.artist in self.full or facts.recording_id in self._recordings:
            return
        self.taken.append(one)
        if facts.recording_id is not None and not self._duplicates:
            self._recordings.add(facts.recording_id)
        if facts.artist is not None:
            self._count(facts.artist)

    def _count(self, artist: str) -> None:
        self._artists[artist] += 1
        if self._per_artist is not None and self._artists[artist] >= self._per_artist:
            self.full.add(artist)
