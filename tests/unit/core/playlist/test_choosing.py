"""Which tracks are played along an album."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightsong.core.affect import Affect
from sightsong.core.playlist import LEAP_WEIGHT, Entry, Offer, Stop, choose

_SHARES = st.floats(-1, 1, allow_nan=False)
_POINTS = st.none() | st.builds(lambda v, a: Affect(valence=v, arousal=a), _SHARES, _SHARES)


def offer(track: str, score: float = 0.5, **fields: object) -> Offer:
    return Offer(**{"track_id": track, "recording": track, "artist": None, "score": score} | fields)


def stop(*offers: Offer, name: str = "a.jpg", affect: Affect | None = None) -> Stop:
    ranked = [replace(one, rank=rank) for rank, one in enumerate(offers, start=1)]
    return Stop(name=name, affect=affect, offers=ranked)


def at(valence: float) -> Affect:
    return Affect(valence=valence, arousal=0.0)


def tracks(entries: list[Entry]) -> list[str]:
    return [one.offer.track_id for one in entries]


@st.composite
def albums(draw) -> list[Stop]:
    offers = st.builds(
        lambda track, score, affect: offer(
            f"t{track}", score, artist=f"a{track % 3}", affect=affect
        ),
        st.integers(0, 15),
        st.floats(0, 1),
        _POINTS,
    )
    per_stop = st.lists(offers, max_size=6, unique_by=lambda one: one.track_id)
    stops = draw(st.lists(st.tuples(_POINTS, per_stop), max_size=8))
    return [stop(*found, name=f"{i}.jpg", affect=affect) for i, (affect, found) in enumerate(stops)]


@settings(deadline=None)
@given(albums(), st.none() | st.integers(1, 20))
def test_no_track_comes_twice_and_no_more_than_are_wanted(album, count):
    entries = choose(album, count=count)

    assert len(set(tracks(entries))) == len(entries)
    assert len(entries) <= (len(album) if count is None else count)


@settings(deadline=None)
@given(albums(), st.none() | st.integers(1, 20))
def test_entries_follow_the_stops_and_are_of_their_offers(album, count):
    entries = choose(album, count=count)

    assert [one.stop for one in entries] == sorted(one.stop for one in entries)
    assert all(album[one.stop].offers[one.place] is one.offer for one in entries)
    assert all(one.why for one in entries)


@settings(deadline=None)
@given(albums())
def test_a_stop_without_a_track_has_none_that_is_left(album):
    entries = choose(album)

    empty = set(range(len(album))) - {one.stop for one in entries}
    left = {o.recording for i in empty for o in album[i].offers} - set(tracks(entries))
    assert not left


def test_each_photo_gets_its_best_match_where_nothing_speaks_against_it():
    album = [stop(offer("a", 0.9), offer("b", 0.2)), stop(offer("c", 0.8), offer("a", 0.7))]

    entries = choose(album)

    assert tracks(entries) == ["a", "c"]
    assert [one.why for one in entries] == ["The best match for a.jpg."] * 2


def test_a_track_that_two_photos_want_goes_where_the_sum_is_largest():
    album = [
        stop(offer("wanted", 0.9), offer("other", 0.8)),
        stop(offer("wanted", 0.9), offer("poor", 0.1), name="b.jpg"),
    ]

    entries = choose(album)

    assert tracks(entries) == ["other", "wanted"]
    assert entries[0].why == "Match 2 for a.jpg; the better ones play elsewhere."


def test_two_encodings_of_one_recording_are_not_both_played():
    album = [
        stop(offer("mp3", 0.9, recording="song")),
        stop(offer("flac", 0.9, recording="song"), offer("b", 0.1)),
    ]

    assert tracks(choose(album)) == ["mp3", "b"]


def test_a_third_track_in_a_row_by_one_artist_gives_way():
    solo = {"artist": "solo"}
    album = [
        stop(offer(f"s{i}", 0.9, **solo), offer(f"o{i}", 0.3, artist=f"o{i}")) for i in range(6)
    ]

    played = [one.offer.artist for one in choose(album)]

    runs = [len(list(found)) for artist, found in itertools.groupby(played) if artist == "solo"]
    assert max(runs) == 2
    assert played.count("solo") == 4


def test_a_third_one_is_better_than_none():
    album = [stop(offer(f"s{i}", 0.9, artist="solo")) for i in range(4)]

    assert len(choose(album)) == 4


def test_for_several_tracks_of_one_photo_more_of_its_matches_are_looked_at():
    solo = [offer(f"s{i}", 0.9, artist="solo") for i in range(10)]
    others = [offer(f"o{i}", 0.5, artist=f"o{i}") for i in range(10)]

    played = [one.offer.artist for one in choose([stop(*solo, *others)], count=5)]

    assert played.count("solo") == 4
    assert played[2] != "solo"


def test_a_track_goes_to_the_photo_that_it_fits_best_and_the_other_has_none():
    entries = choose([stop(offer("x", 0.1)), stop(offer("x", 0.9))])

    assert [(one.stop, one.offer.track_id) for one in entries] == [(1, "x")]


def test_of_two_ways_with_the_same_tracks_the_one_that_ends_better_is_kept_too():
    a, b, c = (offer(name, affect=at(v)) for name, v in (("a", -1.0), ("b", 1.0), ("c", -1.0)))
    album = [
        stop(replace(a, score=0.9), replace(b, score=0.8)),
        stop(replace(a, score=0.8), replace(b, score=0.8)),
        stop(c),
    ]

    assert tracks(choose(album)) == ["b", "a", "c"]


def test_tracks_without_an_artist_are_not_by_one_artist():
    album = [stop(offer(f"s{i}", 0.9), offer(f"o{i}", 0.8, artist="o")) for i in range(4)]

    assert tracks(choose(album)) == ["s0", "s1", "s2", "s3"]


def test_a_leap_that_the_photos_do_not_make_gives_way_to_a_slightly_worse_match():
    far, near = offer("far", 0.75, affect=at(1.0)), offer("near", 0.7, affect=at(-0.9))
    album = [
        stop(offer("first", affect=at(-1.0)), affect=at(-1.0)),
        stop(far, near, affect=at(-0.9), name="b.jpg"),
    ]

    entries = choose(album)

    assert tracks(entries) == ["first", "near"]
    assert entries[1].step == pytest.approx(0.1)
    assert entries[1].why == "Match 2 for b.jpg; it goes better with the tracks around it."


def test_a_leap_that_the_photos_make_costs_nothing():
    far, near = offer("far", 0.75, affect=at(1.0)), offer("near", 0.7, affect=at(-0.9))
    album = [
        stop(offer("first", affect=at(-1.0)), affect=at(-1.0)),
        stop(far, near, affect=at(1.0)),
    ]

    assert tracks(choose(album)) == ["first", "far"]


def test_fewer_tracks_than_photos_are_spread_evenly():
    album = [stop(offer(f"t{i}"), name=f"{i}") for i in range(9)]

    assert [one.stop for one in choose(album, count=3)] == [1, 4, 7]


def test_more_tracks_than_photos_are_spread_evenly():
    album = [stop(*(offer(f"{i}{j}") for j in range(4))) for i in range(3)]

    assert [one.stop for one in choose(album, count=6)] == [0, 0, 1, 1, 2, 2]
    assert len(choose(album, count=50)) == 12


def test_an_empty_album_has_no_tracks():
    assert choose([]) == []
    assert choose([], count=5) == []


def value(entries: list[Entry], album: list[Stop]) -> float:
    """The documented sum of a playlist without runs and empty places."""
    leaps = 0.0
    for one, other in itertools.pairwise(entries):
        photos = album[one.stop].affect.distance(album[other.stop].affect)
        leaps += max(0.0, one.offer.affect.distance(other.offer.affect) - photos)
    return sum(one.offer.score for one in entries) - LEAP_WEIGHT * leaps


def test_small_albums_get_the_best_playlist_that_there_is():
    chance = np.random.default_rng(7)
    album = [
        stop(
            *(
                offer(
                    f"{i}-{j}", chance.random(), artist=f"{i}-{j}", affect=at(chance.uniform(-1, 1))
                )
                for j in range(4)
            ),
            affect=at(chance.uniform(-1, 1)),
        )
        for i in range(5)
    ]

    found = value(choose(album), album)

    ways = itertools.product(*(range(4) for _ in album))
    best = max(
        value(
            [
                Entry(stop=i, place=j, offer=album[i].offers[j], step=None, why="")
                for i, j in enumerate(way)
            ],
            album,
        )
        for way in ways
    )
    assert found == pytest.approx(best)
