"""The columns of a snapshot: rows by id, rows by what is asked of them, and what a row says."""

import bisect
import math
from collections.abc import Collection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightsong.adapters.library import layout
from sightsong.core import errors
from sightsong.core.affect import Affect
from sightsong.core.facts import Facts, Filters, Range
from sightsong.core.tracks import TrackId

Mask = NDArray[np.bool_]

_OF_EACH_TRACK = (
    "vectors", "recordings", "artists", "durations", "tempos", "valences", "arousals", "explicit",
    "window_ends",
)  # fmt: skip
_EXPLICIT = 1
_UNKNOWN = -1
_NO_ARTIST = -1


class Columns:
    """All columns of one snapshot, read where they lie."""

    def __init__(self, folder: Path, *, dimension: int) -> None:
        """Open them.

        Raises:
            SnapshotRefused: one is missing, or they do not fit together.
        """
        # Plain arrays over the same bytes: the type that maps files makes each slice slower.
        opened = {
            name: np.asarray(layout.open_column(folder, name, dimension=dimension))
            for name in layout.COLUMNS
        }
        self.ids = opened["ids"]  # S36, (n,)
        self.vectors = opened["vectors"]  # float16, (n, d)
        self.windows = opened["windows"]  # float16, (w, d)
        self.starts = opened["starts"]  # float32, (w,)
        self._opened = opened
        self._check(folder.name)

    @property
    def size(self) -> int:
        """How many tracks there are."""
        return len(self.ids)

    def _check(self, version: str) -> None:
        pairs = [(self._opened[name], self.size) for name in _OF_EACH_TRACK]
        pairs += [
            (self.starts, len(self.windows)),
            (self.windows, _last(self._opened["window_ends"])),
            (self._opened["terms"], _last(self._opened["term_ends"])),
            (self._opened["term_rows"], _last(self._opened["term_row_ends"])),
            (self._opened["term_row_ends"], len(self._opened["term_ends"])),
        ]
        if any(len(column) != length for column, length in pairs):
            raise errors.SnapshotRefused(f"snapshot {version}: its columns do not fit together")

    def rows(self, track_ids: Collection[TrackId]) -> NDArray[np.int64]:
        """Find the rows of tracks, ascending; those that are not there are left out."""
        # numpy would cut a longer one, and find another track by what is left.
        said = [one.encode("utf-8", "replace") for one in track_ids]
        asked = np.array([one for one in said if len(one) <= layout.ID_BYTES], self.ids.dtype)
        places = np.searchsorted(self.ids, asked)
        inside = places < self.size
        places, asked = places[inside], asked[inside]
        return np.unique(places[self.ids[places] == asked]).astype(np.int64)

    def row(self, track_id: TrackId) -> int | None:
        """Find the row of a track; None where it is not there."""
        found = self.rows((track_id,))
        return int(found[0]) if len(found) else None

    def track_ids(self, rows: NDArray[np.int64]) -> list[TrackId]:
        """Read the ids of some rows."""
        return [TrackId(one.decode()) for one in self.ids[rows].tolist()]

    def window_rows(self, row: int) -> slice:
        """Say where the windows of a row lie."""
        ends = self._opened["window_ends"]
        return slice(int(ends[row - 1]) if row else 0, int(ends[row]))

    def by_artist(self, artist: str) -> NDArray[np.int32]:
        """Find the rows of an artist, by its term."""
        return self._rows_of_term(artist)

    def facts(self, rows: NDArray[np.int64]) -> list[Facts]:
        """Read what is known of some rows, but for their terms: rows are found by those."""
        # A column at a time: a value at a time would take longer than the search.
        names = ("artists", "recordings", "valences", "arousals", "durations", "tempos", "explicit")
        columns = [self._opened[name][rows].tolist() for name in names]
        return [self._facts(*row) for row in zip(*columns, strict=True)]

    def _facts(self, artist: int, recording: bytes, *numbers: float) -> Facts:
        valence, arousal, duration, tempo, explicit = numbers
        is_felt = not (math.isnan(valence) or math.isnan(arousal))
        return Facts(
            artist=None if artist == _NO_ARTIST else self._term(artist).decode(),
            recording_id=TrackId(recording.decode()) if recording else None,
            affect=Affect(valence=valence, arousal=arousal) if is_felt else None,
            duration_s=_known(duration),
            tempo_bpm=_known(tempo),
            explicit=None if explicit == _UNKNOWN else explicit == _EXPLICIT,
        )

    def mask(self, where: Filters) -> Mask | None:
        """Mark the rows that fit a filter, whatever ids and artists it leaves out; None: all."""
        parts = [self._of_group(group) for group in where.groups]
        for name, wanted in (("durations", where.duration_s), ("tempos", where.tempo_bpm)):
            if not wanted.is_open:
                parts.append(within(self._opened[name], wanted))
        if where.explicit is not None:
            parts.append((self._opened["explicit"] == _EXPLICIT) == where.explicit)
        return np.logical_and.reduce(parts) if parts else None

    def _of_group(self, group: Collection[str]) -> Mask:
        marked = np.zeros(self.size, dtype=np.bool_)
        for term in group:
            marked[self._rows_of_term(term)] = True
        return marked

    def _rows_of_term(self, term: str) -> NDArray[np.int32]:
        ends = self._opened["term_row_ends"]
        # What no text can hold is in no snapshot, and asking for it is no error.
        said = term.encode("utf-8", "surrogatepass")
        at = bisect.bisect_left(range(len(ends)), said, key=self._term)
        if at == len(ends) or self._term(at) != said:
            return np.empty(0, dtype=np.int32)
        rows: NDArray[np.int32] = self._opened["term_rows"][ends[at - 1] if at else 0 : ends[at]]
        return rows

    def _term(self, at: int) -> bytes:
        ends = self._opened["term_ends"]
        said: bytes = self._opened["terms"][ends[at - 1] if at else 0 : ends[at]].tobytes()
        return said


def within(values: NDArray[np.float32], wanted: Range) -> Mask:
    """Mark the values that lie in a range; both are compared as float32, as they are kept."""
    fits = ~np.isnan(values)
    with np.errstate(over="ignore"):  # a limit beyond float32 is as good as none
        if wanted.least is not None:
            fits &= values >= np.float32(wanted.least)
        if wanted.most is not None:
            fits &= values <= np.float32(wanted.most)
    return fits


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _last(ends: NDArray[np.int64]) -> int:
    return int(ends[-1]) if len(ends) else 0
