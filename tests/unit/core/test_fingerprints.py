"""Fingerprints: alike for one recording, unlike for two."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightsong.core import fingerprints


def words(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(2**32, size=count, dtype=np.uint32)


def test_a_recording_is_like_itself():
    assert fingerprints.distance(words(40), words(40)) == 0


@pytest.mark.parametrize("later", [-1, 1])
def test_a_start_that_is_a_word_later_does_not_matter(later):
    whole = words(60)
    one, other = (whole[1:], whole) if later > 0 else (whole, whole[1:])
    assert fingerprints.are_alike(one, other)


def test_two_recordings_differ_in_half_of_the_bits():
    assert fingerprints.distance(words(200), words(200, seed=2)) == pytest.approx(0.5, abs=0.02)
    assert not fingerprints.are_alike(words(200), words(200, seed=2))


@pytest.mark.parametrize("count", [0, 1, 7])
def test_what_is_too_short_is_like_nothing_not_even_itself(count):
    assert not fingerprints.are_alike(words(count), words(count))


@given(st.integers(0, 60), st.integers(0, 60))
def test_likeness_goes_both_ways(one, other):
    first, second = words(one), words(other, seed=2)
    assert fingerprints.distance(first, second) == fingerprints.distance(second, first)
