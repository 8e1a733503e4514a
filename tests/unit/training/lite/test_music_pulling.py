"""Ridge that pulls towards hand-set weights: what it keeps, what it learns, no peeking."""

import numpy as np
import pytest

from training.lite.music import pulling
from training.lite.music.pulling import Belief

BELIEF = Belief(weights=np.array([1.0, 0.5, 0.0]), freedom=np.array([1.0, 1.0, 1.0]))


def heard(pieces: int, *, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(pieces, 3))


def test_ratings_that_the_belief_explains_leave_it_as_it_is():
    descriptors = heard(40)
    line = pulling.fit(descriptors, 0.2 * descriptors @ BELIEF.weights + 0.1, BELIEF, pull=10)
    assert line.weights == pytest.approx(0.2 * BELIEF.weights)
    assert line.start == pytest.approx(0.1)


def test_a_weak_pull_follows_the_ratings_and_a_strong_one_the_belief():
    descriptors, truth = heard(200), np.array([0.3, -0.2, 0.4])
    ratings = descriptors @ truth
    weak, strong = (pulling.fit(descriptors, ratings, BELIEF, pull=p) for p in (1e-6, 1e9))
    assert weak.weights == pytest.approx(truth, abs=1e-4)
    along = strong.weights / BELIEF.weights[0]
    assert strong.weights == pytest.approx(along[0] * BELIEF.weights, abs=1e-6)


def test_a_weight_without_freedom_stays_in_proportion_to_the_belief():
    belief = Belief(weights=BELIEF.weights, freedom=np.array([1.0, 0.0, 1.0]))
    descriptors = heard(200)
    line = pulling.fit(descriptors, descriptors @ np.array([0.9, -5.0, 0.1]), belief, pull=1)
    centred = descriptors - descriptors.mean(axis=0)
    worth = pulling.scale(centred @ belief.weights, centred @ np.array([0.9, -5.0, 0.1]))
    assert line.weights[1] == pytest.approx(0.5 * worth)


def test_evidence_that_says_the_opposite_of_the_ratings_is_worth_nothing():
    evidence = np.array([-1.0, 0.0, 1.0])
    assert pulling.scale(evidence, -evidence) == 0
    assert pulling.scale(evidence, 3 * evidence) == 3
    assert pulling.scale(np.zeros(3), evidence) == 0


def test_what_only_a_series_has_in_common_does_not_help_to_read_it():
    """Each series has a sound and a rating of its own: whoever peeked would read them all."""
    random = np.random.default_rng(3)
    series = [f"s{n}" for n in range(12) for _ in range(8)]
    marks = np.repeat(random.normal(size=(12, 3)), 8, axis=0)
    ratings = np.repeat(random.normal(size=12), 8)
    belief = Belief(weights=np.zeros(3), freedom=np.ones(3))
    read = pulling.nested(marks + 0.01 * heard(96), ratings, belief, series)
    assert np.corrcoef(read, ratings)[0, 1] < 0.3


def test_what_holds_for_all_series_is_read_in_a_new_one():
    descriptors = heard(96, seed=5)
    noise = 0.3 * np.random.default_rng(6).normal(size=96)
    series = [f"s{n}" for n in range(12) for _ in range(8)]
    read = pulling.nested(descriptors, descriptors @ np.ones(3) + noise, BELIEF, series)
    assert np.corrcoef(read, descriptors @ np.ones(3))[0, 1] > 0.98


def test_the_pull_is_strong_where_ratings_are_noise_around_the_belief():
    descriptors, random = heard(60), np.random.default_rng(7)
    ratings = descriptors @ BELIEF.weights + 3 * random.normal(size=60)
    series = [f"s{n % 10}" for n in range(60)]
    chosen = pulling.choose_pull(descriptors, ratings, BELIEF, series)
    assert chosen >= 100
    clear = pulling.choose_pull(descriptors, descriptors @ np.array([1.0, -1, 1]), BELIEF, series)
    assert clear == pulling.PULLS[0]
