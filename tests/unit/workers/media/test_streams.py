"""Streams of sound: framed, resampled and gathered, whatever the blocks that come."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.media.framing import Framing
from workers.media.gathering import Rows
from workers.media.resampling import Resampling


@given(
    st.integers(0, 400),
    st.lists(st.integers(0, 400)),
    st.sampled_from([(8, 8, 1), (8, 3, 1), (16, 4, 5)]),
)
def test_the_frames_are_those_of_the_whole_however_it_comes(length, seams, shape):
    size, hop, at_once = shape
    sound = np.arange(length, dtype=np.float32)
    framing = Framing(size, hop=hop, at_once=at_once)
    given_ = [part for block in np.split(sound, sorted(seams)) for part in framing.feed(block)]
    last, rest = framing.finish()
    frames = np.concatenate([*given_, last])
    assert {len(part) for part in given_} <= {at_once}
    assert len(last) < at_once
    starts = range(0, max(0, length - size + 1), hop)
    assert frames.tolist() == [sound[start : start + size].tolist() for start in starts]
    assert rest.tolist() == sound[len(frames) * hop :].tolist()


def test_a_tone_stays_the_tone_that_it_is_at_another_rate():
    def tone(rate_hz: int) -> np.ndarray:
        return (0.5 * np.sin(2 * np.pi * 440 * np.arange(rate_hz) / rate_hz)).astype(np.float32)

    stream = Resampling(44_100, 48_000)
    blocks = [stream.feed(block) for block in np.split(tone(44_100), [1000, 1001, 30_000])]
    heard = np.concatenate([*blocks, stream.finish()])
    assert heard.shape == (48_000,)
    assert heard[500:-500] == pytest.approx(tone(48_000)[500:-500], abs=1e-3)


def test_what_overshoots_full_scale_is_clipped():
    square = np.sign(np.sin(np.arange(20_000) / 20 + 0.1)).astype(np.float32)
    stream = Resampling(44_100, 48_000)
    assert np.abs(np.concatenate([stream.feed(square), stream.finish()])).max() == 1


def test_sound_that_has_the_rate_passes_as_it_is():
    sound = np.linspace(-1, 1, 100, dtype=np.float32)
    stream = Resampling(8000, 8000)
    assert stream.feed(sound) is sound
    assert len(stream.finish()) == 0


def test_rows_come_back_as_they_were_added():
    rows = Rows(2, 3)
    parts = [np.arange(6 * n, dtype=np.float64).reshape(n, 2, 3) for n in (2, 0, 1)]
    for part in parts:
        rows.add(part)
    assert np.array_equal(rows.array(), np.concatenate(parts))
    assert rows.array().dtype == np.float32
    assert Rows(4).array().shape == (0, 4)
