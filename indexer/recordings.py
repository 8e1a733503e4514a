"""Recordings: which tracks are one piece of music in several encodings.

Two tracks are, when they last equally long and have the same fingerprint. Tracks are read in the
order of their duration, a chunk at a time, and each chunk is compared with those before that may
last equally long: first by sketches, then, what these leave, by whole fingerprints. Only these
chunks are held: 2 kB a track. Each recording is named by one of its tracks; matches show it once.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsong.core import fingerprints, ports
from sightsong.core.embeddings import Space
from sightsong.core.tracks import SoundPrint, TrackId

#: Encoders pad: an MP3 may last some 50 ms longer than its master, with cut edges half a second.
_SECONDS_APART = 0.75

#: Tracks that are compared with as many others at once: what is in work stays in the cache.
CHUNK = 256
#: Longest over shortest track of a chunk: sketches are of what all of it have.
_SPREAD = 2.0
#: Pairs whose whole fingerprints are compared at once: a quarter of a MB each way.
_PAIRS = 128
#: Encodings of one recording that what follows is compared with. Without a bound, thousands of
#: copies would be compared with each other, to learn nothing more.
_STANDING = 8
#: Tracks that are told their recording in one transaction.
_TOLD = 2048

Pairs = NDArray[np.intp]
"""Places in a later and in an earlier chunk, intp, (n, 2)."""


def _always() -> bool:
    return True


def regroup(
    tracks: ports.Tracks, space: Space, *, since: int, go_on: Callable[[], bool] = _always
) -> int:
    """Group the tracks that are newer than a revision with what they sound like.

    Safe to repeat, and to stop: nothing is told before all is compared, and what was told then is
    found again.

    Args:
        tracks: the library.
        space: whose embeddings are compared.
        since: what is not newer was compared before.
        go_on: asked at every chunk, within seconds; to stop, it says no.

    Returns:
        How many tracks were told another recording than before.
    """
    groups = _Groups()
    window: deque[_Chunk] = deque()
    for chunk in _chunks(_noted(tracks.prints(space, since=since), groups)):
        if not go_on():
            return 0
        _take_in(chunk, window, groups)
    told = 0
    for part in _parts(groups.changes()):
        if not go_on():
            break
        tracks.group(part)
        told += len(part)
    return told


@dataclass(frozen=True, kw_only=True)
class _Chunk:
    """Neighbours in the order of their duration."""

    ids: tuple[TrackId, ...]
    lengths_s: NDArray[np.float64]  #: (n,), rising.
    is_new: NDArray[np.bool_]  #: (n,)
    prints: fingerprints.Stack

    def rows(self, which: Any) -> "_Chunk":  # noqa: ANN401 - whatever picks rows of an array
        return _Chunk(
            ids=tuple(self.ids[place] for place in np.arange(len(self.ids))[which]),
            lengths_s=self.lengths_s[which],
            is_new=self.is_new[which],
            prints=self.prints.rows(which),
        )


def _noted(
    prints: Iterable[tuple[SoundPrint, bool]], groups: "_Groups"
) -> Iterator[tuple[SoundPrint, bool]]:
    """Pass on what can be compared, and note of everything how it is grouped."""
    for one, is_new in prints:
        groups.note(one, is_new=is_new)
        if fingerprints.tells(one.fingerprint):
            yield one, is_new


def _chunks(prints: Iterable[tuple[SoundPrint, bool]]) -> Iterator[_Chunk]:
    some: list[tuple[SoundPrint, bool]] = []
    for one in prints:
        if some and (len(some) >= CHUNK or one[0].duration_s > _SPREAD * some[0][0].duration_s):
            yield _chunk(some)
            some = []
        some.append(one)
    if some:
        yield _chunk(some)


def _chunk(prints: list[tuple[SoundPrint, bool]]) -> _Chunk:
    return _Chunk(
        ids=tuple(one.track_id for one, _ in prints),
        lengths_s=np.array([one.duration_s for one, _ in prints]),
        is_new=np.array([is_new for _, is_new in prints]),
        prints=fingerprints.stacked([one.fingerprint for one, _ in prints]),
    )


def _take_in(chunk: _Chunk, window: "deque[_Chunk]", groups: "_Groups") -> None:
    """Compare a chunk with itself and those before, and let what follows be compared with it."""
    while window and window[0].lengths_s[-1] < chunk.lengths_s[0] - _SECONDS_APART:
        window.popleft()
    twins = np.zeros(len(chunk.ids), dtype=np.intp)
    for earlier in (*window, chunk):
        for later, found in _verified(chunk, earlier):
            groups.join(chunk.ids[later], earlier.ids[found])
            twins[max(later, found) if earlier is chunk else later] += 1
    if (stands := twins < _STANDING).any():
        window.append(chunk.rows(stands))


def _verified(later: _Chunk, earlier: _Chunk) -> Iterator[tuple[int, int]]:
    """The pairs of two chunks, or of one with itself, that are one recording."""
    for pairs in _candidates(later, earlier):
        for start in range(0, len(pairs), _PAIRS):
            ones, others = pairs[start : start + _PAIRS].T
            is_one = fingerprints.all_alike(later.prints.rows(ones), earlier.prints.rows(others))
            yield from zip(ones[is_one].tolist(), others[is_one].tolist(), strict=True)


def _candidates(later: _Chunk, earlier: _Chunk) -> Iterator[Pairs]:
    """The pairs that may be one recording, with something new in each."""
    # Only the end of the one and the beginning of the other may last equally long.
    first = np.searchsorted(earlier.lengths_s, later.lengths_s[0] - _SECONDS_APART)
    last = np.searchsorted(later.lengths_s, earlier.lengths_s[-1] + _SECONDS_APART, side="right")
    mine, theirs = np.arange(last), np.arange(first, len(earlier.ids))
    new = later.is_new[mine]
    if later is earlier:
        pairs = _near(later, earlier, mine[new], theirs)
        ones, others = pairs.T  # each pair of two new ones is found twice
        yield pairs[(others < ones) | ((others > ones) & ~later.is_new[others])]
    else:
        yield _near(later, earlier, mine[new], theirs)
        yield _near(later, earlier, mine[~new], theirs[earlier.is_new[theirs]])


def _near(later: _Chunk, earlier: _Chunk, mine: Pairs, theirs: Pairs) -> Pairs:
    """The pairs among some of two chunks that last equally long and may sound alike."""
    if not (len(mine) and len(theirs)):
        return np.zeros((0, 2), dtype=np.intp)
    apart_s = np.abs(later.lengths_s[mine, None] - earlier.lengths_s[theirs])
    alike = fingerprints.maybe_alike(later.prints.rows(mine), earlier.prints.rows(theirs))
    ones, others = np.nonzero(alike & (apart_s <= _SECONDS_APART))
    return np.stack([mine[ones], theirs[others]], axis=1)


class _Groups:
    """Which tracks are one recording: as it was told before, and as it is found now."""

    def __init__(self) -> None:
        self._told: dict[TrackId, TrackId] = {}
        self._first_of: dict[TrackId, TrackId] = {}  # a track of each name
        self._above: dict[TrackId, TrackId] = {}

    def note(self, one: SoundPrint, *, is_new: bool) -> None:
        """Note the recording that a track was told before."""
        if one.recording_id is None:
            return
        self._told[one.track_id] = one.recording_id
        self._above.setdefault(one.track_id, one.track_id)
        if not is_new:  # what was heard anew may not be what it was
            self.join(one.track_id, self._first_of.setdefault(one.recording_id, one.track_id))

    def join(self, one: TrackId, other: TrackId) -> None:
        """Note that two tracks are one recording."""
        first, last = sorted((self._top(one), self._top(other)))
        self._above[last] = first
        self._above[first] = first

    def changes(self) -> dict[TrackId, TrackId | None]:
        """What to tell of whom."""
        groups: defaultdict[TrackId, list[TrackId]] = defaultdict(list)
        for track in self._above:
            groups[self._top(track)].append(track)
        changed: dict[TrackId, TrackId | None] = {}
        for group in groups.values():
            name = self._name(group)
            changed |= {track: name for track in group if self._told.get(track) != name}
        return changed

    def _name(self, group: list[TrackId]) -> TrackId | None:
        """A group is named by the one that stood for it before, else by its smallest id."""
        if len(group) == 1:  # the others may have been removed
            return None
        stood = [track for track in group if self._told.get(track) == track]
        return min(stood or group)

    def _top(self, track: TrackId) -> TrackId:
        while (above := self._above.get(track, track)) != track:
            self._above[track] = above = self._above.get(above, above)
            track = above
        return track


def _parts(changes: dict[TrackId, TrackId | None]) -> Iterator[dict[TrackId, TrackId | None]]:
    whole = list(changes.items())
    for start in range(0, len(whole), _TOLD):
        yield dict(whole[start : start + _TOLD])
