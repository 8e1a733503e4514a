"""One pass over the spectra of a sound, from which everything else about it is computed.

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
from workers.media.framing import Framing
from workers.media.gathering import Rows
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
#: Frames transformed at once, 3 s of sound: more would leave the processor's caches.
_SHORT_CHUNK, _LONG_CHUNK = 128, 16
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


class Analyser:
    """Analyses a stream of sound: an hour in the memory of what is kept of it, 7 kB a second."""

    def __init__(self) -> None:
        self._short = Framing(_SHORT, hop=HOP, at_once=_SHORT_CHUNK)
        self._long = Framing(_LONG, hop=LONG_HOP, at_once=_LONG_CHUNK)
        self._timbre = Rows(), Rows(), Rows(), Rows(BANDS)
        self._tones = Rows(tones.NOTES), Rows()
        self._count = 0

    def feed(self, block: Waveform) -> None:
        """Take samples, float32, (n,), mono, 22.05 kHz, in [-1, 1]."""
        self._count += len(block)
        for frames in self._short.feed(block):
            self._see_short(frames)
        for frames in self._long.feed(block):
            self._see_long(frames)

    def finish(self) -> Spectra:
        """Analyse what is left, and give all; a sound shorter than a frame ends in silence."""
        self.feed(np.zeros(max(0, _LONG - self._count), dtype=np.float32))
        self._see_short(self._short.finish()[0])
        self._see_long(self._long.finish()[0])
        power, centroid_hz, flatness, bands = (rows.array() for rows in self._timbre)
        chroma, roughness = (rows.array() for rows in self._tones)
        return Spectra(
            power=power,
            centroid_hz=centroid_hz,
            flatness=flatness,
            bands=bands,
            chroma=chroma,
            roughness=roughness,
        )

    def _see_short(self, frames: Waveform) -> None:
        for rows, found in zip(self._timbre, _timbre(frames), strict=True):
            rows.add(found)

    def _see_long(self, frames: Waveform) -> None:
        squares = _squares(frames, tones.bins(_LONG, RATE_HZ))
        found = tones.chroma_and_roughness(np.sqrt(squares), _LONG, RATE_HZ)
        for rows, part in zip(self._tones, found, strict=True):
            rows.add(part)


def analyse(waveform: Waveform) -> Spectra:
    """Analyse a whole waveform, float32, (n_samples,), mono, 22.05 kHz, in [-1, 1]."""
    analyser = Analyser()
    analyser.feed(waveform)
    return analyser.finish()


def _squares(frames: Waveform, bins: slice) -> Frames:
    """Squared magnitudes of windowed frames; a full-scale sine has a peak of 1."""
    windowed = frames * _window(frames.shape[1])
    # With no norm, numpy 2 would multiply by a whole number, and compute in float64 for it.
    spectrum = np.fft.rfft(windowed, axis=1, norm="forward")[:, bins]
    parts = spectrum.view(np.float32).reshape(*spectrum.shape, 2)
    squares: Frames = np.square(parts[..., 0])
    squares += np.square(parts[..., 1])
    return squares


def _timbre(frames: Waveform) -> tuple[Frames, Frames, Frames, Frames]:
    """Power, centroid, flatness and bands of short frames."""
    squares = _squares(frames, slice(None))
    middle = np.sqrt(squares) @ _centre()
    power = squares.sum(axis=1) / 3  # Hann: the sum over bins counts each sine 1.5 times 2
    bands = squares @ _filters()
    flatness = np.exp(np.log(bands + _TINY).mean(axis=1)) / (bands.mean(axis=1) + _TINY)
    return power, middle[:, 0] / (middle[:, 1] + _TINY), flatness, bands


@cache
def _window(size: int) -> Waveform:
    """Hann's window, times what the transform's norm divides by; a full-scale sine peaks at 1."""
    window = np.hanning(size + 1)[:-1]
    scaled: Waveform = (window * 2 * size / window.sum()).astype(np.float32)
    return scaled


@cache
def _centre() -> Frames:
    """What a product with magnitudes sums: each times its frequency, and each, (513, 2)."""
    frequencies = np.fft.rfftfreq(_SHORT, 1 / RATE_HZ)
    return np.stack([frequencies, np.ones_like(frequencies)], axis=1).astype(np.float32)


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
