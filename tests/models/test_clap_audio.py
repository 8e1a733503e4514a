"""CLAP's audio half equals transformers' own path at batch 1, window by window."""

import numpy as np
import pytest
import torch
from transformers import ClapAudioModelWithProjection, ClapFeatureExtractor, ClapModel

from sightsong.core.catalogue import Task
from sightsong.core.embeddings import unit
from sightsong.core.errors import SilentAudio
from workers.media import audio
from workers.models.full.audio import ClapAudio
from workers.models.full.text import ClapText
from workers.models.lite.track import LiteAudio

RATE_HZ = 48_000


def tune(seconds: float, *, seed: int = 0) -> np.ndarray:
    """Notes of a third of a second, with some noise, float32."""
    rng = np.random.default_rng(seed)
    at = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    pitches = 220 * 2 ** (rng.integers(0, 24, len(at) // 16_000 + 1) / 12)
    phase = np.cumsum(np.repeat(pitches, 16_000)[: len(at)]) / RATE_HZ * 2 * np.pi
    sound = np.sin(phase) * np.exp(-3 * (at % (1 / 3))) + rng.normal(0, 0.02, len(at))
    return (sound / 2).astype(np.float32)


@pytest.fixture(scope="module")
def clap(found):
    return found[Task.MUSIC]


@pytest.fixture(scope="module")
def model(clap, fp32):
    return ClapAudio(clap, fp32)


@pytest.fixture(scope="module")
def plain(clap):
    """One window as transformers embeds it, by itself, in fp32."""
    whole = ClapModel.from_pretrained(clap.folder).eval()
    extractor = ClapFeatureExtractor.from_pretrained(clap.folder)

    def embed(window: np.ndarray) -> np.ndarray:
        found = extractor(window, sampling_rate=RATE_HZ, return_tensors="pt")
        with torch.inference_mode():
            return whole.get_audio_features(**found).pooler_output[0].numpy()

    return embed


@pytest.fixture(scope="module")
def music(shared):
    """A real track of 49.8 s."""
    path = shared / "music" / "tuxemon" / "8bit airship.ogg"
    return audio.decode_track(path, sample_rate_hz=RATE_HZ, max_s=600)


def windows_of(waveform):
    return waveform[: len(waveform) // 480_000 * 480_000].reshape(-1, 480_000)


def least_cosine(rows, others):
    return float((rows * others).sum(axis=-1).min())


def test_each_window_of_a_real_track_equals_the_plain_path(model, plain, music):
    reading = model.read([music])[0]

    whole = np.stack([plain(window) for window in windows_of(music)])
    assert reading.window_starts_s == (0, 10, 20, 30, 40)
    assert least_cosine(reading.windows[: len(whole)], whole) >= 0.9999


def test_it_does_so_in_bf16(clap, bf16, plain, music):
    reading = ClapAudio(clap, bf16).read([music])[0]

    whole = np.stack([plain(window) for window in windows_of(music)])
    assert least_cosine(reading.windows[: len(whole)], whole) >= 0.999


def test_windows_of_different_sound_differ(model):
    reading = model.read([np.concatenate([tune(10), tune(10, seed=1), 0.1 * tune(10)])])[0]

    likeness = reading.windows @ reading.windows.T - np.eye(3)
    assert likeness.max() < 0.999


def test_a_short_track_is_repeated_as_the_extractor_does(model, plain):
    short = tune(2)

    reading = model.read([short])[0]

    assert least_cosine(reading.windows, plain(short)[None]) >= 0.9999


def test_a_tracks_vector_is_the_mean_of_its_windows(model):
    reading = model.read([tune(40)])[0]

    assert reading.windows.shape[0] == 4
    assert np.allclose(reading.vector, unit(reading.windows.mean(axis=0)), atol=1e-6)
    assert np.linalg.norm(reading.vector) == pytest.approx(1, abs=1e-6)


def test_a_track_gives_the_same_vectors_alone_and_in_company(model):
    tracks = [tune(31), tune(2, seed=1), tune(65, seed=2)]

    together = model.read(tracks)

    for track, reading in zip(tracks, together, strict=True):
        alone = model.read([track])[0]
        assert least_cosine(reading.windows, alone.windows) >= 0.99999
        assert least_cosine(reading.vector, alone.vector) >= 0.99999


def test_a_track_read_twice_gives_the_same_bits(model):
    track = tune(95)

    first, second = model.read([track])[0], model.read([track])[0]

    assert np.array_equal(first.windows, second.windows)


@pytest.fixture
def passes():
    """How many windows each pass through the model held since the test began."""
    seen = []

    def notice(module, inputs, outputs) -> None:
        if isinstance(module, ClapAudioModelWithProjection):
            seen.append(len(outputs.audio_embeds))

    hook = torch.nn.modules.module.register_module_forward_hook(notice)
    yield seen
    hook.remove()


def test_short_tracks_share_a_pass(model, passes):
    model.read([tune(10, seed=seed) for seed in range(4)])

    assert passes == [4]


def test_a_long_track_goes_through_in_parts(model, passes):
    model.read([tune(300)])

    assert sum(passes) == 30
    assert max(passes) == 4


def test_a_track_of_one_sample_is_read(model):
    reading = model.read([np.full(1, 0.5, np.float32)])[0]

    assert reading.window_starts_s == (0,)
    assert np.isfinite(reading.vector).all()


def test_near_silent_windows_are_left_out(model):
    track = np.concatenate([tune(10), np.zeros(480_000, np.float32), tune(10, seed=1)])

    assert model.read([track])[0].window_starts_s == (0, 20)


def test_a_silent_track_is_an_error(model):
    with pytest.raises(SilentAudio):
        model.read([tune(10), np.zeros(480_000, np.float32)])


def test_a_silent_track_does_not_spoil_others(model):
    good = tune(20)

    before, silent, after = model.read_each([good, np.zeros(480_000, np.float32), good])

    assert isinstance(silent, SilentAudio)
    assert np.array_equal(before.windows, after.windows)
    assert least_cosine(before.windows, model.read([good])[0].windows) >= 0.99999


def test_no_tracks_give_no_readings(model):
    assert model.read([]) == []


def test_the_feeling_is_what_the_lite_profile_reads(model, shared):
    path = shared / "music" / "clue-cards" / "lobby.mp3"
    lite = LiteAudio()
    heard = audio.decode_track(path, sample_rate_hz=lite.sample_rate_hz, max_s=600)
    full = audio.decode_track(path, sample_rate_hz=RATE_HZ, max_s=600)[: 30 * RATE_HZ]

    reading = model.read([full])[0]

    other = lite.read([heard[: 30 * lite.sample_rate_hz]])[0]
    assert reading.affect.valence == pytest.approx(other.affect.valence, abs=0.02)
    assert reading.affect.arousal == pytest.approx(other.affect.arousal, abs=0.02)
    assert reading.descriptors.keys() == other.descriptors.keys()


def test_words_and_music_share_a_space(model, clap, fp32):
    words = ClapText(clap, fp32)

    assert model.space == words.space
    assert model.read([tune(10)])[0].vector.shape == words.encode(["joy"])[0].shape
