"""Percussion in the shape of `voices.Voice`; the drums ignore the pitch and length asked for."""

import numpy as np

from demo.music import signals
from demo.music.signals import Mono


def kick(hz: float, seconds: float, velocity: float) -> Mono:
    """Return a club kick: a sine falling from a click to a deep thump."""
    del hz, seconds
    length = 0.42
    t = signals.times(length)
    tone = signals.sine(48.0 + 180.0 * np.exp(-t / 0.025), length)
    click = signals.highpass(signals.noise(length, signals.generator(velocity, 1)), 2000.0)
    tone = np.tanh(1.8 * tone) * signals.decay(length, time_s=0.16)
    return velocity * (tone + 0.15 * click * signals.decay(length, time_s=0.004))


def soft_kick(hz: float, seconds: float, velocity: float) -> Mono:
    """Return a muffled kick, felt more than heard."""
    return signals.lowpass(kick(hz, seconds, velocity), 220.0) * 1.2


def snare(hz: float, seconds: float, velocity: float) -> Mono:
    """Return a snare: a short drum tone and the rattle of the wires."""
    del hz, seconds
    length = 0.35
    wires = signals.highpass(signals.noise(length, signals.generator(velocity, 2)), 1400.0)
    shell = signals.sine(186.0, length) + 0.6 * signals.sine(331.0, length)
    tone = 0.8 * wires * signals.decay(length, time_s=0.085)
    return velocity * (tone + 0.6 * shell * signals.decay(length, time_s=0.05))


def soft_snare(hz: float, seconds: float, velocity: float) -> Mono:
    """Return a dusty snare, played with brushes."""
    return signals.lowpass(snare(hz, seconds, velocity), 3200.0)


def clap(hz: float, seconds: float, velocity: float) -> Mono:
    """Return three quick bursts and a tail, as several hands are never quite together."""
    del hz, seconds
    length = 0.35
    t = signals.times(length)
    hands: Mono = np.maximum.reduce(
        [np.where(t >= late, np.exp(-(t - late) / time_s), 0.0) for late, time_s in _HANDS]
    )
    burst = signals.bandpass(signals.noise(length, signals.generator(velocity, 3)), 900.0, 5000.0)
    return velocity * 1.5 * burst * hands


def hat(hz: float, seconds: float, velocity: float) -> Mono:
    """Return a closed hi-hat."""
    del hz, seconds
    return _metal(0.12, velocity, time_s=0.028)


def open_hat(hz: float, seconds: float, velocity: float) -> Mono:
    """Return an open hi-hat."""
    del hz, seconds
    return _metal(0.5, velocity, time_s=0.13)


def crash(hz: float, seconds: float, velocity: float) -> Mono:
    """Return a crash cymbal."""
    del hz, seconds
    return _metal(2.2, velocity, time_s=0.7)


def shaker(hz: float, seconds: float, velocity: float) -> Mono:
    """Return a shaker: a soft, grainy hiss."""
    del hz, seconds
    length = 0.12
    grains = signals.bandpass(signals.noise(length, signals.generator(velocity, 5)), 4000.0, 9000.0)
    return velocity * grains * signals.swell(length, attack_s=0.03, release_s=0.08)


def woodblock(hz: float, seconds: float, velocity: float) -> Mono:
    """Return a hollow wooden knock."""
    del hz, seconds
    length = 0.15
    tone = signals.sine(910.0, length) + 0.6 * signals.sine(1630.0, length)
    return velocity * tone * signals.decay(length, time_s=0.022)


def tick(hz: float, seconds: float, velocity: float) -> Mono:
    """Return a dry clock tick."""
    del hz, seconds
    length = 0.05
    spark = signals.bandpass(signals.noise(length, signals.generator(velocity, 6)), 2500.0, 6000.0)
    return velocity * 2.0 * spark * signals.decay(length, time_s=0.005)


def taiko(hz: float, seconds: float, velocity: float) -> Mono:
    """Return a large, skin-headed drum."""
    del hz, seconds
    length = 1.1
    t = signals.times(length)
    tone = signals.sine(62.0 + 40.0 * np.exp(-t / 0.05), length) * signals.decay(length, time_s=0.3)
    skin = signals.lowpass(signals.noise(length, signals.generator(velocity, 7)), 700.0)
    return velocity * (np.tanh(1.5 * tone) + 0.9 * skin * signals.decay(length, time_s=0.04))


def anvil(hz: float, seconds: float, velocity: float) -> Mono:
    """Return struck sheet metal: modes that fit no scale."""
    del hz, seconds
    length = 0.7
    tone = np.zeros_like(signals.times(length))
    for mode_hz, level, time_s in (
        (287, 1.0, 0.12),
        (743, 0.7, 0.2),
        (1391, 0.5, 0.14),
        (2857, 0.4, 0.07),
    ):
        tone += level * signals.sine(mode_hz, length) * signals.decay(length, time_s=time_s)
    burst = signals.highpass(signals.noise(length, signals.generator(velocity, 8)), 1500.0)
    return velocity * (0.6 * tone + burst * signals.decay(length, time_s=0.06))


_HANDS = ((0.0, 0.006), (0.011, 0.006), (0.023, 0.09))


def _metal(seconds: float, velocity: float, *, time_s: float) -> Mono:
    """Return a cymbal: clashing square waves and noise, only the top of them kept."""
    tone = signals.noise(seconds, signals.generator(velocity, time_s))
    for hz in (3170.0, 4211.0, 5303.0, 6841.0):
        tone += 0.35 * np.sign(signals.sine(hz, seconds))
    return velocity * 0.6 * signals.highpass(tone, 6000.0) * signals.decay(seconds, time_s=time_s)
