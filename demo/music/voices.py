"""Struck and plucked instruments: each renders one note from pitch, length and velocity.

Every voice has the shape of `Voice`: `hz`, seconds held, velocity in 0 to 1; the returned signal
may ring on after the note is let go.
"""

from collections.abc import Callable

import numpy as np
from scipy import signal

from demo.music import signals
from demo.music.signals import Mono

Voice = Callable[[float, float, float], Mono]

_PIANO_PARTIALS = 14


def piano(hz: float, seconds: float, velocity: float) -> Mono:
    """Return a felt piano: stretched partials, each dying at its own pace, and a soft hammer."""
    length = seconds + 0.6
    t = signals.times(length)
    tone = np.zeros_like(t)
    for k in range(1, _PIANO_PARTIALS + 1):
        partial_hz = k * hz * np.sqrt(1.0 + 3e-4 * k * k)
        if partial_hz > signals.SAMPLE_RATE_HZ * 0.45:
            break
        level = abs(np.sin(np.pi * k / 7.3)) * k ** -(2.1 - 0.9 * velocity)
        rate = (0.35 + hz / 700) * (0.7 + 0.3 * k)
        # Two strings a hair apart: the beating that makes a piano note live.
        pair = np.cos(2 * np.pi * partial_hz * t) + np.cos(2 * np.pi * partial_hz * 1.0006 * t)
        tone += level * pair * (0.75 * np.exp(-t * rate * 1.8) + 0.25 * np.exp(-t * rate * 0.45))
    hammer = signals.noise(length, signals.generator(hz, velocity)) * np.exp(-t / 0.012)
    tone = 0.5 * tone + 0.25 * velocity * signals.lowpass(hammer, 900.0)
    return velocity * tone * np.minimum(t / 0.003, 1.0) * _let_go(t, seconds, 0.12)


def pluck(hz: float, seconds: float, velocity: float) -> Mono:
    """Return a nylon string (Karplus-Strong): a burst of noise in a damped delay loop."""
    return _string(hz, seconds + 0.8, velocity, damping=0.5, loss=0.9965) * velocity


def steel_pluck(hz: float, seconds: float, velocity: float) -> Mono:
    """Return a brighter, longer string."""
    return _string(hz, seconds + 0.8, velocity, damping=0.25, loss=0.998) * velocity


def pizzicato(hz: float, seconds: float, velocity: float) -> Mono:
    """Return a short, round plucked bass string."""
    tone = _string(hz, max(seconds, 0.35), velocity, damping=0.5, loss=0.985)
    return signals.lowpass(tone, 1800.0) * velocity * 1.4


def marimba(hz: float, seconds: float, velocity: float) -> Mono:
    """Return a rosewood bar: its fundamental, the tuned fourth harmonic and a knock."""
    del seconds  # a bar rings as long as it rings
    length = 1.1
    wood = 0.25 + 40.0 / hz
    tone = signals.sine(hz, length) * signals.decay(length, time_s=wood)
    tone += 0.35 * velocity * signals.sine(3.98 * hz, length) * signals.decay(length, time_s=0.07)
    tone += 0.12 * velocity * signals.sine(9.6 * hz, length) * signals.decay(length, time_s=0.02)
    knock = signals.noise(length, signals.generator(hz, velocity))
    knock *= signals.decay(length, time_s=0.008)
    return velocity * (tone + 0.2 * signals.bandpass(knock, 400.0, 3000.0))


def music_box(hz: float, seconds: float, velocity: float) -> Mono:
    """Return a small bell: a pure tone with thin, quickly fading upper modes."""
    length = seconds + 2.2
    tone = np.zeros_like(signals.times(length))
    for ratio, level, time_s in (
        (1.0, 1.0, 1.1),
        (2.0, 0.25, 0.6),
        (3.01, 0.2, 0.35),
        (6.2, 0.1, 0.12),
    ):
        tone += level * signals.sine(ratio * hz, length) * signals.decay(length, time_s=time_s)
    return velocity * tone


def electric_piano(hz: float, seconds: float, velocity: float) -> Mono:
    """Return a tine piano: phase modulation that mellows as the note decays."""
    length = seconds + 0.5
    t = signals.times(length)
    bark = (0.4 + 1.6 * velocity) * np.exp(-t / 0.5)
    body = np.sin(2 * np.pi * hz * t + bark * np.sin(2 * np.pi * hz * t))
    tine = 0.12 * velocity * np.sin(2 * np.pi * 14.0 * hz * t) * np.exp(-t / 0.05)
    if 14.0 * hz > signals.SAMPLE_RATE_HZ * 0.45:
        tine *= 0.0
    tremolo = 1.0 - 0.18 * (1.0 + np.sin(2 * np.pi * 4.2 * t))
    tone = (body + tine) * np.exp(-t / 1.6) * np.minimum(t / 0.004, 1.0)
    return velocity * tone * tremolo * _let_go(t, seconds, 0.12)


def power_chord(hz: float, seconds: float, velocity: float) -> Mono:
    """Return root, fifth and octave through an overdriven amplifier and its cabinet."""
    return _amplified(hz, seconds, velocity, release_s=0.05, loss=0.9985)


def palm_mute(hz: float, seconds: float, velocity: float) -> Mono:
    """Return the same chord choked by the hand: the chug between the chords."""
    return _amplified(hz, min(seconds, 0.09), velocity, release_s=0.025, loss=0.93)


def _amplified(
    hz: float, seconds: float, velocity: float, *, release_s: float, loss: float
) -> Mono:
    length = seconds + 0.15
    strings = np.zeros_like(signals.times(length))
    for ratio, level in ((1.0, 1.0), (1.498, 0.7), (2.003, 0.6)):
        strings += level * _string(ratio * hz, length, velocity, damping=0.3, loss=loss)
    # The distortion works on the sum: the growl between the strings is what makes it heavy.
    driven = np.tanh(18.0 * velocity * signals.highpass(strings, 90.0))
    cabinet = signals.lowpass(signals.highpass(driven, 85.0), 4600.0, order=4)
    cabinet += 0.5 * signals.bandpass(driven, 1500.0, 3200.0)
    return 0.6 * cabinet * _let_go(signals.times(length), seconds, release_s)


def _string(hz: float, seconds: float, velocity: float, *, damping: float, loss: float) -> Mono:
    """Return a vibrating string; `damping` is the share of the neighbour sample in the loop."""
    period = signals.SAMPLE_RATE_HZ / hz - damping
    whole = int(period)
    taps = np.convolve([1.0 - damping, damping], [1.0 - (period - whole), period - whole])
    feedback = np.zeros(whole + 3)
    feedback[0] = 1.0
    feedback[whole:] -= loss * taps
    burst = np.zeros(len(signals.times(seconds)))
    grain = signals.generator(hz, velocity, damping).uniform(-1.0, 1.0, whole)
    burst[:whole] = signals.lowpass(grain - grain.mean(), 1500.0 + 7000.0 * velocity)[: len(burst)]
    tone: Mono = signal.lfilter([1.0], feedback, burst)
    return tone * np.minimum(signals.times(seconds)[::-1] / 0.05, 1.0)


def _let_go(t: Mono, seconds: float, release_s: float) -> Mono:
    """Return 1 while the note is held, then an exponential fall."""
    return np.exp(-np.maximum(t - seconds, 0.0) / release_s)
