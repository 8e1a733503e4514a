"""One pass over a waveform's spectra, from which everything else about its sound is computed.

Two kinds of spectra: short ones (46 ms) that see strokes and timbre, and long ones (370 ms) that
tell two neighbouring notes of the bass apart. librosa would compute each descriptor from a
spectrogram of its own and compiles code for seconds in every new process; this does neither.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from sightsong.core.models import Waveform
from workers.models.lite import tones

RATE_HZ = 22_050
HOP = 512
FRAMES_PER_S = RATE_HZ / HOP
LONG_HOP = 4096
LONG_FRAMES_PER_S = RATE_HZ / LONG_HOP
BANDS = 40
_SHORT = 1024
_LONG = 8192
_LOWEST_HZ = 40.0
_HIGHEST_HZ = 10_000.0
_CHUNK = 1024
_TINY = 1e-12

Frames = NDArray[np.float32]
"""float32, (n_frames,) or (n_frames, k)."""


@dataclass(frozen=True, kw_only=True)
class Spectra:
    """What is kept: one row per 23 ms of the short spectra, per 186 ms of the long ones."""

    power: Frames  #: (n,), mean square of the samples under the analysis window.
    centroid_hz: Frames  #: (n,), middle of the magnitude spectrum.
    flatness: Frames  #: (n,), 0 a tone .. 1 white noise.
    bands: Frames  #: (n, 40), power in bands of equal width to the ear.
    chroma: Frames  #: (m, 12), strength of C, C#, .. B; rows sum to 1, or 0 in silence.
    roughness: Frames  #: (m,), sensory dissonance of the loudest partials, 0 .. 0.3.


def analyse(waveform: Waveform) -> Spectra:
    """Analyse a waveform, float32, (n_samples,), mono, 22.05 kHz, in [-1, 1]."""
    padded = np.pad(waveform, (0, max(0, _LONG - len(waveform))))
    short = [_timbre(frames) for frames in _framed(padded, _SHORT, HOP)]
    power, centroid_hz, flatness, bands = map(np.concatenate, zip(*short, strict=True))
    long = [
        tones.chroma_and_roughness(_magnitudes(frames), RATE_HZ)
        for frames in _framed(padded, _LONG, LONG_HOP)
    ]
    chroma, roughness = map(np.concatenate, zip(*long, strict=True))
    return Spectra(
        power=power,
        centroid_hz=centroid_hz,
        flatness=flatness,
        bands=bands,
        chroma=chroma,
        roughness=roughness,
    )


def _framed(samples: Waveform, size: int, hop: int) -> list[Waveform]:
    """Views of the waveform, (<= chunk, size): an hour is analysed in the memory of a song."""
    rows = np.lib.stride_tricks.sliding_window_view(samples, size)[::hop]
    chunk = _CHUNK * HOP // hop
    return [rows[start : start + chunk] for start in range(0, len(rows), chunk)]


def _magnitudes(frames: Waveform) -> Frames:
    """Magnitudes of windowed frames, scaled so that a full-scale sine has a peak of 1."""
    size = frames.shape[1]
    window = _window(size)
    spectrum: Frames = np.abs(np.fft.rfft(frames * window, axis=1))
    return spectrum * np.float32(2 / window.sum())


def _timbre(frames: Waveform) -> tuple[Frames, Frames, Frames, Frames]:
    """Power, centroid, flatness and bands of short frames."""
    magnitudes = _magnitudes(frames)
    squares = magnitudes**2
    frequencies = np.fft.rfftfreq(_SHORT, 1 / RATE_HZ).astype(np.float32)
    power = squares.sum(axis=1) / 3  # Hann: the sum over bins counts each sine 1.5 times 2
    centroid_hz = (magnitudes @ frequencies) / (magnitudes.sum(axis=1) + _TINY)
    bands = squares @ _filters()
    flatness = np.exp(np.log(bands + _TINY).mean(axis=1)) / (bands.mean(axis=1) + _TINY)
    return power, centroid_hz.astype(np.float32), flatness.astype(np.float32), bands


@cache
def _window(size: int) -> Waveform:
    return np.hanning(size + 1)[:-1].astype(np.float32)


@cache
def _filters() -> Frames:
    """Triangles of equal width on the mel scale (O'Shaughnessy 1987), (513, 40), each of sum 1."""
    low, high = (2595 * math.log10(1 + end / 700) for end in (_LOWEST_HZ, _HIGHEST_HZ))
    corners = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    frequencies = np.fft.rfftfreq(_SHORT, 1 / RATE_HZ)[:, None]
    rising = (frequencies - corners[:-2]) / (corners[1:-1] - corners[:-2])
    falling = (corners[2:] - frequencies) / (corners[2:] - corners[1:-1])
    triangles = np.maximum(0, np.minimum(rising, falling))
    # The lowest bands are narrower than a bin: they get the nearest one.
    nearest = np.abs(frequencies - corners[1:-1]).argmin(axis=0)
    triangles[nearest, np.arange(BANDS)] += _TINY
    filters: Frames = (triangles / triangles.sum(axis=0)).astype(np.float32)
    return filters
