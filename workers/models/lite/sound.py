"""Sound descriptors: numbers that musicians have words for, of a whole track or a part of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from workers.models.lite import rhythm, tones
from workers.models.lite.rhythm import Pulse
from workers.models.lite.spectra import FRAMES_PER_S, LONG_FRAMES_PER_S, Spectra

_GATE_DB = 20.0  # below the loud frames: pauses do not count as quiet music
_LOUD_QUANTILE = 95
_SOFT_QUANTILE = 10
_TINY = 1e-10


@dataclass(frozen=True, kw_only=True)
class Sound:
    """How a piece of music sounds."""

    loudness_db: float  #: Mean power without the pauses, dB of full scale (a square wave is 0).
    dynamics_db: float  #: How far the soft moments lie below the loud ones.
    brightness_hz: float  #: Mean spectral centroid, weighted by loudness.
    noisiness: float  #: Spectral flatness, 0 tones .. 1 white noise.
    onsets_per_s: float  #: Notes and strokes that begin.
    accent: float  #: 0 notes glide into one another .. 1 each sets in firmly.
    attack: float  #: 0 soft onsets .. 1 all bands at once.
    tempo_bpm: float
    pulse_clarity: float  #: 0 no beat .. 1 a machine.
    mode: float  #: Below 0 minor, above 0 major; about -0.4 .. 0.4.
    roughness: float  #: Sensory dissonance, 0 .. 0.2.

    def as_numbers(self) -> Mapping[str, float]:
        """The descriptors by name, rounded for people."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


def tempo(spectra: Spectra) -> Pulse:
    """Find the beat of a whole track; ten seconds alone would be too short for it."""
    return rhythm.pulse(rhythm.onset_curve(spectra.bands))


def describe(spectra: Spectra, pulse: Pulse, *, start_s: float = 0.0, end_s: float = 1e9) -> Sound:
    """Describe the part of a track between two times, with the beat of the whole."""
    part = slice(int(start_s * FRAMES_PER_S), int(min(end_s * FRAMES_PER_S, 1e9)))
    long = slice(int(start_s * LONG_FRAMES_PER_S), int(min(end_s * LONG_FRAMES_PER_S, 1e9)) + 1)
    power = spectra.power[part].astype(np.float64)
    level = 10 * np.log10(power + _TINY)
    loud, soft = np.percentile(level, [_LOUD_QUANTILE, _SOFT_QUANTILE])
    weights = np.sqrt(power) + _TINY
    curve = rhythm.onset_curve(spectra.bands[part])
    peaks = rhythm.onsets(curve)
    return Sound(
        loudness_db=float(10 * np.log10(power[level >= loud - _GATE_DB].mean() + _TINY)),
        dynamics_db=float(loud - soft),
        brightness_hz=float(np.average(spectra.centroid_hz[part], weights=weights)),
        noisiness=float(np.average(spectra.flatness[part], weights=weights)),
        onsets_per_s=len(peaks) / len(power) * FRAMES_PER_S,
        accent=rhythm.accent(curve),
        attack=rhythm.attack(spectra.bands[part], peaks),
        tempo_bpm=pulse.tempo_bpm,
        pulse_clarity=pulse.clarity,
        mode=tones.mode(spectra.chroma[long]),
        roughness=float(spectra.roughness[long].mean()),
    )
