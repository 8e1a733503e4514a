"""Windows: end to end, each sample in one at most, silence left out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.media.windows import cut

RATE_HZ = 100
SIZE = 1000


def ramp(seconds: float) -> np.ndarray:
    """A sound in which each sample tells its place."""
    return np.linspace(0.1, 1, round(seconds * RATE_HZ), dtype=np.float32)


@pytest.mark.parametrize(
    ("seconds", "starts"),
    [
        (0.5, (0.0,)),
        (10, (0.0,)),
        (14.9, (0.0,)),
        (15, (0.0, 10.0)),
        (20, (0.0, 10.0)),
        (34, (0.0, 10.0, 20.0)),
        (36, (0.0, 10.0, 20.0, 30.0)),
    ],
)
def test_a_rest_of_half_a_window_becomes_one(seconds, starts):
    found, windows = cut(ramp(seconds), RATE_HZ)
    assert found == starts
    assert windows.shape == (len(starts), SIZE)


def test_whole_windows_hold_the_samples_as_they_are():
    sound = ramp(20)
    _, windows = cut(sound, RATE_HZ)
    assert windows.ravel().tolist() == sound.tolist()


def test_a_short_sound_is_repeated_until_it_fills_its_window():
    sound = ramp(4)
    _, windows = cut(sound, RATE_HZ)
    assert windows[0].tolist() == [*sound, *sound, *sound[:200]]


@given(st.integers(1, 5 * SIZE))
def test_no_sample_is_in_two_windows(length):
    sound = np.arange(1, length + 1, dtype=np.float32)
    _, windows = cut(sound, RATE_HZ)
    owners = [set(window.tolist()) for window in windows]
    assert sum(map(len, owners)) == len(set().union(*owners))


def test_near_silent_windows_are_dropped_and_the_others_keep_their_times():
    sound = ramp(30)
    sound[1000:2000] *= 1e-4
    starts, windows = cut(sound, RATE_HZ)
    assert starts == (0.0, 20.0)
    assert len(windows) == 2


def test_of_silence_nothing_is_left():
    starts, windows = cut(np.zeros(2500, dtype=np.float32), RATE_HZ)
    assert starts == ()
    assert windows.shape == (0, SIZE)


def test_of_no_samples_nothing_is_left():
    starts, windows = cut(np.zeros(0, dtype=np.float32), RATE_HZ)
    assert starts == ()
    assert windows.shape == (0, SIZE)
