"""Windows: end to end, each sample in one at most, silence left out."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.media.windows import Window, Windows

RATE_HZ = 100
SIZE = 1000


def ramp(seconds: float) -> np.ndarray:
    """A sound in which each sample tells its place."""
    return np.linspace(0.1, 1, round(seconds * RATE_HZ), dtype=np.float32)


def cut(*blocks: np.ndarray) -> list[Window]:
    windows = Windows(RATE_HZ)
    found = [window for block in blocks for window in windows.feed(block)]
    return found + windows.finish()


def starts(windows: Sequence[Window]) -> list[float]:
    return [window.start_s for window in windows]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.5, [0]),
        (10, [0]),
        (14.9, [0]),
        (15, [0, 10]),
        (20, [0, 10]),
        (34, [0, 10, 20]),
        (36, [0, 10, 20, 30]),
    ],
)
def test_a_rest_of_half_a_window_becomes_one(seconds, expected):
    windows = cut(ramp(seconds))
    assert starts(windows) == expected
    assert {window.samples.shape for window in windows} == {(SIZE,)}


def test_whole_windows_hold_the_samples_as_they_are():
    sound = ramp(20)
    assert np.array_equal(np.concatenate([window.samples for window in cut(sound)]), sound)


def test_a_short_sound_is_repeated_until_it_fills_its_window():
    sound = ramp(4)
    [window] = cut(sound)
    assert window.samples.tolist() == [*sound, *sound, *sound[:200]]


@given(st.integers(1, 5 * SIZE))
def test_no_sample_is_in_two_windows(length):
    windows = cut(np.arange(1, length + 1, dtype=np.float32))
    owners = [set(window.samples.tolist()) for window in windows]
    assert sum(map(len, owners)) == len(set().union(*owners))


@given(st.integers(0, 4 * SIZE), st.lists(st.integers(0, 4 * SIZE)))
def test_the_windows_are_the_same_however_the_sound_comes(length, seams):
    sound = np.linspace(0.1, 1, length, dtype=np.float32)
    whole, pieces = cut(sound), cut(*np.split(sound, sorted(seams)))
    assert starts(pieces) == starts(whole)
    for piece, window in zip(pieces, whole, strict=True):
        assert np.array_equal(piece.samples, window.samples)


def test_near_silent_windows_are_dropped_and_the_others_keep_their_times():
    sound = ramp(30)
    sound[1000:2000] *= 1e-4
    assert starts(cut(sound)) == [0.0, 20.0]


def test_of_silence_nothing_is_left():
    assert cut(np.zeros(2500, dtype=np.float32)) == []


def test_of_no_samples_nothing_is_left():
    assert cut() == []
