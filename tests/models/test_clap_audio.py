"""CLAP's audio half equals transformers' own path at batch 1, window by window."""

import numpy as np
import pytest
import soxr
import torch
from transformers import ClapAudioModelWithProjection, ClapFeatureExtractor, ClapModel

from sightsong.adapters.sound.decoding import open_sound
from sightsong.core.catalogue import Task
from sightsong.core.embeddings import unit
from sightsong.core.errors import SilentAudio
from workers.models.full.audio import ClapAudio
from workers.models.full.text import ClapText
from workers.models.lite.listening import LiteListener

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
    return sound_of(shared / "music" / "tuxemon" / "8bit airship.ogg")


def sound_of(path):
    """A whole file at the checkpoint's rate."""
    with open_sound(path) as sound:
        whole = np.concatenate(list(sound.blocks(max_s=600)))
        return soxr.resample(whole, sound.rate_hz, RATE_HZ, quality="HQ")


def heard(model, *tracks: np.ndarray):
    """What the model's listener makes of whole tracks."""
    return [model.listener.hear([track], rate_hz=RATE_HZ) for track in tracks]


def read(model, *tracks: np.ndarray):
    return model.read(heard(model, *tracks))


def windows_of(waveform):
    return waveform[: len(waveform) // 480_000 * 480_000].reshape(-1, 480_000)


def least_cosine(rows, others):
    return float((rows * others).sum(axis=-1).min())


def test_each_window_of_a_real_track_equals_the_plain_path(model, plain, music):
    reading = read(model, music)[0]

    whole = np.stack([plain(window) for window in windows_of(music)])
    assert reading.window_starts_s == (0, 10, 20, 30, 40)
    assert least_cosine(reading.windows[: len(whole)], whole) >= 0.9999


def test_it_does_so_in_bf16(clap, bf16, plain, music):
    reading = read(ClapAudio(clap, bf16), music)[0]

    whole = np.stack([plain(window) for window in windows_of(music)])
    assert least_cosine(reading.windows[: len(whole)], whole) >= 0.999


def test_windows_of_different_sound_differ(model):
    reading = read(model, np.concatenate([tune(10), tune(10, seed=1), 0.1 * tune(10)]))[0]

    likeness = reading.windows @ reading.windows.T - np.eye(3)
    assert likeness.max() < 0.999


def test_a_short_track_is_repeated_as_the_extractor_does(model, plain):
    short = tune(2)

    reading = read(model, short)[0]

    assert least_cosine(reading.windows, plain(short)[None]) >= 0.9999


def test_a_tracks_vector_is_the_mean_of_its_windows(model):
    reading = read(model, tune(40))[0]

    assert reading.windows.shape[0] == 4
    assert np.allclose(reading.vector, unit(reading.windows.mean(axis=0)), atol=1e-6)
    assert np.linalg.norm(reading.vector) == pytest.approx(1, abs=1e-6)


def test_a_track_gives_the_same_vectors_alone_and_in_company(model):
    tracks = [tune(31), tune(2, seed=1), tune(65, seed=2)]

    together = read(model, *tracks)

    for track, reading in zip(tracks, together, strict=True):
        alone = read(model, track)[0]
        assert least_cosine(reading.windows, alone.windows) >= 0.99999
        assert least_cosine(reading.vector, alone.vector) >= 0.99999


def test_a_track_read_twice_gives_the_same_bits(model):
    track = tune(95)

    first, second = read(model, track)[0], read(model, track)[0]

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
    read(model, *(tune(10, seed=seed) for seed in range(4)))

    assert passes == [4]


def test_a_long_track_goes_through_in_parts(model, passes):
    read(model, tune(300))

    assert sum(passes) == 30
    assert max(passes) == 4


def test_a_track_of_a_fifth_of_a_second_is_read(model):
    reading = read(model, tune(0.2))[0]

    assert reading.window_starts_s == (0,)
    assert np.isfinite(reading.vector).all()


def test_near_silent_windows_are_left_out(model):
    track = np.concatenate([tune(10), np.zeros(480_000, np.float32), tune(10, seed=1)])

    assert read(model, track)[0].window_starts_s == (0, 20)


def test_a_silent_track_is_an_error(model):
    with pytest.raises(SilentAudio):
        read(model, tune(10), np.zeros(480_000, np.float32))


def test_other_work_runs_between_two_passes_and_not_around_them(model, passes):
    done = []

    model.read(heard(model, tune(50), tune(50, seed=1)), between=lambda: done.append(len(passes)))

    assert passes == [4, 4, 2]
    assert done == [1, 2]


def test_the_stream_of_a_file_is_read_like_its_whole(model, plain, shared):
    path = shared / "music" / "clue-cards" / "lobby.mp3"
    with open_sound(path) as sound:
        streamed = model.listener.hear(sound.blocks(max_s=600), rate_hz=sound.rate_hz)

    [reading] = model.read([streamed])

    whole = np.stack([plain(window) for window in windows_of(sound_of(path))[:3]])
    assert least_cosine(reading.windows[:3], whole) >= 0.9999
    assert streamed.windows.shape == (len(streamed.window_starts_s), 1, 1001, 64)


def test_no_tracks_give_no_readings(model):
    assert model.read([]) == []


def test_the_feeling_is_what_the_lite_profile_reads(model, shared):
    sound = sound_of(shared / "music" / "clue-cards" / "lobby.mp3")[: 30 * RATE_HZ]

    [full] = heard(model, sound)

    lite = LiteListener().hear([sound], rate_hz=RATE_HZ)
    assert full.affect == lite.affect
    assert full.descriptors == lite.descriptors
    assert full.window_starts_s == lite.window_starts_s


def test_words_and_music_share_a_space(model, clap, fp32):
    words = ClapText(clap, fp32)

    assert model.space == words.space
    assert read(model, tune(10))[0].vector.shape == words.encode(["joy"])[0].shape
