"""The log-mel spectrograms equal those of transformers' own extractor."""

import dataclasses
import json

import numpy as np
import pytest
from transformers import ClapFeatureExtractor
from transformers.audio_utils import mel_filter_bank

from sightsong.adapters.sound.decoding import open_sound
from sightsong.core.catalogue import Task
from sightsong.core.errors import ModelsMissing
from workers.media.resampling import Resampling
from workers.media.windows import Windows
from workers.models.full import logmel
from workers.models.full.logmel import DEPTH_DB, TOLERANCE_DB, LogMel

RATE_HZ = 48_000
SAMPLES = 10 * RATE_HZ
SECONDS = np.arange(SAMPLES) / RATE_HZ
NOISE = np.random.default_rng(0).normal(0, 0.2, SAMPLES)
SIGNALS = {
    "silence": np.zeros(SAMPLES),
    "a full-scale tone": np.sin(2 * np.pi * 1000 * SECONDS),
    "a tone above the filters": np.sin(2 * np.pi * 20_000 * SECONDS),
    "a clipped chord": np.clip(3 * np.sin(2700 * SECONDS) + 2 * np.sin(4100 * SECONDS), -1, 1),
    "noise": NOISE,
    "noise that is hardly there": NOISE * 1e-5,
    "a click": np.eye(1, SAMPLES, SAMPLES // 3)[0],
    "an offset": np.full(SAMPLES, 0.5),
    "a rising tone": np.sin(2 * np.pi * (20 * SECONDS + 1100 * SECONDS**2)),
}


@pytest.fixture(scope="module")
def clap(found):
    return found[Task.MUSIC]


@pytest.fixture(scope="module")
def transform(clap):
    return LogMel(logmel.read_settings(clap))


@pytest.fixture(scope="module")
def extractor(clap):
    return ClapFeatureExtractor.from_pretrained(clap.folder)


def extracted(extractor, window):
    return extractor(window, sampling_rate=RATE_HZ, return_tensors="np")["input_features"][0]


def most_apart(seen, theirs):
    """The largest difference in dB: of what is heard, and of what lies below all hearing."""
    apart = np.abs(seen - theirs)
    is_heard = theirs >= theirs.max(axis=(-1, -2), keepdims=True) - DEPTH_DB
    return apart[is_heard].max(), apart[~is_heard].max(initial=0)


def ours(transform, rows):
    return np.stack([transform(row.astype(np.float32)) for row in rows])


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_looks_as_it_does_to_the_extractor(transform, extractor, name):
    signal = SIGNALS[name].astype(np.float32)

    seen = ours(transform, [signal])[0]

    assert seen.shape == (1, 1001, 64)
    assert seen.dtype == np.float32
    heard, unheard = most_apart(seen, extracted(extractor, signal))
    assert heard <= TOLERANCE_DB
    assert unheard <= 1


@pytest.mark.parametrize(
    "name",
    [
        "tuxemon/JRPG_battleBoss_loop.ogg",
        "clue-cards/lobby.mp3",
        "librosa/Kevin_MacLeod_-_Vibe_Ace.ogg",
    ],
)
def test_music_looks_as_it_does_to_the_extractor(transform, extractor, shared, name):
    rows = []
    with open_sound(shared / "music" / name) as sound:
        cutting, resampling = Windows(RATE_HZ), Resampling(sound.rate_hz, RATE_HZ)
        for block in sound.blocks(max_s=600):
            rows += [window.samples for window in cutting.feed(resampling.feed(block))]
    rows = rows[:3]

    seen = ours(transform, rows)

    heard, unheard = most_apart(seen, np.stack([extracted(extractor, row) for row in rows]))
    assert heard <= TOLERANCE_DB
    assert unheard <= 0.1


def test_a_window_looks_the_same_alone_and_after_others(transform, clap):
    rows = [SIGNALS["noise"], SIGNALS["a click"], SIGNALS["a rising tone"]]

    together = ours(transform, rows)

    alone = [LogMel(logmel.read_settings(clap))(row.astype(np.float32)) for row in rows]
    assert np.array_equal(together, np.stack(alone))


def test_the_filters_are_those_of_transformers(clap):
    for changes in ({}, {"lowest_hz": 50.0}, {"lowest_hz": 1500.0, "mels": 20, "fft": 2048}):
        settings = dataclasses.replace(logmel.read_settings(clap), **changes)
        theirs = mel_filter_bank(
            num_frequency_bins=settings.fft // 2 + 1,
            num_mel_filters=settings.mels,
            min_frequency=settings.lowest_hz,
            max_frequency=settings.highest_hz,
            sampling_rate=settings.rate_hz,
            norm="slaney",
            mel_scale="slaney",
        )
        assert np.allclose(logmel.filters(settings), theirs, rtol=1e-9, atol=1e-12)


def rewritten(clap, folder, changes):
    """The checkpoint with other settings for its sound."""
    values = json.loads((clap.folder / "preprocessor_config.json").read_bytes()) | changes
    folder.mkdir(exist_ok=True)
    (folder / "preprocessor_config.json").write_text(json.dumps(values))
    return dataclasses.replace(clap, folder=folder)


def test_the_settings_are_the_checkpoints_own(clap, tmp_path):
    other = rewritten(clap, tmp_path, {"frequency_min": 50, "feature_size": 48, "hop_length": 512})

    seen = ours(LogMel(logmel.read_settings(other)), [NOISE])[0]

    theirs = extracted(ClapFeatureExtractor.from_pretrained(other.folder), NOISE)
    assert seen.shape == (1, 938, 48)
    assert np.abs(seen - theirs).max() <= TOLERANCE_DB


def test_a_fused_clap_is_refused(clap, tmp_path):
    with pytest.raises(ModelsMissing, match="fused"):
        logmel.read_settings(rewritten(clap, tmp_path, {"truncation": "fusion"}))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"truncation": "rand_trunc"}'])
def test_settings_that_are_none_name_the_command_to_run(clap, tmp_path, text):
    (tmp_path / "preprocessor_config.json").write_text(text)

    with pytest.raises(ModelsMissing, match="models pull"):
        logmel.read_settings(dataclasses.replace(clap, folder=tmp_path))
