"""Tracks: whatever the bytes are, there is a mono waveform or one of our errors."""

import csv
import os
import struct
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sightsong.core import errors
from workers.media.audio import decode_track

CORPUS = Path(__file__).parents[5] / "shared" / "data" / "hostile" / "audio"
RATE_HZ = 22_050


def sine(frequency_hz: float, seconds: float, rate_hz: int) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * frequency_hz * np.arange(int(seconds * rate_hz)) / rate_hz)


def decoded(path: Path, *, max_s: float = 60) -> np.ndarray:
    return decode_track(path, sample_rate_hz=RATE_HZ, max_s=max_s)


@pytest.mark.parametrize(
    ("ending", "subtype"),
    [
        ("wav", "PCM_16"),
        ("wav", "FLOAT"),
        ("flac", "PCM_24"),
        ("ogg", "VORBIS"),
        ("ogg", "OPUS"),
        ("mp3", "MPEG_LAYER_III"),
        ("aiff", "PCM_16"),
    ],
)
def test_each_format_is_decoded_at_the_wanted_rate(tmp_path, ending, subtype):
    path = tmp_path / f"tone.{ending}"
    soundfile.write(path, sine(440, 2, 48_000), 48_000, subtype=subtype)
    waveform = decoded(path)
    assert waveform.dtype == np.float32
    assert len(waveform) / RATE_HZ == pytest.approx(2, abs=0.06)
    loudest = np.abs(np.fft.rfft(waveform[:RATE_HZ])).argmax()
    assert loudest == 440
    assert np.sqrt((waveform**2).mean()) == pytest.approx(0.5 / np.sqrt(2), abs=0.02)


def test_channels_are_averaged(tmp_path):
    left, right = sine(300, 1, RATE_HZ), sine(500, 1, RATE_HZ)
    soundfile.write(tmp_path / "wide.wav", np.stack([left, right], axis=1), RATE_HZ, "FLOAT")
    assert decoded(tmp_path / "wide.wav") == pytest.approx((left + right) / 2, abs=1e-6)


def test_a_long_track_is_read_in_blocks_without_seams(tmp_path):
    tone = sine(220, 8, 44_100)
    soundfile.write(tmp_path / "long.wav", tone, 44_100, "FLOAT")
    waveform = decoded(tmp_path / "long.wav")
    expected = sine(220, 8, RATE_HZ)
    assert len(waveform) == len(expected)
    assert waveform[500:-500] == pytest.approx(expected[500:-500], abs=1e-3)


def test_samples_beyond_full_scale_are_clipped(tmp_path):
    soundfile.write(tmp_path / "hot.wav", 6 * sine(440, 1, RATE_HZ), RATE_HZ, "FLOAT")
    assert np.abs(decoded(tmp_path / "hot.wav")).max() == 1


def test_decoding_stops_beyond_the_longest_track(tmp_path):
    soundfile.write(tmp_path / "long.wav", sine(440, 5, RATE_HZ), RATE_HZ)
    with pytest.raises(errors.AudioTooLong, match="4 seconds"):
        decoded(tmp_path / "long.wav", max_s=4)


def test_a_track_of_just_the_longest_length_is_taken(tmp_path):
    soundfile.write(tmp_path / "long.wav", sine(440, 4, RATE_HZ), RATE_HZ)
    assert len(decoded(tmp_path / "long.wav", max_s=4)) == 4 * RATE_HZ


def test_a_claimed_length_is_not_believed(tmp_path):
    path = tmp_path / "liar.wav"
    soundfile.write(path, sine(440, 1, RATE_HZ), RATE_HZ)
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = struct.pack("<I", 0xFFFF_FFF0)
    path.write_bytes(content)
    assert len(decoded(path)) == RATE_HZ


def test_silence_is_told_apart_from_damage(tmp_path):
    soundfile.write(tmp_path / "silent.wav", np.zeros(RATE_HZ), RATE_HZ)
    with pytest.raises(errors.SilentAudio):
        decoded(tmp_path / "silent.wav")


def test_samples_that_are_no_numbers_are_damage(tmp_path):
    samples = sine(440, 1, RATE_HZ)
    samples[100] = np.nan
    soundfile.write(tmp_path / "nan.wav", samples, RATE_HZ, "FLOAT")
    with pytest.raises(errors.BrokenAudio, match="no numbers"):
        decoded(tmp_path / "nan.wav")


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", errors.BrokenAudio),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", errors.BrokenAudio),
        (b"fLaC\x00\x00", errors.BrokenAudio),
        (b"OggS" + bytes(24) + b"\x01vorbis", errors.BrokenAudio),
        (b"OggS" + bytes(24) + b"Speex   1.2", errors.UnsupportedAudio),
        (b"\x00\x00\x00\x20ftypM4A ", errors.UnsupportedAudio),
        (b"not music at all", errors.UnsupportedAudio),
    ],
)
def test_what_cannot_be_played_is_refused_for_the_right_reason(tmp_path, content, error):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(error):
        decoded(tmp_path / "file")


def test_the_refusal_of_m4a_says_what_to_do(tmp_path):
    (tmp_path / "song.m4a").write_bytes(b"\x00\x00\x00\x20ftypM4A ")
    with pytest.raises(errors.UnsupportedAudio, match="convert it to FLAC"):
        decoded(tmp_path / "song.m4a")


def test_the_ending_of_a_name_chooses_nothing(tmp_path):
    (tmp_path / "noise.raw").write_bytes(bytes(range(256)) * 100)
    with pytest.raises(errors.UnsupportedAudio):
        decoded(tmp_path / "noise.raw")


def test_a_missing_file_and_a_folder_are_not_allowed(tmp_path):
    for path in (tmp_path / "gone.wav", tmp_path):
        with pytest.raises(errors.PathNotAllowed):
            decoded(path)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(errors.PathNotAllowed):
        decoded(tmp_path / "pipe.wav")


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of hostile audio is not here")
def test_every_hostile_file_ends_in_a_waveform_or_in_one_of_our_errors():
    with (CORPUS / "manifest.csv").open(newline="") as file:
        names = [row["file"] for row in csv.DictReader(file)]
    ends: Counter[str] = Counter()
    for name in names:
        try:
            waveform = decoded(CORPUS / name)
            assert np.isfinite(waveform).all(), name
            ends["waveform"] += 1
        except errors.InputError as error:
            ends[error.code] += 1
    assert ends.total() == 100
    assert ends["waveform"] >= 8
    assert ends.keys() <= {"waveform", "audio_broken", "unsupported_audio", "audio_silent"}
