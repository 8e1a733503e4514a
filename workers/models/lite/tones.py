"""Tones: which notes sound, how rough they sound together, and whether the key is major."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

_LOWEST_HZ = 55.0
_HIGHEST_HZ = 2_000.0
_A4_HZ = 440.0
NOTES = 12
_A_ABOVE_C = 9
_PARTIALS = 10
_TINY = 1e-12

_MAJOR = np.array([5, 2, 3.5, 2, 4.5, 4, 2, 4.5, 2, 3.5, 1.5, 4])
_MINOR = np.array([5, 2, 3.5, 4.5, 2, 4, 2, 4.5, 3.5, 2, 1.5, 4])
"""How well each note fits a key, from its keynote up (Temperley 1999, "What's key for key?").

The same method with the profiles of Krumhansl and Kessler (1982) follows the felt valence of piano
pieces far less (`docs/models/lite.md`): they take too little note of the leading tone in minor.
"""
_STRETCH = 32
"""Frames of chroma that make a judgement, 6 s: longer stretches blur changes of key."""

Frames = NDArray[np.float32]


def bins(size: int, rate_hz: int) -> slice:
    """Tell which bins of a spectrum of so many samples are looked at."""
    frequencies = np.arange(size // 2 + 1) * rate_hz / size
    return slice(*np.searchsorted(frequencies, [_LOWEST_HZ, _HIGHEST_HZ]).tolist())


def chroma_and_roughness(magnitudes: Frames, size: int, rate_hz: int) -> tuple[Frames, Frames]:
    """Find the notes in spectra.

    Args:
        magnitudes: float32, (n, n_bins), of the bins that are looked at.
        size: samples under each spectrum; enough to part semitones.
        rate_hz: sample rate.

    Returns:
        Chroma, float32, (n, 12), from C up, rows sum to 1 (or 0 in silence); and roughness,
        float32, (n,), the sensory dissonance of Plomp and Levelt (1965) in the form of Sethares
        (1993), over all pairs of the ten strongest partials, weighted by their strength.
    """
    frequencies, notes = _grid(size, rate_hz)
    middle = magnitudes[:, 1:-1]
    is_peak = (middle > magnitudes[:, :-2]) & (middle >= magnitudes[:, 2:])
    peaks = np.zeros_like(magnitudes)
    np.multiply(middle, is_peak, out=peaks[:, 1:-1])
    # The root keeps one loud note from hiding a chord.
    strengths = np.sqrt(peaks) @ notes
    chroma = strengths / np.maximum(strengths.sum(axis=1, keepdims=True), _TINY)
    return chroma, _roughness(peaks, frequencies)


def mode(chroma: Frames) -> float:
    """Tell major from minor: for stretches of six seconds, then on average.

    Args:
        chroma: float32, (n, 12), n > 0, as from `chroma_and_roughness`.

    Returns:
        The correlation with the best fitting major key less that with the best fitting minor one;
        about -0.4 .. 0.4, near 0.09 in ordinary music, 0 where there are no notes.
    """
    starts = range(0, max(1, len(chroma) - _STRETCH // 2), _STRETCH)
    notes = np.stack([chroma[start : start + _STRETCH].mean(axis=0) for start in starts])
    fits = _standardised(notes) @ _keys()  # (n_stretches, 24)
    return float((fits[:, :NOTES].max(axis=1) - fits[:, NOTES:].max(axis=1)).mean())


def _standardised(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    """Centre rows and bring them to length 1, so that their products are correlations."""
    centred = rows.astype(np.float64) - rows.mean(axis=1, keepdims=True)
    lengths = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    standardised: NDArray[np.float64] = centred / np.maximum(lengths, _TINY)
    return standardised


@cache
def _keys() -> NDArray[np.float64]:
    """Profiles of the twelve major keys, then of the twelve minor ones, standardised, (12, 24)."""
    rolled = [np.roll(profile, tonic) for profile in (_MAJOR, _MINOR) for tonic in range(NOTES)]
    return _standardised(np.stack(rolled)).T


def _roughness(peaks: Frames, frequencies: Frames) -> Frames:
    strongest = _strongest(peaks)
    amplitudes = np.take_along_axis(peaks, strongest, axis=1)
    pitches = frequencies[strongest]
    first, second = np.triu_indices(_PARTIALS, k=1)
    weights = amplitudes[:, first] * amplitudes[:, second]
    low = pitches[:, first]
    apart = (
        (pitches[:, second] - low)
        * np.float32(0.24)
        / (np.float32(0.0207) * low + np.float32(18.96))
    )
    clash = np.exp(np.float32(-3.51) * apart) - np.exp(np.float32(-5.75) * apart)
    rough: Frames = (weights * clash).sum(axis=1) / np.maximum(weights.sum(axis=1), _TINY)
    return rough


def _strongest(peaks: Frames) -> NDArray[np.intp]:
    """Find the strongest peaks of each spectrum, (n, 10), from the lowest up.

    One after the other: a partition is ten times slower where nearly all numbers are zero.
    """
    left, rows = peaks.copy(), np.arange(len(peaks))
    found = np.empty((len(peaks), _PARTIALS), dtype=np.intp)
    for rank in range(_PARTIALS):
        found[:, rank] = left.argmax(axis=1)
        left[rows, found[:, rank]] = -1
    found.sort(axis=1)
    return found


@cache
def _grid(size: int, rate_hz: int) -> tuple[Frames, Frames]:
    """The frequencies of the bins that are looked at, and their part in each note, (bins, 12)."""
    looked_at = bins(size, rate_hz)
    frequencies = np.arange(looked_at.start, looked_at.stop) * rate_hz / size
    semitones = NOTES * np.log2(frequencies / _A4_HZ) + _A_ABOVE_C
    away = (semitones[:, None] - np.arange(NOTES) + 6) % NOTES - 6
    notes = np.exp(-((away / 0.3) ** 2) / 2)
    return frequencies.astype(np.float32), notes.astype(np.float32)
