"""Oscillators, envelopes and filters: the raw material of every instrument.

Signals are float64, (n_samples,), mono, 32 kHz, nominally in [-1, 1]; stereo ones are
(n_samples, 2). Randomness always comes from a generator whose seed is written in the code.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import signal

Mono = NDArray[np.float64]
Stereo = NDArray[np.float64]

SAMPLE_RATE_HZ = 32_000
"""High enough for a bright cymbal, low enough to keep the committed library small."""

_SWEEP_STEPS = 6


def times(seconds: float) -> Mono:
    """Return the sample times in seconds from 0 up to (not including) `seconds`."""
    return np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ


def generator(*keys: float) -> np.random.Generator:
    """Return a generator seeded by what a note is made of: the same note, the same grain."""
    return np.random.default_rng([round(abs(key) * 1000) for key in keys])


def sine(hz: float | Mono, seconds: float, *, phase: float = 0.0) -> Mono:
    """Return a sine; `hz` may move, `phase` is in turns."""
    return np.sin(2 * np.pi * (_turns(hz, seconds) + phase))


def saw(hz: float | Mono, seconds: float, *, phase: float = 0.0) -> Mono:
    """Return a sawtooth whose jump is rounded (PolyBLEP), so that it does not alias."""
    turns = (_turns(hz, seconds) + phase) % 1.0
    return 2.0 * turns - 1.0 - _rounded_jump(turns, hz)


def pulse(hz: float, seconds: float, *, width: float = 0.5) -> Mono:
    """Return a pulse wave: the difference of two sawtooths `width` turns apart."""
    return (saw(hz, seconds) - saw(hz, seconds, phase=width)) / 2.0


def noise(seconds: float, rng: np.random.Generator) -> Mono:
    """Return white noise."""
    return rng.uniform(-1.0, 1.0, len(times(seconds)))


def decay(seconds: float, *, time_s: float, attack_s: float = 0.002) -> Mono:
    """Return a struck envelope: a short linear attack, then an exponential fall."""
    t = times(seconds)
    return np.minimum(t / attack_s, 1.0) * np.exp(-t / time_s)


def swell(seconds: float, *, attack_s: float, release_s: float) -> Mono:
    """Return a held envelope with rounded ends; it is silent at both."""
    t = times(seconds)
    rise = np.clip(t / attack_s, 0.0, 1.0)
    fall = np.clip((seconds - t) / release_s, 0.0, 1.0)
    ends: Mono = np.sin(np.pi / 2 * rise) ** 2 * np.sin(np.pi / 2 * fall) ** 2
    return ends


def lowpass(x: Mono, hz: float, *, order: int = 2) -> Mono:
    """Return `x` without what lies above `hz`."""
    return _filtered(x, "lowpass", min(hz, 0.45 * SAMPLE_RATE_HZ), order)


def highpass(x: Mono, hz: float, *, order: int = 2) -> Mono:
    """Return `x` without what lies below `hz`."""
    return _filtered(x, "highpass", hz, order)


def bandpass(x: Mono, low_hz: float, high_hz: float) -> Mono:
    """Return what of `x` lies between the two frequencies."""
    return highpass(lowpass(x, high_hz), low_hz)


def sweep(x: Mono, cutoff_hz: Mono) -> Mono:
    """Return `x` through a low-pass whose cutoff moves.

    A bank of fixed filters is blended sample by sample, which is smooth and needs no loop.
    """
    low, high = float(cutoff_hz.min()), float(cutoff_hz.max()) * 1.001
    bank = np.geomspace(low, high, _SWEEP_STEPS)
    place = np.log(cutoff_hz / low) / np.log(high / low) * (_SWEEP_STEPS - 1)
    mixed = np.zeros_like(x)
    for step, hz in enumerate(bank):
        mixed += lowpass(x, float(hz)) * np.clip(1.0 - np.abs(place - step), 0.0, 1.0)
    return mixed


def _turns(hz: float | Mono, seconds: float) -> Mono:
    """Return the running phase in turns of an oscillator at `hz`."""
    steps = np.broadcast_to(np.asarray(hz, dtype=np.float64), (len(times(seconds)),))
    return np.cumsum(steps) / SAMPLE_RATE_HZ


def _rounded_jump(turns: Mono, hz: float | Mono) -> Mono:
    """Return the PolyBLEP correction around the jump at phase 0."""
    step = np.broadcast_to(np.asarray(hz, dtype=np.float64) / SAMPLE_RATE_HZ, turns.shape)
    after, before = turns / step, (turns - 1.0) / step
    rising = np.where(turns < step, 2 * after - after**2 - 1.0, 0.0)
    return np.where(turns > 1.0 - step, before**2 + 2 * before + 1.0, rising)


def _filtered(x: Mono, kind: str, hz: float, order: int) -> Mono:
    sections = signal.butter(order, hz, btype=kind, fs=SAMPLE_RATE_HZ, output="sos")
    out: Mono = signal.sosfilt(sections, x, axis=0)
    return out
