"""Recordings: which tracks are one piece of music in several encodings.

Two tracks are, when they last equally long, sound alike, and have the same fingerprint. The first
two are cheap to compare, and leave few pairs for the third, which decides. Each recording is named
by one of its tracks; matches show it once.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from sightsong.core import ports
from sightsong.core.embeddings import Space
from sightsong.core.fingerprints import are_alike
from sightsong.core.tracks import SoundPrint, TrackId

#: Encoders pad: an MP3 may last some 50 ms longer than its master, with cut edges half a second.
_SECONDS_APART = 0.75
#: Cosine of whole tracks from which two may be one. The lite profile's lowest, measured on music
#: encoded anew in the lowest quality of Vorbis, was 0.946; see docs/ingest.md.
_ALIKE = 0.9

#: Tracks that are compared with their neighbours at once.
_BLOCK = 512
#: Pairs whose fingerprints are read at once.
_PAIRS = 256

Pair = tuple[TrackId, TrackId]


def regroup(tracks: ports.Tracks, space: Space, *, since: int) -> int:
    """Group the tracks that are newer than a revision with what they sound like.

    Args:
        tracks: the library.
        space: whose embeddings are compared.
        since: what is not newer was compared before.

    Returns:
        How many tracks were told another recording than before.
    """
    before: dict[TrackId, TrackId | None] = {}
    fresh: set[TrackId] = set()
    pairs: list[Pair] = []
    for block in _blocks(tracks.prints(space, since=since)):
        before |= {one.track_id: one.recording_id for one in block.prints}
        fresh |= {one.track_id for one, new in zip(block.prints, block.is_new, strict=True) if new}
        pairs += _alike(block)
    pairs = list(_verified(tracks, space, pairs))
    changed = _changes(before, fresh, pairs)
    if changed:
        tracks.group(changed)
    return len(changed)


@dataclass(kw_only=True)
class _Block:
    """Neighbours in the order of their duration; the first `carried` were in the block before."""

    prints: list[SoundPrint] = field(default_factory=list)
    is_new: list[bool] = field(default_factory=list)
    carried: int = 0

    def following(self) -> "_Block":
        """Begin the next block with those that what follows may still sound like."""
        shortest = self.prints[-1].duration_s - _SECONDS_APART
        first = next(i for i, one in enumerate(self.prints) if one.duration_s >= shortest)
        kept = self.prints[first:]
        return _Block(prints=kept, is_new=self.is_new[first:], carried=len(kept))


def _blocks(prints: Iterable[tuple[SoundPrint, bool]]) -> Iterator[_Block]:
    block = _Block()
    for one, is_new in prints:
        block.prints.append(one)
        block.is_new.append(is_new)
        if len(block.prints) - block.carried >= _BLOCK:
            yield block
            block = block.following()
    if len(block.prints) > block.carried:
        yield block


def _alike(block: _Block) -> list[Pair]:
    """The pairs of a block that may be one recording, with a later and a new one in each."""
    if not any(block.is_new):
        return []
    vectors = np.stack([one.vector for one in block.prints])
    lengths = np.array([one.duration_s for one in block.prints])
    is_new = np.array(block.is_new)
    cosines = vectors[block.carried :] @ vectors.T  # (later, all)
    near = np.abs(lengths[block.carried :, None] - lengths) <= _SECONDS_APART
    new = is_new[block.carried :, None] | is_new
    place = np.arange(len(lengths))
    earlier = place < place[block.carried :, None]
    found = np.argwhere((cosines >= _ALIKE) & near & new & earlier)
    ids = [one.track_id for one in block.prints]
    return [(ids[earlier], ids[block.carried + later]) for later, earlier in found]


def _verified(tracks: ports.Tracks, space: Space, pairs: Sequence[Pair]) -> Iterator[Pair]:
    """Those pairs whose fingerprints are alike."""
    for start in range(0, len(pairs), _PAIRS):
        some = pairs[start : start + _PAIRS]
        found = tracks.fingerprints({track for pair in some for track in pair}, space=space)
        for one, other in some:
            if one in found and other in found and are_alike(found[one], found[other]):
                yield one, other


def _changes(
    before: dict[TrackId, TrackId | None], fresh: set[TrackId], pairs: Sequence[Pair]
) -> dict[TrackId, TrackId | None]:
    """What to tell of whom: a group is named by its name of before, else by its smallest id."""
    groups = _Groups()
    for track, name in before.items():
        # What was heard anew may not be what it was; what was not stays in its group.
        if name is not None and track not in fresh:
            groups.join(track, name)
    for one, other in pairs:
        groups.join(one, other)
    named = {track: groups.name_of(track) for track in before}
    sizes = Counter(named.values())  # of what is left of each: others may have been removed
    told = {track: name if sizes[name] > 1 else None for track, name in named.items()}
    return {track: name for track, name in told.items() if name != before[track]}


class _Groups:
    """Disjoint groups; each is named by its smallest member."""

    def __init__(self) -> None:
        self._above: dict[TrackId, TrackId] = {}

    def join(self, one: TrackId, other: TrackId) -> None:
        first, last = sorted((self._top(one), self._top(other)))
        self._above[last] = first
        self._above.setdefault(first, first)

    def name_of(self, track: TrackId) -> TrackId | None:
        """The name of a track's group; None where it is alone."""
        return self._top(track) if track in self._above else None

    def _top(self, track: TrackId) -> TrackId:
        while (above := self._above.get(track, track)) != track:
            track = above
        return track
