"""The delta of a view: tracks that changed since its snapshot, searched one by one."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sightsong.adapters.library import ranking
from sightsong.adapters.library.columns import Mask, within
from sightsong.core.affect import Affect
from sightsong.core.facts import Facts, Filters
from sightsong.core.ports import Neighbour
from sightsong.core.snapshots import Changes, Entry
from sightsong.core.tracks import TrackId


class Delta:
    """What is new, changed and gone, up to a revision; never changes itself."""

    def __init__(
        self,
        entries: Iterable[Entry] = (),
        *,
        gone: frozenset[TrackId] = frozenset(),
        revision: int = 0,
        dimension: int | None = None,
    ) -> None:
        """Prepare to search.

        Args:
            entries: as they are now; any order.
            gone: tracks that are not there any more.
            revision: of the space, up to which this is all.
            dimension: of the vectors; None: of most of them. Tracks with others are not found.
        """
        self._known = {entry.track_id: entry for entry in entries}
        self._dimension = dimension
        length = dimension or _usual_length(self._known.values())
        fitting = (one for one in self._known.values() if len(one.vector) == length > 0)
        self._entries = sorted(fitting, key=lambda entry: entry.track_id)
        self._rows = {entry.track_id: row for row, entry in enumerate(self._entries)}
        self.gone = gone
        self.revision = revision
        self._vectors = _stacked(self._entries)
        self._wide = ranking.widened(self._vectors)
        self._facts = _FactTable([entry.facts for entry in self._entries])

    @property
    def size(self) -> int:
        """How many tracks are in it."""
        return len(self._entries)

    @property
    def touched(self) -> frozenset[TrackId]:
        """All tracks that it knows better than the snapshot does."""
        return self.gone | self._known.keys()

    @property
    def left_out(self) -> frozenset[TrackId]:
        """Tracks without a vector that could be compared with others."""
        return frozenset(self._known.keys() - self._rows.keys())

    def knows(self, track_id: TrackId) -> bool:
        """Whether what the snapshot says of a track is out of date."""
        return track_id in self._known or track_id in self.gone

    def with_changes(self, changes: Changes) -> "Delta":
        """Make the delta that follows from what has happened since its revision."""
        entries = dict(self._known)
        for track_id in changes.gone:
            entries.pop(track_id, None)
        entries |= {entry.track_id: _as_kept(entry) for entry in changes.entries}
        gone = (self.gone | changes.gone) - entries.keys()
        return Delta(
            entries.values(), gone=gone, revision=changes.revision, dimension=self._dimension
        )

    def vector(self, track_id: TrackId) -> NDArray[np.float32] | None:
        """Read the vector of a track, (d,); None where it is not in it."""
        row = self._rows.get(track_id)
        return None if row is None else self._wide[row].copy()

    def nearest(self, query: NDArray[np.float32], *, k: int, where: Filters) -> list[Neighbour]:
        """Find the `k` nearest tracks that fit, nearest first, of equals the smaller id."""
        if not self._entries:
            return []
        rows = self._fitting(where)
        scores = ranking.products(query, self._wide)[rows]
        rows = rows[ranking.leading(scores, k)]
        entries = [self._entries[row] for row in rows.tolist()]
        ids = [entry.track_id for entry in entries]
        return [
            Neighbour(
                track_id=ids[place],
                cosine=cosine,
                vector=self._wide[rows[place]].copy(),
                facts=replace(entries[place].facts, terms=()),
            )
            for place, cosine in ranking.nearest_first(query, self._vectors[rows], ids)[:k]
        ]

    def _fitting(self, where: Filters) -> NDArray[np.int64]:
        allowed = self._facts.mask(where)
        without = [self._rows[one] for one in where.without if one in self._rows]
        allowed[without] = False
        return np.flatnonzero(allowed)


class _FactTable:
    """The facts of some tracks by column, so that a filter looks at all of them at once."""

    def __init__(self, facts: list[Facts]) -> None:
        self._size = len(facts)
        self._durations = _floats([one.duration_s for one in facts])
        self._tempos = _floats([one.tempo_bpm for one in facts])
        self._explicit = np.array([one.explicit is True for one in facts], dtype=np.bool_)
        self._of_term = _rows_by(one.terms for one in facts)
        self._of_artist = _rows_by(((one.artist,) if one.artist else ()) for one in facts)

    def mask(self, where: Filters) -> Mask:
        """Mark the rows that fit a filter, whatever ids it leaves out."""
        allowed = np.ones(self._size, dtype=np.bool_)
        for group in where.groups:
            marked = np.zeros(self._size, dtype=np.bool_)
            for term in group:
                marked[self._of_term.get(term, [])] = True
            allowed &= marked
        for values, wanted in (
            (self._durations, where.duration_s),
            (self._tempos, where.tempo_bpm),
        ):
            if not wanted.is_open:
                allowed &= within(values, wanted)
        if where.explicit is not None:
            allowed &= self._explicit == where.explicit
        for artist in where.without_artists:
            allowed[self._of_artist.get(artist, [])] = False
        return allowed


def _rows_by(names: Iterable[Iterable[str]]) -> Mapping[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for row, of_row in enumerate(names):
        for name in of_row:
            found[name].append(row)
    return dict(found)


def _floats(values: list[float | None]) -> NDArray[np.float32]:
    return np.array([np.nan if one is None else one for one in values], dtype=np.float32)


def _stacked(entries: list[Entry]) -> NDArray[np.float16]:
    if not entries:
        return np.empty((0, 0), dtype=np.float16)
    return np.stack([entry.vector for entry in entries])


def _usual_length(entries: Iterable[Entry]) -> int:
    lengths = Counter(len(entry.vector) for entry in entries if len(entry.vector))
    return max(lengths, key=lambda length: (lengths[length], length), default=0)


def _as_kept(entry: Entry) -> Entry:
    """Round facts as a snapshot does: a track must not change by the rebuild that takes it in.

    A vector that is no vector (NaN) is taken away: nothing is near it, and it must not be ranked.
    """
    facts, affect = entry.facts, entry.facts.affect
    kept = replace(
        facts,
        duration_s=_rounded(facts.duration_s),
        tempo_bpm=_rounded(facts.tempo_bpm),
        affect=affect and _rounded_affect(affect),
    )
    vector = entry.vector if np.isfinite(entry.vector).all() else entry.vector[:0]
    return replace(entry, facts=kept, vector=vector)


def _rounded(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else float(np.float32(value))


def _rounded_affect(affect: Affect) -> Affect:
    return Affect(
        valence=float(np.float32(affect.valence)), arousal=float(np.float32(affect.arousal))
    )
