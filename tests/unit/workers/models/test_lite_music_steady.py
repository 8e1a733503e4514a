"""The feeling of a piece is its own, and not that of the file that it came in."""

import io
import math
import tempfile
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given
from hypothesis import strategies as st

from sightsong.adapters.sound.decoding import open_sound
from sightsong.core.affect import Affect
from workers.models.lite import rhythm, sound, spectra, track
from workers.models.lite.listening import LiteListener
from workers.models.lite.sound import Sound

RATE_HZ = 48_000
#: A tune with a bass, in C major, of quarters and eighths.
TUNE = (0, 4, 7, 12, 11, 7, 5, 9, 12, 9, 7, 4, 2, 5, 7, 0)


def note(semitone: float, seconds: float, *, fade_per_s: float = 3.0) -> np.ndarray:
    time = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    hertz = 261.63 * 2 ** (semitone / 12)
    partials = [np.sin(2 * np.pi * hertz * k * time) / k**1.5 for k in range(1, 6)]
    return np.sum(partials, axis=0) * np.exp(-fade_per_s * time)


def piece(seconds: float, *, beat_s: float = 0.3) -> np.ndarray:
    """A piece that goes on as it begins, at about -20 dB."""
    bars = [
        note(TUNE[n % 16], beat_s) + note(TUNE[n % 16 // 4 * 4] - 12, beat_s)
        for n in range(int(seconds / beat_s))
    ]
    return (0.07 * np.concatenate(bars)).astype(np.float32)


PIECE = piece(30)


def felt(samples: np.ndarray, *, rate_hz: int = RATE_HZ) -> Affect:
    return LiteListener().hear([samples.astype(np.float32)], rate_hz=rate_hz).affect


def apart(one: Affect, other: Affect) -> float:
    return max(abs(one.valence - other.valence), abs(one.arousal - other.arousal))


def encoded(samples: np.ndarray, **how: object) -> Affect:
    content = io.BytesIO()
    soundfile.write(content, samples, RATE_HZ, **how)
    with tempfile.NamedTemporaryFile() as file:
        file.write(content.getvalue())
        file.flush()
        with open_sound(Path(file.name)) as opened:
            return LiteListener().hear(opened.blocks(max_s=60), rate_hz=opened.rate_hz).affect


@pytest.mark.parametrize("decibels", [-12, 12])
def test_the_volume_of_a_file_hardly_moves_its_feeling(decibels):
    louder = felt(PIECE * 10 ** (decibels / 20))
    assert louder.valence == pytest.approx(felt(PIECE).valence, abs=0.005)
    assert louder.arousal == pytest.approx(felt(PIECE).arousal, abs=0.08)
    assert (louder.arousal > felt(PIECE).arousal) == (decibels > 0)


@pytest.mark.parametrize(
    "how",
    [
        {"format": "MP3", "bitrate_mode": "CONSTANT", "compression_level": 0.9},
        {"format": "MP3", "bitrate_mode": "VARIABLE", "compression_level": 0.0},
        {"format": "OGG", "subtype": "VORBIS", "compression_level": 0.4},
        {"format": "OGG", "subtype": "OPUS", "compression_level": 0.9},
        {"format": "FLAC"},
    ],
    ids=lambda how: "-".join(str(value) for value in how.values()),
)
def test_a_codec_hardly_moves_the_feeling_of_a_piece(how):
    assert apart(encoded(PIECE, **how), felt(PIECE)) < 0.06


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 44_100])
def test_the_rate_of_a_file_hardly_moves_its_feeling(rate_hz):
    resampled = soxr.resample(PIECE, RATE_HZ, rate_hz)
    assert apart(felt(resampled, rate_hz=rate_hz), felt(PIECE)) < 0.06


@pytest.mark.parametrize("start_s", [0, 10, 20])
def test_ten_seconds_of_a_piece_that_goes_on_as_it_begins_feel_as_the_whole(start_s):
    part = PIECE[start_s * RATE_HZ : (start_s + 10) * RATE_HZ]
    assert apart(felt(part), felt(PIECE)) < 0.08


def test_notes_that_set_in_firmly_have_more_accent_than_ones_that_glide():
    plucked = np.concatenate([note(n % 5, 0.5, fade_per_s=8) for n in range(12)])
    time = np.arange(6 * RATE_HZ) / RATE_HZ
    gliding = np.sin(2 * np.pi * (300 * time + 20 * np.sin(time)))

    def accent(samples: np.ndarray) -> float:
        heard = spectra.analyse(soxr.resample(samples, RATE_HZ, spectra.RATE_HZ).astype(np.float32))
        return rhythm.accent(rhythm.onset_curve(heard.bands))

    assert accent(plucked) > 4 * accent(gliding)
    assert accent(0.1 * plucked) == pytest.approx(accent(plucked), rel=0.01)


SOME = sound.describe(
    seen := spectra.analyse(soxr.resample(PIECE, RATE_HZ, spectra.RATE_HZ)), sound.tempo(seen)
)


@given(st.sampled_from([one.name for one in fields(Sound)]), st.floats(-1e6, 1e6))
def test_whatever_a_descriptor_says_the_feeling_lies_inside_the_plane(name, value):
    if name in {"tempo_bpm", "onsets_per_s"}:
        value = abs(value) + 0.01
    affect = track.affect_of(replace(SOME, **{name: value}))
    assert -1 < affect.valence < 1
    assert -1 < affect.arousal < 1


@pytest.mark.parametrize(
    ("name", "more", "scale", "sign"),
    [
        ("mode", 0.4, "valence", 1),
        ("roughness", 0.08, "valence", -1),
        ("noisiness", 0.3, "valence", -1),
        ("accent", 2.0, "valence", 1),
        ("onsets_per_s", 9.0, "arousal", 1),
        ("brightness_hz", 5000.0, "arousal", 1),
        ("tempo_bpm", 215.0, "arousal", 1),
        ("loudness_db", -2.0, "arousal", 1),
    ],
)
def test_more_of_a_descriptor_moves_the_feeling_as_reviews_say(name, more, scale, sign):
    changed = track.affect_of(replace(SOME, **{name: more}))
    moved = getattr(changed, scale) - getattr(track.affect_of(SOME), scale)
    assert math.copysign(1, moved) == sign
    assert abs(moved) > 0.01
