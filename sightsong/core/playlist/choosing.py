"""Which of the tracks that fit the photos are played, and for which photo."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Optional

from sightsong.core.playlist.parts import Entry, Offer, Stop

#: What a unit of leap costs, in scores: the plane is 2 wide, a clear change of mood 0.5.
LEAP_WEIGHT = 0.25
#: Beginnings of playlists that are followed at once.
BEAM = 24
#: Offers of one stop that are looked at, for each place that it has.
_OFFERS = 8
#: What a third track in a row by one artist costs: more than fit and leap of one place can.
_RUN = 2.0
#: What a place without a track costs: more than a run.
_EMPTY = 4.0
#: Tracks in a row by one artist that are fine.
_MOST_IN_A_ROW = 2


@dataclass(frozen=True, kw_only=True)
class _Way:
    """A beginning of a playlist."""

    value: float = 0.0
    taken: int = 0  #: A bit for each recording.
    entry: tuple[int, int] | None = None  #: Its last place: stop, and which of its offers.
    before: Optional["_Way"] = None

    def tracks(self) -> Iterator[tuple[int, int]]:
        """Its places that have a track, the last first."""
        way: _Way | None = self
        while way is not None:
            if way.entry is not None:
                yield way.entry
            way = way.before


def choose(stops: Sequence[Stop], *, count: int | None = None) -> list[Entry]:
    """Choose tracks along the stops.

    Args:
        stops: in the order in which they are gone through.
        count: how many tracks; None: one for each stop. Where the offers do not suffice, fewer.

    Returns:
        The tracks in order. None comes twice.
    """
    places = _places(len(stops), len(stops) if count is None else count)
    bits = _bits(stops)
    room = max((places.count(stop) for stop in set(places)), default=0)
    ways = [_Way()]
    for stop in places:
        longer = [one for way in ways for one in _longer(way, stop, stops, bits, room)]
        ways = _best(longer)
    return _entries(ways[0], stops)


def _places(stops: int, count: int) -> list[int]:
    """The stop that each place is for; spread evenly."""
    return [(2 * i + 1) * stops // (2 * count) for i in range(count)] if stops else []


def _bits(stops: Sequence[Stop]) -> Mapping[str, int]:
    recordings = dict.fromkeys(offer.recording for stop in stops for offer in stop.offers)
    return {recording: 1 << i for i, recording in enumerate(recordings)}


def _longer(
    way: _Way, stop: int, stops: Sequence[Stop], bits: Mapping[str, int], room: int
) -> Iterator[_Way]:
    """Go on to a place for a stop: with each offer that is left, or without any."""
    past = _past(way)
    looked_at = 0
    for i, offer in enumerate(stops[stop].offers):
        bit = bits[offer.recording]
        if way.taken & bit:
            continue
        gain = _gain(offer, stop, past, stops)
        yield _Way(value=way.value + gain, taken=way.taken | bit, entry=(stop, i), before=way)
        looked_at += 1
        if looked_at >= _OFFERS * room:
            return
    yield _Way(value=way.value - _EMPTY, taken=way.taken, before=way)


def _past(way: _Way) -> list[tuple[int, int]]:
    """The last tracks of a way, the latest first."""
    found = []
    for entry in way.tracks():
        found.append(entry)
        if len(found) == _MOST_IN_A_ROW:
            break
    return found


def _gain(offer: Offer, stop: int, past: Sequence[tuple[int, int]], stops: Sequence[Stop]) -> float:
    gain = offer.score
    if past:
        last_stop, last = past[0]
        step = _step(stops[last_stop].offers[last], offer)
        photos = _distance(stops[last_stop], stops[stop])
        gain -= LEAP_WEIGHT * max(0.0, (step or 0.0) - (photos or 0.0))
    in_a_row = [stops[one].offers[i].artist for one, i in past]
    if len(past) == _MOST_IN_A_ROW and offer.artist is not None:
        gain -= _RUN * all(artist == offer.artist for artist in in_a_row)
    return gain


def _best(ways: Sequence[_Way]) -> list[_Way]:
    """The best beginnings; of those that differ only in their order, the best one."""
    kept: dict[tuple[int, tuple[int, int] | None], _Way] = {}
    for way in sorted(ways, key=lambda one: -one.value):
        kept.setdefault((way.taken, way.entry), way)
        if len(kept) == BEAM:
            break
    return list(kept.values())


def _entries(way: _Way, stops: Sequence[Stop]) -> list[Entry]:
    chosen = [*way.tracks()][::-1]
    played = {stops[stop].offers[i].recording for stop, i in chosen}
    entries: list[Entry] = []
    for stop, i in chosen:
        offer = stops[stop].offers[i]
        step = _step(entries[-1].offer, offer) if entries else None
        why = _why(stops[stop], i, played)
        entries.append(Entry(stop=stop, place=i, offer=offer, step=step, why=why))
    return entries


def _why(stop: Stop, chosen: int, played: set[str]) -> str:
    """Say why it is this offer."""
    rank = stop.offers[chosen].rank
    if chosen == 0 and rank == 1:
        return f"The best match for {stop.name}."
    told = f"Match {rank} for {stop.name}"
    if chosen == 0:
        return f"{told}; the better ones are not in the library any more."
    if all(offer.recording in played for offer in stop.offers[:chosen]):
        return f"{told}; the better ones play elsewhere."
    return f"{told}; it goes better with the tracks around it."


def _step(one: Offer, other: Offer) -> float | None:
    if one.affect is None or other.affect is None:
        return None
    return one.affect.distance(other.affect)


def _distance(one: Stop, other: Stop) -> float | None:
    if one.affect is None or other.affect is None:
        return None
    return one.affect.distance(other.affect)
