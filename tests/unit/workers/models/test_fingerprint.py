"""What two encodings of one piece of music share."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from sightsong.adapters.sound.decoding import open_sound
from sightsong.core import fingerprints
from sightsong.core.models import Heard
from workers.models.lite.fingerprint import fingerprint
from workers.models.lite.listening import LiteListener

RATE_HZ = 22_050


def music(seed: int, seconds: float = 12.0) -> np.ndarray:
    """Chords of notes that change twice a second."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(RATE_HZ * 0.5)) / RATE_HZ
    chords = []
    for _ in range(int(seconds * 2)):
        notes = 110 * 2 ** (rng.integers(0, 36, size=3) / 12)
        partials = np.outer(notes, np.arange(1, 8)).ravel()
        waves = np.sin(2 * np.pi * np.outer(partials, time) + rng.uniform(0, 6, (21, 1)))
        chords.append((waves / 40).sum(axis=0) * np.exp(-3 * time))
    return np.concatenate(chords).astype(np.float32)


def heard(path: Path) -> Heard:
    with open_sound(path) as sound:
        return LiteListener().hear(sound.blocks(max_s=60), rate_hz=sound.rate_hz)


@pytest.mark.parametrize(("ending", "kind"), [("mp3", "MPEG_LAYER_III"), ("ogg", "VORBIS")])
def test_another_encoding_has_the_same_fingerprint(tmp_path, ending, kind):
    master, copy = tmp_path / "master.wav", tmp_path / f"copy.{ending}"
    soundfile.write(master, music(1), RATE_HZ)
    soundfile.write(copy, music(1), RATE_HZ, subtype=kind)
    one, other = heard(master), heard(copy)
    assert fingerprints.are_alike(one.fingerprint, other.fingerprint)
    assert abs(one.duration_s - other.duration_s) < 0.1


def test_other_music_has_another_fingerprint(tmp_path):
    for seed in (1, 2):
        soundfile.write(tmp_path / f"{seed}.wav", music(seed), RATE_HZ)
    one, other = (heard(tmp_path / f"{seed}.wav").fingerprint for seed in (1, 2))
    assert not fingerprints.are_alike(one, other)


def test_louder_music_has_the_same_fingerprint(tmp_path):
    soundfile.write(tmp_path / "loud.wav", music(1), RATE_HZ, subtype="FLOAT")
    soundfile.write(tmp_path / "soft.wav", music(1) / 4, RATE_HZ, subtype="FLOAT")
    one, other = (heard(tmp_path / f"{how}.wav").fingerprint for how in ("loud", "soft"))
    assert fingerprints.distance(one, other) < 0.01


def test_long_music_has_a_short_one():
    bands = np.random.default_rng(1).uniform(0.1, 1, (20_000, 40)).astype(np.float32)
    assert fingerprint(bands).shape == (fingerprints.MOST_WORDS,)
    assert fingerprint(bands[:3]).shape == (0,)
