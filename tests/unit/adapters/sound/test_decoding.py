"""Sound: whatever the format, there are mono blocks of what was recorded."""

import math
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sightsong.adapters.sound.decoding import open_sound
from sightsong.core import errors
from tests.unit.adapters.sound import making

#: Opus has 48 kHz only, WebM holds Opus.
FORTY_EIGHT = ("opus", "webm")
LOSSLESS = ("wav", "aiff", "flac", "oga", "alac", "tta", "wv", "caf", "au", "w64")


def heard(path: Path, *, max_s: float = 60, start_s: float = 0) -> tuple[np.ndarray, int]:
    with open_sound(path) as sound:
        blocks = list(sound.blocks(max_s=max_s, start_s=start_s))
        return np.concatenate(blocks), sound.rate_hz


@pytest.mark.parametrize("kind", sorted(making.KINDS))
def test_each_format_sounds_as_it_was_recorded(tmp_path, kind):
    path = making.write(tmp_path / "sound", making.tone(2, 48_000), 48_000, kind=kind)
    samples, rate_hz = heard(path)
    assert samples.dtype == np.float32
    assert rate_hz == 48_000
    assert len(samples) / rate_hz == pytest.approx(2, abs=0.05)
    assert np.abs(np.fft.rfft(samples[:rate_hz])).argmax() == 440
    assert np.sqrt((samples**2).mean()) == pytest.approx(0.5 / math.sqrt(2), rel=0.06)


@pytest.mark.parametrize("kind", LOSSLESS)
def test_what_is_stored_without_loss_is_heard_to_the_sample(tmp_path, kind):
    rows = making.noise(1.2, 44_100)
    samples, _ = heard(making.write(tmp_path / "sound", rows, 44_100, kind=kind))
    assert making.differ(samples, np.clip(rows[0], -1, 1)) <= 2**-15


@pytest.mark.parametrize("kind", ["mp3", "opus", "m4a"])
def test_the_delay_of_an_encoder_is_taken_off(tmp_path, kind):
    rows = making.noise(2, 48_000)
    samples, _ = heard(making.write(tmp_path / "sound", rows, 48_000, kind=kind))
    heard_as = np.correlate(samples[4_000:90_000], rows[0, 6_000:88_000], "valid").argmax()
    assert heard_as == 2_000


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "opus", "m4a", "aac", "aiff"])
@pytest.mark.parametrize(
    ("rate_hz", "channels"), [(8_000, 1), (16_000, 2), (44_100, 2), (48_000, 6), (96_000, 2)]
)
def test_two_tenths_of_a_second_are_enough_at_any_rate(tmp_path, kind, rate_hz, channels):
    if kind in {"mp3", "opus"} and (channels > 2 or rate_hz > 48_000):
        channels, rate_hz = 2, 48_000
    if kind in FORTY_EIGHT:
        rate_hz = 48_000
    rows = making.tone(0.2, rate_hz, hz=400, channels=channels)
    samples, heard_hz = heard(making.write(tmp_path / "sound", rows, rate_hz, kind=kind))
    assert heard_hz == rate_hz
    assert len(samples) / rate_hz == pytest.approx(0.2, abs=0.2)
    assert np.abs(samples).max() == pytest.approx(0.5, rel=0.25)


@pytest.mark.parametrize(("rate_hz", "channels"), [(4_000, 1), (192_000, 8), (768_000, 2)])
def test_the_slowest_the_fastest_and_the_widest_are_read(tmp_path, rate_hz, channels):
    rows = making.tone(0.2, rate_hz, channels=channels)
    path = making.write(tmp_path / "sound.wav", rows, rate_hz)
    samples, heard_hz = heard(path)
    assert (len(samples), heard_hz) == (rate_hz // 5, rate_hz)
    assert making.differ(samples, rows[0]) <= 2**-15


@pytest.mark.parametrize(("rate_hz", "channels"), [(3_999, 1), (900_000, 1), (8_000, 33)])
def test_odd_rates_and_channels_are_not_read(tmp_path, rate_hz, channels):
    path = tmp_path / "odd.wav"
    soundfile.write(path, np.full((800, channels), 0.1), rate_hz, "PCM_16")
    with pytest.raises(errors.UnsupportedAudio, match="odd number"):
        heard(path)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_channels_are_averaged_in_every_form_of_samples(tmp_path, subtype):
    left = making.tone(1, 8_000, hz=300)[0]
    right = making.tone(1, 8_000, hz=500)[0]
    path = tmp_path / "wide.wav"
    soundfile.write(path, np.stack([left, right], axis=1), 8_000, subtype)
    tolerance = 2**-7 if subtype == "PCM_U8" else 2**-15
    assert making.differ(heard(path)[0], (left + right) / 2) <= tolerance


@pytest.mark.parametrize("kind", ["m4a", "flac", "wav"])
def test_eight_channels_are_eight_and_not_more(tmp_path, kind):
    rows = making.tone(0.5, 48_000, channels=8)
    path = making.write(tmp_path / "wide", rows, 48_000, kind=kind)
    with open_sound(path) as sound:
        parts = np.concatenate(list(sound.parts(channels=8, max_s=60)), axis=1)
    assert parts.shape[0] == 8
    others = [0, 1, 2, 4, 5, 6, 7]  # than the fourth, which AAC gives the lowest tones only
    middle = parts[others, 5_000:-5_000]
    assert np.sqrt((middle**2).mean(axis=1)) == pytest.approx(0.5 / math.sqrt(2), rel=0.05)


def test_two_channels_can_be_kept_apart(tmp_path):
    rows = np.concatenate([making.tone(1, 8_000, hz=300), making.tone(1, 8_000, hz=500)])
    with open_sound(making.write(tmp_path / "wide.flac", rows, 8_000)) as sound:
        parts = list(sound.parts(channels=2, max_s=60))
    assert making.differ(np.concatenate(parts, axis=1), rows) <= 2**-15


def test_a_long_track_comes_in_blocks_of_bounded_length(tmp_path):
    path = making.write(tmp_path / "long.flac", making.tone(10, 44_100), 44_100)
    with open_sound(path) as sound:
        lengths = [len(block) for block in sound.blocks(max_s=60)]
    assert sum(lengths) == 441_000
    assert max(lengths) <= 65_536


def test_samples_beyond_full_scale_are_clipped(tmp_path):
    path = making.write(
        tmp_path / "hot", 6 * making.tone(1, 8_000), 8_000, kind=("wav", "pcm_f32le")
    )
    assert np.abs(heard(path)[0]).max() == 1


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "opus", "m4a", "alac", "wv", "tta", "mka"])
def test_reading_may_begin_at_any_place(tmp_path, kind):
    rows = making.noise(8, 48_000)
    path = making.write(tmp_path / "sound", rows, 48_000, kind=kind)
    whole, _ = heard(path)
    later, _ = heard(path, start_s=5.3)
    place = round(5.3 * 48_000)
    assert len(later) == pytest.approx(len(whole) - place, abs=2)
    middle = slice(20_000, 60_000)
    # AAC makes its noise up anew; a shift by one sample would leave a correlation of nothing.
    assert np.corrcoef(later[middle], whole[place:][middle])[0, 1] > 0.95


def test_behind_the_end_there_is_nothing(tmp_path):
    path = making.write(tmp_path / "short.wav", making.tone(1, 8_000), 8_000)
    with open_sound(path) as sound:
        assert list(sound.blocks(max_s=60, start_s=30)) == []


def test_reading_stops_beyond_the_longest_track(tmp_path):
    path = making.write(tmp_path / "long.wav", making.tone(5, 8_000), 8_000)
    with pytest.raises(errors.AudioTooLong, match="4 seconds"):
        heard(path, max_s=4)


def test_a_track_of_just_the_longest_length_is_taken(tmp_path):
    path = making.write(tmp_path / "long.wav", making.tone(4, 8_000), 8_000)
    assert len(heard(path, max_s=4)[0]) == 32_000


@pytest.mark.parametrize("claimed", [0xFFFF_FFF0, 0x7FFF_F000, 0])
def test_sound_of_open_end_is_read_to_its_end(tmp_path, claimed):
    path = making.write(tmp_path / "live.wav", making.tone(1, 8_000), 8_000)
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = content[4:8] = struct.pack("<I", claimed)
    path.write_bytes(content)
    assert len(heard(path)[0]) == 8_000


def test_silence_is_sound(tmp_path):
    path = making.write(tmp_path / "silent.flac", np.zeros((1, 8_000), np.float32), 8_000)
    assert not heard(path)[0].any()


@pytest.mark.parametrize("name", ["folder", "gone.wav", "pipe.wav", "nul\0.wav"])
def test_what_is_no_file_is_not_allowed(tmp_path, name):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(errors.PathNotAllowed):
        heard(tmp_path / name)


def test_music_is_heard_as_another_decoder_hears_it(shared):
    tracks = sorted((shared / "music").glob("librosa/*.ogg"))
    tracks += sorted((shared / "music").glob("clue-cards/*.mp3"))[:2]
    assert len(tracks) > 5
    for path in tracks:
        samples, rate_hz = heard(path, max_s=1200)
        other, other_hz = soundfile.read(path, dtype="float32", always_2d=True)
        mono = np.clip(other.mean(axis=1), -1, 1)
        assert rate_hz == other_hz
        assert abs(len(samples) - len(mono)) <= 1152  # one frame of MP3
        count = min(len(samples), len(mono))
        assert making.differ(samples[:count], mono[:count]) < 1e-3, path.name
