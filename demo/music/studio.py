"""Perform note lists with voices, and bring a mix to its level."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from demo.music import signals
from demo.music.notation import Clock, Note
from demo.music.signals import Mono, Stereo
from demo.music.voices import Voice

_CEILING = 0.76


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A finished composition and what its file says about it."""

    title: str
    artist: str
    genre: str
    mood: str
    #: written tempo; the drone has none that a listener would tap
    tempo_bpm: float
    #: plays the whole piece, (n_samples, 2)
    play: Callable[[], Stereo]


def perform(  # noqa: PLR0913 (one instrument, its notes, its seat)
    voice: Voice,
    notes: list[Note],
    clock: Clock,
    *,
    gain: float = 1.0,
    pan: float = 0.0,
    spread: float = 0.0,
    loose_s: float = 0.004,
) -> Stereo:
    """Return one part of a piece.

    `pan` runs from -1 (left) to 1 (right) and `spread` scatters the notes around it; `loose_s`
    is how far a note may fall from the grid, as hands are not machines.
    """
    rng = np.random.default_rng([len(notes), round(clock.tempo_bpm), 5])
    part = np.zeros((int(clock.seconds * signals.SAMPLE_RATE_HZ), 2))
    for note in notes:
        late, touch, seat = rng.uniform(-1.0, 1.0, 3)
        velocity = note.velocity * (1.0 + 0.08 * touch)
        sound = gain * voice(note.hz, note.beats * clock.beat_s, min(velocity, 1.0))
        at = max(0.0, note.start * clock.beat_s + late * loose_s)
        _add(part, _panned(sound, pan + spread * seat), at)
    return part


def master(
    mix: Stereo, *, rms_db: float, fade_in_s: float = 0.01, fade_out_s: float = 2.5
) -> Stereo:
    """Return the mix at the wanted loudness (dBFS, RMS), faded at both ends, peaks rounded."""
    t = np.arange(len(mix)) / signals.SAMPLE_RATE_HZ
    ends = np.clip(t / fade_in_s, 0, 1) * np.clip((t[-1] - t) / fade_out_s, 0, 1) ** 1.5
    mix = signals.highpass(mix, 25.0) * ends[:, np.newaxis]
    target = 10.0 ** (rms_db / 20.0)
    for _ in range(4):  # rounding peaks costs loudness: approach the target from below
        mix = mix * (target / np.sqrt(np.mean(mix**2)))
        mix = _rounded_peaks(mix)
    return mix


def _panned(sound: Mono, pan: float) -> Stereo:
    """Place a sound between the ears at constant power."""
    angle = (np.clip(pan, -1.0, 1.0) + 1.0) * np.pi / 4
    return np.stack([np.cos(angle) * sound, np.sin(angle) * sound], axis=1)


def _add(part: Stereo, sound: Stereo, at_s: float) -> None:
    start = int(at_s * signals.SAMPLE_RATE_HZ)
    end = min(len(part), start + len(sound))
    if end > start:
        part[start:end] += sound[: end - start]


def _rounded_peaks(mix: Stereo) -> Stereo:
    """Leave what is below half scale alone and bend what is above under the ceiling."""
    knee = 0.4
    over = np.maximum(np.abs(mix) - knee, 0.0)
    bent = knee + (_CEILING - knee) * np.tanh(over / (_CEILING - knee))
    return np.where(over > 0.0, np.sign(mix) * bent, mix)
