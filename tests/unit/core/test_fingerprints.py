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


def test_the_silence_that_two_sounds_share_makes_them_no_more_alike():
    silence = np.zeros(100, dtype=np.uint32)
    one, other = (np.concatenate([words(20, seed), silence]) for seed in (1, 2))
    assert not fingerprints.are_alike(one, other)
    assert fingerprints.are_alike(one, one)


def test_rows_of_many_lengths_are_compared_each_with_its_own():
    ones = [words(count) for count in (30, 9, 60, 7)]
    others = [words(29), words(60), words(60, seed=2), words(7)]
    found = fingerprints.all_alike(fingerprints.stacked(ones), fingerprints.stacked(others))
    assert found.tolist() == [True, True, False, False]


@pytest.mark.parametrize("count", [8, 13, 40, 512])
def test_a_sketch_misses_nothing_that_another_encoding_changes(count):
    rng = np.random.default_rng(count)
    ones = [words(count, seed) for seed in range(50)]
    flips = rng.random((50, count, 32)) < 0.2
    noise = np.packbits(flips, axis=2).view(np.uint32)[:, :, 0]
    others = [np.roll(one ^ by, int(rng.integers(2))) for one, by in zip(ones, noise, strict=True)]
    found = fingerprints.maybe_alike(fingerprints.stacked(ones), fingerprints.stacked(others))
    assert found.diagonal().all()


def test_a_sketch_leaves_few_of_different_music():
    ones, others = ([words(300, seed + first) for seed in range(99)] for first in (0, 99))
    found = fingerprints.maybe_alike(fingerprints.stacked(ones), fingerprints.stacked(others))
    assert found.mean() < 0.001


@given(st.integers(0, 60), st.integers(0, 60))
def test_likeness_goes_both_ways(one, other):
    first, second = words(one), words(other, seed=2)
    assert fingerprints.distance(first, second) == fingerprints.distance(second, first)
