"""Rooms and pedals: functions from a stereo signal to a stereo signal of the same length."""

import numpy as np
from scipy import signal

from demo.music import signals
from demo.music.signals import Mono, Stereo

_ECHOES = 5


def reverb(dry: Stereo, *, wet: float, seconds: float, damping_hz: float = 4500.0) -> Stereo:
    """Add a room: convolution with decaying noise, different in each ear."""
    rng = np.random.default_rng(11)
    t = signals.times(seconds * 1.6)
    fade = np.exp(-t * 6.9 / seconds) * np.minimum(t / 0.012, 1.0)  # -60 dB after `seconds`
    room = rng.standard_normal((len(t), 2)) * fade[:, np.newaxis]
    room = signals.highpass(signals.lowpass(room, damping_hz), 150.0)
    room /= np.sqrt(np.sum(room**2, axis=0))
    tail: Stereo = signal.fftconvolve(dry, room, axes=0)
    return dry + wet * tail[: len(dry)]


def chorus(dry: Stereo, *, depth_s: float = 0.004, rate_hz: float = 0.35) -> Stereo:
    """Add a delayed copy that drifts in pitch, opposite ways in the two ears."""
    place = np.arange(len(dry), dtype=np.float64)
    sway = np.sin(2 * np.pi * rate_hz * place / signals.SAMPLE_RATE_HZ)
    moved = np.empty_like(dry)
    for ear, sign in enumerate((1.0, -1.0)):
        delay = (0.012 + depth_s * (1.0 + sign * sway) / 2) * signals.SAMPLE_RATE_HZ
        moved[:, ear] = np.interp(place - delay, place, dry[:, ear], left=0.0)
    return 0.7 * (dry + moved)


def echo(dry: Stereo, *, delay_s: float, feedback: float) -> Stereo:
    """Add repeats that hop from ear to ear and lose their top."""
    step = int(delay_s * signals.SAMPLE_RATE_HZ)
    wet, repeat = dry.copy(), dry
    for _ in range(_ECHOES):
        if len(repeat) <= step:
            break
        repeat = feedback * signals.lowpass(repeat[:-step, ::-1], 3000.0)
        wet[len(wet) - len(repeat) :] += repeat
    return wet


def drive(dry: Stereo, amount: float) -> Stereo:
    """Saturate: quiet parts grow, peaks are rounded."""
    driven: Stereo = np.tanh(amount * dry) / np.tanh(amount)
    return driven


def worn_tape(dry: Stereo) -> Stereo:
    """Return the sound of an old cassette: unsteady speed and a lost top."""
    place = np.arange(len(dry), dtype=np.float64)
    t = place / signals.SAMPLE_RATE_HZ
    wow = 28.0 * np.sin(2 * np.pi * 0.55 * t) + 3.0 * np.sin(2 * np.pi * 5.7 * t)
    bent = np.stack([np.interp(place + wow, place, ear) for ear in dry.T], axis=1)
    return signals.lowpass(bent, 5200.0)


def pumped(dry: Stereo, *, beat_s: float, depth: float = 0.6) -> Stereo:
    """Duck the signal on every beat, as dance music does under its kick drum."""
    phase = np.arange(len(dry)) / signals.SAMPLE_RATE_HZ % beat_s / beat_s
    gain: Mono = 1.0 - depth * np.exp(-phase / 0.22)
    return dry * gain[:, np.newaxis]
