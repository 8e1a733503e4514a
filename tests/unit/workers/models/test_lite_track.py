"""What the lite profile hears in music, checked on sounds whose truth is known."""

from collections.abc import Iterator
from dataclasses import asdict

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from sightsong.core import errors
from sightsong.core.models import Heard, TrackReading
from workers.models.lite import rhythm, sound, spectra, tones
from workers.models.lite.listening import LiteListener
from workers.models.lite.profile import lite_profile
from workers.models.lite.sound import Sound
from workers.models.lite.track import affect_of

RATE_HZ = spectra.RATE_HZ
MAJOR = (0, 4, 7)
MINOR = (0, 3, 7)


def note(semitone: float, seconds: float, *, overtones: int = 4) -> np.ndarray:
    """A plucked note, counted in semitones from middle C."""
    time = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    frequency_hz = 261.63 * 2 ** (semitone / 12)
    partials = [np.sin(2 * np.pi * frequency_hz * k * time) / k**1.5 for k in range(1, overtones)]
    return 0.2 * np.sum(partials, axis=0) * np.exp(-3 * time)


def chords(thirds: tuple[int, ...], seconds: float, *, beat_s: float) -> np.ndarray:
    """The same chord on every beat, with its scale's fourth and fifth on the way."""
    triads = [np.array(thirds) + root for root in (0, 5)]
    triads.append(np.array((7, 11, 14)))  # the dominant is major in both
    played = [
        sum(note(semitone, beat_s) for semitone in triads[index % len(triads)])
        for index in range(int(seconds / beat_s))
    ]
    return np.concatenate(played).astype(np.float32)


def clicks(bpm: float, seconds: float) -> np.ndarray:
    random = np.random.RandomState(2)
    track = np.zeros(int(seconds * RATE_HZ), dtype=np.float32)
    for start in np.arange(0, seconds - 0.1, 60 / bpm):
        at = int(start * RATE_HZ)
        track[at : at + 800] += 0.5 * random.standard_normal(800) * np.exp(-np.arange(800) / 120)
    return track


def heard(waveform: np.ndarray) -> Sound:
    seen = spectra.analyse(waveform.astype(np.float32))
    return sound.describe(seen, sound.tempo(seen))


def listened(*blocks: np.ndarray, rate_hz: int = RATE_HZ) -> Heard:
    return LiteListener().hear([block.astype(np.float32) for block in blocks], rate_hz=rate_hz)


def read(waveform: np.ndarray) -> TrackReading:
    return lite_profile().audio.read([listened(waveform)])[0]


@pytest.mark.parametrize("bpm", [60, 80, 96, 120, 144])
def test_the_tempo_of_clicks_is_found(bpm):
    assert heard(clicks(bpm, 20)).tempo_bpm == pytest.approx(bpm, rel=0.02)


def test_a_very_fast_beat_is_heard_in_half_time():
    """Nobody can tell 174 from 87 by the clicks alone; the nearer to walking pace is taken."""
    assert heard(clicks(174, 20)).tempo_bpm == pytest.approx(87, rel=0.02)


def test_clicks_are_counted():
    assert heard(clicks(120, 20)).onsets_per_s == pytest.approx(2, abs=0.1)


def test_a_steady_tone_has_no_beat():
    tone = 0.3 * np.sin(2 * np.pi * 220 * np.arange(15 * RATE_HZ) / RATE_HZ)
    assert heard(tone).pulse_clarity == 0
    assert heard(tone).onsets_per_s < 0.2


@pytest.mark.parametrize("semitones", range(12))
def test_a_tone_is_heard_as_its_note(semitones):
    tone = note(semitones, 3, overtones=2).astype(np.float32)
    assert spectra.analyse(tone).chroma.mean(axis=0).argmax() == semitones


@pytest.mark.parametrize("transposed", [0, 5])
def test_major_is_told_from_minor(transposed):
    def key(thirds: tuple[int, ...]) -> float:
        return tones.mode(
            np.roll(spectra.analyse(chords(thirds, 12, beat_s=0.5)).chroma, transposed, 1)
        )

    assert key(MAJOR) > 0.15
    assert key(MINOR) < 0


def test_the_centroid_of_a_tone_is_its_frequency():
    tone = 0.3 * np.sin(2 * np.pi * 1000 * np.arange(5 * RATE_HZ) / RATE_HZ)
    assert heard(tone).brightness_hz == pytest.approx(1000, rel=0.02)


def test_the_loudness_of_a_sine_is_three_decibels_below_its_peak():
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(5 * RATE_HZ) / RATE_HZ)
    assert heard(tone).loudness_db == pytest.approx(-9.03, abs=0.1)


def test_neighbouring_tones_are_rougher_than_a_fifth():
    second = note(0, 4, overtones=2) + note(1, 4, overtones=2)
    fifth = note(0, 4, overtones=2) + note(7, 4, overtones=2)
    assert heard(second).roughness > 5 * heard(fifth).roughness


def test_noise_is_noisier_than_a_chord():
    hiss = 0.1 * np.random.RandomState(3).standard_normal(5 * RATE_HZ)
    assert heard(hiss).noisiness > 0.3
    assert heard(chords(MAJOR, 5, beat_s=1)).noisiness < 0.05


@pytest.mark.parametrize("gain", [0.1, 0.5])
def test_turning_the_volume_down_moves_only_the_loudness(gain):
    loud = heard(chords(MAJOR, 12, beat_s=0.4))
    quiet = heard(gain * chords(MAJOR, 12, beat_s=0.4))
    assert quiet.loudness_db == pytest.approx(loud.loudness_db + 20 * np.log10(gain), abs=0.1)
    assert quiet.tempo_bpm == pytest.approx(loud.tempo_bpm, rel=1e-3)
    assert quiet.mode == pytest.approx(loud.mode, abs=1e-3)
    assert quiet.onsets_per_s == pytest.approx(loud.onsets_per_s, abs=0.1)
    assert affect_of(quiet).valence == pytest.approx(affect_of(loud).valence, abs=0.01)


def test_fast_music_stirs_more_than_slow():
    fast, slow = (read(chords(MAJOR, 20, beat_s=beat_s)).affect for beat_s in (0.2, 1.5))
    assert fast.arousal > slow.arousal + 0.3


def test_major_music_pleases_more_than_minor():
    major, minor = (read(chords(thirds, 20, beat_s=0.5)).affect for thirds in (MAJOR, MINOR))
    assert major.valence > minor.valence + 0.3


def test_a_reading_has_a_vector_for_each_window_and_their_mean_for_the_track():
    reading = read(np.concatenate([chords(MAJOR, 20, beat_s=0.5), chords(MINOR, 17, beat_s=0.25)]))
    assert reading.window_starts_s == (0.0, 10.0, 20.0, 30.0)
    assert reading.windows.shape == (4, 512)
    mean = reading.windows.mean(axis=0)
    assert reading.vector == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)


def test_a_window_is_like_the_part_it_was_cut_from():
    """The third window of a track sounds as the same ten seconds do by themselves."""
    calm, lively = chords(MINOR, 20, beat_s=2), chords(MAJOR, 20, beat_s=0.25)
    windows = read(np.concatenate([calm, lively])).windows
    alone_calm, alone_lively = read(calm).vector, read(lively).vector
    assert windows[0] @ alone_calm > windows[0] @ alone_lively
    assert windows[3] @ alone_lively > windows[3] @ alone_calm


def test_a_track_reads_the_same_twice_and_in_any_batch():
    one, other = listened(chords(MAJOR, 13, beat_s=0.5)), listened(clicks(100, 25))
    audio = lite_profile().audio
    batch, alone = audio.read([one, other]), [*audio.read([one]), *audio.read([other])]
    for first, second in zip(batch, alone, strict=True):
        assert first.vector.tobytes() == second.vector.tobytes()
        assert first.windows.tobytes() == second.windows.tobytes()
        assert first.descriptors == second.descriptors


@pytest.mark.parametrize("seconds", [0.2, 0.3, 0.5, 3])
def test_short_sounds_have_one_window(seconds):
    reading = read(0.2 * np.sin(np.arange(int(seconds * RATE_HZ)) / 5 + 1))
    assert reading.window_starts_s == (0.0,)
    assert np.isfinite(reading.vector).all()


def test_a_track_of_silence_is_refused():
    with pytest.raises(errors.SilentAudio):
        listened(np.full(12 * RATE_HZ, 1e-5))


@pytest.mark.parametrize("rate_hz", [8000, RATE_HZ, 48_000])
def test_less_than_a_fifth_of_a_second_is_too_short(rate_hz):
    tone = np.sin(np.arange(rate_hz))
    with pytest.raises(errors.AudioTooShort):
        listened(tone[: rate_hz // 5 - 1], rate_hz=rate_hz)
    assert listened(tone[: rate_hz // 5], rate_hz=rate_hz).duration_s == pytest.approx(0.2)


def test_no_sound_at_all_is_broken():
    with pytest.raises(errors.BrokenAudio):
        listened()


def test_what_the_blocks_raise_is_what_the_listener_raises():
    def torn() -> Iterator[np.ndarray]:
        yield np.zeros(1000, dtype=np.float32)
        raise errors.BrokenAudio("torn")

    with pytest.raises(errors.BrokenAudio, match="torn"):
        LiteListener().hear(torn(), rate_hz=RATE_HZ)


PIECE = np.concatenate([chords(MAJOR, 8, beat_s=0.5), clicks(120, 8)]).astype(np.float32)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, len(PIECE)), st.lists(st.integers(0, len(PIECE)), max_size=20))
def test_the_spectra_are_the_same_however_the_sound_comes(length, seams):
    sound, analyser = PIECE[:length], spectra.Analyser()
    for block in np.split(sound, sorted(seams)):
        analyser.feed(block)
    pieces, whole = asdict(analyser.finish()), asdict(spectra.analyse(sound))
    for name, values in whole.items():
        assert np.array_equal(pieces[name], values), name


@pytest.mark.parametrize("rate_hz", [11_025, 44_100, 48_000])
@pytest.mark.parametrize("size", [777, 65_536])
def test_a_track_is_heard_the_same_at_any_rate_and_in_blocks_of_any_size(rate_hz, size):
    sound = soxr.resample(PIECE, RATE_HZ, rate_hz)
    blocks = [sound[at : at + size] for at in range(0, len(sound), size)]
    pieces, whole = listened(*blocks, rate_hz=rate_hz), listened(sound, rate_hz=rate_hz)
    assert pieces.window_starts_s == whole.window_starts_s == (0.0, 10.0)
    assert pieces.windows == pytest.approx(whole.windows, abs=1e-4)
    assert pieces.descriptors == pytest.approx(whole.descriptors, rel=1e-3, abs=1e-3)
    assert pieces.duration_s == pytest.approx(16, abs=1e-3)
    if rate_hz > RATE_HZ:
        assert whole.windows[0] @ listened(PIECE).windows[0] > 0.999


def test_the_onsets_of_a_long_track_are_those_of_its_parts():
    bands = np.random.default_rng(0).exponential(size=(10_000, spectra.BANDS)).astype(np.float32)
    bands[5000:] = bands[:5000]  # as loud as the half, so that both are measured alike
    both, half = rhythm.onset_curve(bands), rhythm.onset_curve(bands[:5000])
    assert both[:5000] == pytest.approx(half, rel=1e-3)
    assert both[5001:] == pytest.approx(half[1:], rel=1e-3)


def test_a_track_and_the_words_for_it_are_near():
    profile = lite_profile()
    slow_minor, fast_major = chords(MINOR, 20, beat_s=1.5), chords(MAJOR, 20, beat_s=0.25)
    sad, lively = (read(sound).vector for sound in (slow_minor, fast_major))
    asked = profile.text.encode(
        ["slow sad quiet music in a minor key", "happy fast music in a major key"]
    )
    assert asked[0] @ sad > asked[0] @ lively
    assert asked[1] @ lively > asked[1] @ sad


def test_onsets_of_silence_are_none():
    curve = rhythm.onset_curve(np.zeros((100, spectra.BANDS), dtype=np.float32))
    assert len(rhythm.onsets(curve)) == 0
    assert rhythm.pulse(curve).clarity == 0


def test_the_cards_name_one_space_for_words_and_music():
    profile = lite_profile()
    assert profile.text.space == profile.audio.space
    assert len({card.id for card in profile.cards}) == 6
