"""Held instruments: pads, bowed strings, basses, leads and drones. Same shape as `voices.Voice`."""

import numpy as np

from demo.music import signals
from demo.music.signals import Mono


def warm_pad(hz: float, seconds: float, velocity: float) -> Mono:
    """Return a slow, dark pad: detuned sawtooths under a cutoff that breathes."""
    length = seconds + 1.8
    t = signals.times(length)
    tone = _ensemble(hz, length, (-0.0019, -0.0006, 0.0008, 0.002))
    cutoff = 420.0 + 500.0 * velocity * (0.5 + 0.5 * np.sin(2 * np.pi * 0.13 * t + hz))
    envelope = signals.swell(length, attack_s=min(1.6, length / 2), release_s=min(2.2, length / 2))
    return velocity * (signals.sweep(tone, cutoff) + 0.4 * signals.sine(hz, length)) * envelope


def breath(hz: float, seconds: float, velocity: float) -> Mono:
    """Return a soft flute: a near sine with late vibrato and a little air."""
    length = seconds + 0.3
    tone = signals.sine(_vibrato(hz, length, depth=0.004), length)
    tone += 0.15 * signals.sine(_vibrato(2 * hz, length, depth=0.004), length)
    air = signals.bandpass(signals.noise(length, signals.generator(hz, seconds)), hz, 3 * hz)
    return velocity * (tone + 0.04 * air) * signals.swell(length, attack_s=0.18, release_s=0.35)


def bowed(hz: float, seconds: float, velocity: float) -> Mono:
    """Return a small string section: detuned bows, vibrato that arrives late, a wooden body."""
    length = seconds + 0.35
    tone = np.zeros_like(signals.times(length))
    for index, cents in enumerate((-0.0025, 0.0, 0.0031)):
        pitch = _vibrato(hz * (1.0 + cents), length, depth=0.0045, rate_hz=5.1 + 0.35 * index)
        tone += signals.saw(pitch, length, phase=0.37 * index) / 3.0
    rosin = signals.noise(length, signals.generator(hz, velocity))
    tone += 0.03 * signals.bandpass(rosin, 1500.0, 6000.0)
    attack_s = 0.09 + 0.2 * (1.0 - velocity)
    return (
        velocity * _body(tone, velocity) * signals.swell(length, attack_s=attack_s, release_s=0.4)
    )


def spiccato(hz: float, seconds: float, velocity: float) -> Mono:
    """Return a short bouncing bow stroke."""
    length = min(seconds, 0.2) + 0.12
    tone = _ensemble(hz, length, (-0.002, 0.0, 0.0027))
    scrape = signals.noise(length, signals.generator(hz, velocity))
    tone += 0.5 * signals.bandpass(scrape, 1200.0, 7000.0) * signals.decay(length, time_s=0.02)
    envelope = signals.decay(length, time_s=0.09, attack_s=0.008)
    return velocity * _body(tone, 0.4 + velocity) * envelope * 1.6


def round_bass(hz: float, seconds: float, velocity: float) -> Mono:
    """Return a plain electric bass: a sine with a little edge at the start of the note."""
    length = seconds + 0.08
    t = signals.times(length)
    edge = signals.sweep(signals.saw(hz, length), 160.0 + 900.0 * velocity * np.exp(-t / 0.09))
    tone = signals.sine(hz, length) + 0.6 * edge
    return velocity * tone * signals.swell(length, attack_s=0.006, release_s=0.07)


def acid_bass(hz: float, seconds: float, velocity: float) -> Mono:
    """Return a driven bass whose filter snaps shut."""
    length = seconds + 0.04
    t = signals.times(length)
    tone = signals.pulse(hz, length, width=0.4) + signals.saw(hz * 1.004, length)
    tone = signals.sweep(tone, 180.0 + 3200.0 * velocity * np.exp(-t / 0.07))
    return velocity * np.tanh(2.2 * tone) * signals.swell(length, attack_s=0.004, release_s=0.04)


def bright_lead(hz: float, seconds: float, velocity: float) -> Mono:
    """Return a glassy plucked synthesiser note."""
    length = seconds + 0.25
    t = signals.times(length)
    tone = signals.pulse(hz, length, width=0.3) + 0.5 * signals.pulse(hz * 2.003, length)
    tone = signals.sweep(tone, 900.0 + 7000.0 * velocity * np.exp(-t / 0.16))
    return velocity * tone * signals.decay(length, time_s=0.12 + 0.5 * seconds, attack_s=0.003)


def super_saw(hz: float, seconds: float, velocity: float) -> Mono:
    """Return a wide, open chord voice for dance music."""
    length = seconds + 0.12
    tone = _ensemble(hz, length, (-0.011, -0.006, -0.002, 0.0025, 0.0065, 0.0105))
    tone = signals.highpass(signals.lowpass(tone, 2500.0 + 4500.0 * velocity), 180.0)
    return velocity * 1.5 * tone * signals.swell(length, attack_s=0.008, release_s=0.12)


def snarl(hz: float, seconds: float, velocity: float) -> Mono:
    """Return an ugly, wavering lead: two clashing sawtooths driven hard."""
    length = seconds + 0.2
    t = signals.times(length)
    bend = hz * (1.0 + 0.012 * np.sin(2 * np.pi * 6.3 * t) * np.minimum(t, 1.0))
    tone = signals.saw(bend, length) + signals.saw(bend * 1.013, length)
    tone = np.tanh(2.5 * signals.bandpass(tone, 250.0, 3800.0))
    return velocity * tone * signals.swell(length, attack_s=0.05, release_s=0.2)


def abyss(hz: float, seconds: float, velocity: float) -> Mono:
    """Return a low drone whose overtones slide slowly in and out."""
    length = seconds
    t = signals.times(length)
    tone = _ensemble(hz, length, (-0.009, -0.003, 0.004, 0.011))
    cutoff = 110.0 + 170.0 * (0.5 - 0.5 * np.cos(2 * np.pi * t / (6.0 + hz / 20.0)))
    ends_s = min(5.0, length / 2)
    return (
        velocity
        * signals.sweep(tone, cutoff)
        * signals.swell(length, attack_s=ends_s, release_s=ends_s)
    )


def _ensemble(hz: float, seconds: float, detunings: tuple[float, ...]) -> Mono:
    """Return the mean of sawtooths, each a little off pitch and out of phase."""
    tone = np.zeros_like(signals.times(seconds))
    for index, detuning in enumerate(detunings):
        tone += signals.saw(hz * (1.0 + detuning), seconds, phase=(0.618 * index) % 1.0)
    return tone / len(detunings)


def _vibrato(hz: float, seconds: float, *, depth: float, rate_hz: float = 4.8) -> Mono:
    """Return a pitch that starts still and begins to sway."""
    t = signals.times(seconds)
    onset = np.clip((t - 0.25) / 0.6, 0.0, 1.0)
    return hz * (1.0 + depth * onset * np.sin(2 * np.pi * rate_hz * t))


def _body(tone: Mono, velocity: float) -> Mono:
    """Return the tone coloured by a wooden box: darker when played softly."""
    soft = signals.lowpass(tone, 900.0 + 2600.0 * velocity)
    return soft + 0.6 * signals.bandpass(soft, 250.0, 520.0)
