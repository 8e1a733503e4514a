"""The affect space: cosines are kernels of emotional and audible distance."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightsong.core.affect import Affect
from sightsong.core.affect_space import DIMENSION, SOUNDS, SoundPoint, embed

coordinates = st.floats(-1, 1, allow_subnormal=False)
affects = st.builds(Affect, valence=coordinates, arousal=coordinates)
points = st.builds(SoundPoint, affect=affects, **dict.fromkeys(SOUNDS, coordinates))
partly_known = st.builds(
    SoundPoint,
    affect=affects,
    **dict.fromkeys(SOUNDS, st.one_of(st.just(math.nan), coordinates)),
)


def cosine(one: SoundPoint, other: SoundPoint) -> float:
    first, second = embed([one, other]).astype(np.float64)
    return float(first @ second)


@given(st.lists(partly_known, min_size=1, max_size=5))
def test_every_vector_has_length_one(some):
    vectors = embed(some)
    assert vectors.shape == (len(some), DIMENSION)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-6)


@given(points, points)
def test_the_cosine_is_the_sum_of_gaussians_that_the_module_promises(one, other):
    apart = one.affect.distance(other.affect)
    feeling = 0.6 * math.exp(-(apart**2) / 2 / 0.8**2)
    gaps = [a - b for a, b in zip(one.sounds, other.sounds, strict=True)]
    sound = sum(0.4 / 6 * math.exp(-(gap**2) / 2 / 0.7**2) for gap in gaps)
    assert cosine(one, other) == pytest.approx(feeling + sound, abs=1e-6)


@given(points, points)
def test_likeness_is_mutual(one, other):
    assert cosine(one, other) == pytest.approx(cosine(other, one), abs=1e-7)


@given(affects, st.floats(0, 2 * math.pi), st.floats(0, 1.0), st.floats(0.05, 1.0))
def test_the_farther_two_feelings_are_the_less_alike_they_are(start, direction, near, step):
    def at(distance: float) -> SoundPoint:
        return SoundPoint(
            affect=Affect(
                valence=start.valence / 2 + distance / 4 * math.cos(direction),
                arousal=start.arousal / 2 + distance / 4 * math.sin(direction),
            )
        )

    assert cosine(at(0), at(near)) > cosine(at(0), at(near + step)) - 1e-7


def test_an_unknown_descriptor_leaves_the_choice_to_the_others():
    asks_for_slow = SoundPoint(affect=Affect(valence=0, arousal=0), tempo=-0.8)
    slow_and_bright, slow_and_dark, fast = embed(
        [
            SoundPoint(affect=Affect(valence=0, arousal=0), tempo=tempo, brightness=brightness)
            for tempo, brightness in ((-0.8, 0.8), (-0.8, -0.8), (0.8, 0.8))
        ]
    )
    query = embed([asks_for_slow])[0]
    assert query @ slow_and_bright == pytest.approx(query @ slow_and_dark, abs=1e-6)
    assert query @ slow_and_bright > query @ fast


def test_a_vector_is_the_same_alone_and_in_a_batch():
    some = [
        SoundPoint(affect=Affect(valence=v, arousal=-v / 2), tempo=v, mode=-v)
        for v in np.linspace(-1, 1, 9)
    ]
    alone = np.concatenate([embed([point]) for point in some])
    assert embed(some).tobytes() == alone.tobytes()


def test_the_space_does_not_move():
    """A canonical vector: if this fails, libraries embedded before no longer match."""
    vector = embed([SoundPoint(affect=Affect(valence=0.5, arousal=-0.25), tempo=0.5)])[0]
    assert vector[[0, 20, 40, 160, 180, 320, 340]] == pytest.approx(CANONICAL, abs=1e-6)


def test_a_point_of_which_nothing_is_known_is_zero():
    assert not embed([SoundPoint()]).any()


CANONICAL = [0.1246922, 0.1448914, 0.0917638, 0.0424460, 0.0396168, 0.2017969, 0.0434822]
