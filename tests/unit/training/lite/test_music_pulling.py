"""Ridge that pulls towards hand-set weights: what it keeps, what it learns, no peeking."""

import numpy as np
import pytest

from training.lite.music import pulling
from training.lite.music.pulling import Belief

BELIEF = Belief(weights=np.array([1.0, 0.5, 0.0]), freedom=np.array([1.0, 1.0, 1.0]))


def heard(pieces: int, *, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(pieces, 3))


def along(weights: np.ndarray) -> np.ndarray:
    """The direction of weights: how large they are follows the spread of the ratings."""
    return weights / np.linalg.norm(weights)


def test_ratings_that_the_belief_explains_leave_it_as_it_is():
    descriptors = heard(40)
    line = pulling.fit(descriptors, 0.2 * descriptors @ BELIEF.weights + 0.1, BELIEF, pull=10)
    assert line.weights == pytest.approx(0.2 * BELIEF.weights)


def test_a_weak_pull_follows_the_ratings_and_a_strong_one_the_belief():
    descriptors, truth = heard(200), np.array([0.3, -0.2, 0.4])
    ratings = descriptors @ truth
    weak, strong = (pulling.fit(descriptors, ratings, BELIEF, pull=p) for p in (1e-6, 1e9))
    assert weak.weights == pytest.approx(truth, abs=1e-4)
    assert along(strong.weights) == pytest.approx(along(BELIEF.weights), abs=1e-4)


def test_a_weight_without_freedom_stays_in_proportion_to_the_belief():
    belief = Belief(weights=np.array([1.0, 0.5, 0.25]), freedom=np.array([1.0, 0.0, 0.0]))
    descriptors = heard(200)
    line = pulling.fit(descriptors, descriptors @ np.array([0.9, -0.5, 0.1]), belief, pull=1)
    assert line.weights[1] / line.weights[2] == pytest.approx(2)
    assert line.weights[0] / line.weights[1] > 2.5


@pytest.mark.parametrize("noise", [0.0, 2.0])
def test_readings_spread_as_ratings_do_however_noisy_these_are(noise):
    descriptors = heard(300)
    ratings = descriptors @ BELIEF.weights + noise * np.random.default_rng(4).normal(size=300)
    line = pulling.fit(descriptors, 0.1 * ratings, BELIEF, pull=1)
    assert (descriptors @ line.weights).std() == pytest.approx((0.1 * ratings).std())


def test_pieces_that_all_sound_alike_teach_nothing():
    line = pulling.fit(np.ones((9, 3)), np.arange(9.0), BELIEF, pull=1)
    assert line.weights.tolist() == [0, 0, 0]


def test_evidence_that_says_the_opposite_of_the_ratings_is_worth_nothing():
    evidence = np.array([-1.0, 0.0, 1.0])
    assert pulling.scale(evidence, -evidence) == 0
    assert pulling.scale(evidence, 3 * evidence) == 3
    assert pulling.scale(np.zeros(3), evidence) == 0


def test_a_series_is_read_without_a_look_at_its_ratings():
    descriptors, series = heard(60), [f"s{n % 6}" for n in range(60)]
    ratings = descriptors @ BELIEF.weights + np.random.default_rng(3).normal(size=60)
    of_first = np.array([name == "s0" for name in series])
    other = np.where(of_first, -9 * ratings, ratings)
    read, read_other = (pulling.nested(descriptors, r, BELIEF, series) for r in (ratings, other))
    assert read_other[of_first].tolist() == read[of_first].tolist()
    assert read_other[~of_first].tolist() != read[~of_first].tolist()


def test_what_holds_for_all_series_is_read_in_a_new_one():
    descriptors = heard(96, seed=5)
    noise = 0.3 * np.random.default_rng(6).normal(size=96)
    series = [f"s{n}" for n in range(12) for _ in range(8)]
    truth = 0.1 * descriptors @ np.ones(3)
    read = pulling.nested(descriptors, truth + 0.1 * noise, BELIEF, series)
    assert np.corrcoef(read, truth)[0, 1] > 0.98


def test_the_pull_is_strong_where_ratings_are_noise_around_the_belief():
    descriptors, random = heard(60), np.random.default_rng(7)
    ratings = descriptors @ BELIEF.weights + 3 * random.normal(size=60)
    series = [f"s{n % 10}" for n in range(60)]
    chosen = pulling.choose_pull(descriptors, ratings, BELIEF, series)
    assert chosen >= 100
    clear = pulling.choose_pull(descriptors, descriptors @ np.array([1.0, -1, 1]), BELIEF, series)
    assert clear == pulling.PULLS[0]
