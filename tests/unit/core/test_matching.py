"""Ranking the tracks near a query."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightsong.core import matching
from sightsong.core.affect import Affect
from sightsong.core.embeddings import cosine, unit
from sightsong.core.tracks import TrackId

CALM = Affect(valence=0.4, arousal=-0.6)


def candidate(
    name: str,
    *,
    cosine: float = 0.5,
    affect: Affect | None = CALM,
    artist: str | None = None,
    axis: int = 0,
) -> matching.Candidate:
    vector = np.zeros(8)
    vector[axis] = 1.0
    return matching.Candidate(
        track_id=TrackId(name),
        artist=artist,
        cosine=cosine,
        affect=affect,
        vector=unit(vector),
    )


def names(matches: tuple[matching.Match, ...]) -> list[str]:
    return [match.candidate.track_id for match in matches]


def test_the_track_nearest_in_affect_wins_when_the_words_say_nothing():
    near = candidate("near", affect=CALM)
    far = candidate("far", affect=Affect(valence=-0.8, arousal=0.9))
    assert names(matching.rank(CALM, [far, near], k=2)) == ["near", "far"]


def test_the_track_nearest_to_the_query_wins_when_affect_says_nothing():
    low, high = candidate("low", cosine=0.1), candidate("high", cosine=0.6)
    assert names(matching.rank(CALM, [low, high], k=2)) == ["high", "low"]


def test_alpha_moves_the_weight_between_words_and_affect():
    fits_words = candidate("words", cosine=0.9, affect=Affect(valence=-1, arousal=1))
    fits_mood = candidate("mood", cosine=0.1, affect=CALM)
    pool = [fits_words, fits_mood]
    assert names(matching.rank(CALM, pool, k=1, alpha=1.0)) == ["words"]
    assert names(matching.rank(CALM, pool, k=1, alpha=0.0)) == ["mood"]


def test_ties_fall_by_track_id():
    pool = [candidate("b"), candidate("a"), candidate("c")]
    assert names(matching.rank(CALM, pool, k=3, diversity=0)) == ["a", "b", "c"]


def test_no_artist_takes_more_than_two_places_while_others_are_left():
    pool = [candidate(f"x{i}", artist="X", cosine=0.9 - i / 100) for i in range(4)]
    pool += [candidate(f"y{i}", artist="Y", cosine=0.1) for i in range(2)]
    chosen = matching.rank(CALM, pool, k=4)
    assert sorted(names(chosen)) == ["x0", "x1", "y0", "y1"]


def test_the_caller_says_how_many_places_an_artist_may_take():
    pool = [candidate(f"x{i}", artist="X", cosine=0.9) for i in range(4)]
    pool += [candidate(f"y{i}", artist="Y", cosine=0.1) for i in range(3)]
    one_each = matching.rank(CALM, pool, k=2, per_artist=1)
    assert sorted(names(one_each)) == ["x0", "y0"]
    assert names(matching.rank(CALM, pool, k=4, per_artist=4)) == ["x0", "x1", "x2", "x3"]


def test_tracks_that_name_no_artist_do_not_crowd_one_another_out():
    pool = [candidate(f"n{i}", cosine=0.9) for i in range(4)]
    pool += [candidate("y", artist="Y", cosine=0.1)]
    assert names(matching.rank(CALM, pool, k=4, per_artist=1)) == ["n0", "n1", "n2", "n3"]


def test_one_artist_may_fill_the_list_when_there_is_nobody_else():
    pool = [candidate(f"x{i}", artist="X") for i in range(5)]
    assert len(matching.rank(CALM, pool, k=5)) == 5


def test_variety_prefers_a_track_unlike_the_first_over_its_twin():
    first = candidate("first", cosine=0.90, axis=0)
    twin = candidate("twin", cosine=0.89, axis=0)
    other = candidate("other", cosine=0.80, axis=1)
    pool = [first, twin, other]
    assert names(matching.rank(CALM, pool, k=2, diversity=0.0)) == ["first", "twin"]
    assert names(matching.rank(CALM, pool, k=2, diversity=0.5)) == ["first", "other"]


def spread(count: int, *, artist: str | None = None) -> list[matching.Candidate]:
    """Candidates all alike, each a little farther from the query than the one before."""
    return [
        candidate(f"a{i:03d}", cosine=0.9 - i / 1000, artist=artist, axis=0) for i in range(count)
    ]


def test_variety_does_not_reach_far_below_the_best():
    unlike = candidate("unlike", cosine=-0.9, axis=1)
    near, far = [*spread(6), unlike], [*spread(60), unlike]
    assert "unlike" in names(matching.rank(CALM, near, k=3, diversity=1.0))
    chosen = names(matching.rank(CALM, far, k=3, diversity=1.0))
    assert max(chosen) < f"a{matching.VARIETY_FACTOR * 3:03d}"


def test_it_reaches_as_far_as_one_artist_takes_all_before():
    pool = [*spread(60, artist="Everywhere"), *(candidate(f"b{i}", cosine=-0.9) for i in range(9))]
    chosen = names(matching.rank(CALM, pool, k=4, per_artist=1))
    assert [name[0] for name in chosen] == ["a", "b", "b", "b"]


def test_a_track_of_unknown_affect_stands_between_near_and_far():
    near = candidate("near")
    unknown = candidate("unknown", affect=None)
    far = candidate("far", affect=Affect(valence=-1, arousal=1))
    assert names(matching.rank(CALM, [far, unknown, near], k=3)) == ["near", "unknown", "far"]


def test_an_empty_library_gives_an_empty_list():
    assert matching.rank(CALM, [], k=5) == ()


@given(
    cosines=st.lists(st.floats(-1, 1), min_size=1, max_size=12),
    k=st.integers(1, 15),
    seed=st.randoms(use_true_random=False),
)
def test_the_list_is_sorted_without_repeats_and_does_not_depend_on_the_order_of_candidates(
    cosines, k, seed
):
    pool = [candidate(f"t{i:02d}", cosine=c, axis=i % 8) for i, c in enumerate(cosines)]
    shuffled = pool.copy()
    seed.shuffle(shuffled)
    chosen = matching.rank(CALM, pool, k=k)
    assert names(chosen) == names(matching.rank(CALM, shuffled, k=k))
    assert len(set(names(chosen))) == min(k, len(pool))
    scores = [match.score for match in chosen]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_the_parts_tell_the_score():
    match = matching.rank(CALM, [candidate("a"), candidate("b", cosine=0.2)], k=1, alpha=0.3)[0]
    told = 0.3 * match.parts.semantic + 0.7 * match.parts.affect
    assert match.score == pytest.approx(told, abs=1e-6)


def test_without_a_target_only_the_query_counts():
    low = candidate("low", cosine=0.1, affect=CALM)
    high = candidate("high", cosine=0.6, affect=Affect(valence=-1, arousal=1))
    found = matching.rank(None, [low, high], k=2, alpha=0.0)
    assert names(found) == ["high", "low"]
    assert [match.score == round(match.parts.semantic, 6) for match in found] == [True, True]
    assert {match.parts.affect_distance for match in found} == {None}


def test_what_is_to_be_avoided_costs_the_tracks_near_it_a_part_of_their_score():
    sad = Affect(valence=-0.6, arousal=-0.5)
    pool = [
        candidate("there", affect=sad),
        candidate("beside", affect=Affect(valence=-0.3, arousal=-0.5)),
        candidate("afar", affect=Affect(valence=0.9, arousal=0.9)),
        candidate("unknown", affect=None),
    ]
    found = {m.candidate.track_id: m for m in matching.rank(None, pool, k=4, avoid=[sad])}
    kept = [found[name].parts.kept for name in ("there", "beside", "afar", "unknown")]
    assert kept[0] == pytest.approx(1 - matching.AVOID_SHARE)
    assert kept[0] < kept[1] < kept[2] == pytest.approx(1, abs=0.01)
    assert kept[3] == 1.0
    assert found["there"].score == pytest.approx(0.5 * kept[0], abs=1e-6)


@given(
    places=st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=1, max_size=9),
    avoided=st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), max_size=4),
)
def test_avoiding_more_never_raises_a_score(places, avoided):
    points = [Affect(valence=v, arousal=a) for v, a in avoided]
    pool = [
        candidate(f"t{i}", affect=Affect(valence=v, arousal=a)) for i, (v, a) in enumerate(places)
    ]
    before = {m.candidate.track_id: m.score for m in matching.rank(CALM, pool, k=9)}
    after = matching.rank(CALM, pool, k=9, avoid=points)
    assert all(0 <= m.score <= before[m.candidate.track_id] for m in after)


def plainly_varied(
    pool: list[matching.Candidate], *, k: int, diversity: float, per_artist: int
) -> list[str]:
    """The greedy choice, candidate by candidate: what the arrays of `rank` stand for."""
    left = list(matching.rank(CALM, pool, k=len(pool), diversity=0.0, per_artist=len(pool)))
    chosen: list[matching.Match] = []
    while left and len(chosen) < k:
        artists = [match.candidate.artist for match in chosen if match.candidate.artist]
        free = [m for m in left if artists.count(m.candidate.artist) < per_artist] or left

        def gain(match: matching.Match) -> float:
            likeness = [
                float(cosine(match.candidate.vector, other.candidate.vector[None])[0])
                for other in chosen
            ]
            return (1 - diversity) * match.score - diversity * max([0.0, *likeness])

        best = max(free, key=lambda match: (round(gain(match), 9), -left.index(match)))
        chosen.append(best)
        left.remove(best)
    return sorted(match.candidate.track_id for match in chosen)


@given(
    tracks=st.lists(
        st.tuples(st.integers(-9, 9), st.sampled_from([None, "X", "Y"]), st.integers(0, 3)),
        min_size=1,
        max_size=12,
    ),
    k=st.integers(1, 8),
    diversity=st.sampled_from([0.0, 0.15, 0.5, 1.0]),
    per_artist=st.integers(1, 3),
)
def test_the_choice_is_the_greedy_one(tracks, k, diversity, per_artist):
    pool = [
        candidate(f"t{i:02d}", cosine=tenths / 10, artist=artist, axis=axis)
        for i, (tenths, artist, axis) in enumerate(tracks)
    ]
    found = matching.rank(CALM, pool, k=k, diversity=diversity, per_artist=per_artist)
    plain = plainly_varied(pool, k=k, diversity=diversity, per_artist=per_artist)
    assert sorted(names(found)) == plain
