"""Choosing tracks for a photo."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightsong.core import matching
from sightsong.core.affect import Affect
from sightsong.core.embeddings import unit
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
        window_start_s=0.0,
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
