"""Rhythm: onsets, tempo and pulse, from how the power in the bands of hearing rises.

The tempo is found by autocorrelation of the onset curve with a preference for walking pace, as in
Ellis (2007); how high the best peak stands is the pulse clarity (Lartillot et al. 2008). Following
every beat, as librosa's `beat_track` does, would cost far more and tell nothing more that is used.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from workers.models.lite.spectra import FRAMES_PER_S, Frames

_COMPRESSION = 100.0
_REFERENCE_QUANTILE = 95
_LEAST_RISE = 0.08
_NEAR = 3  # frames, 0.07 s
_AROUND = 10  # frames, 0.23 s
_SLOWEST_BPM = 40.0
_FASTEST_BPM = 220.0
_PREFERRED_BPM = 110.0
_OCTAVES = 0.9
_RISEN = 2.0  # 3 dB from one frame to the next
_AT_ONCE = 4096  # frames, 95 s: an hour takes no more memory than that
#: Of the onset curve: the strongest rises, but for a few that any track has.
_ACCENTED_QUANTILE = 95
_TINY = 1e-12


@dataclass(frozen=True, kw_only=True)
class Pulse:
    """The beat."""

    tempo_bpm: float  #: 40 .. 220; the preferred pace where there is no beat.
    clarity: float  #: 0 no pulse .. 1 a machine.


def onset_curve(bands: Frames) -> Frames:
    """Compute how much the sound rises from frame to frame, whatever its loudness; (n,), >= 0."""
    reference = np.percentile(bands.sum(axis=1), _REFERENCE_QUANTILE) / bands.shape[1] + _TINY
    gain = np.float32(_COMPRESSION / reference)
    # The first frame rises from itself; later parts begin with the last frame of those before.
    starts = range(0, len(bands), _AT_ONCE)
    parts = [_rise(bands[max(0, start - 1) : start + _AT_ONCE], gain) for start in starts]
    return np.concatenate([np.zeros(1, dtype=np.float32), *parts])


def _rise(bands: Frames, gain: np.float32) -> Frames:
    heard = np.log1p(bands * gain)
    rise: Frames = np.maximum(np.diff(heard, axis=0), 0).mean(axis=1)
    return rise


def onsets(curve: Frames) -> NDArray[np.intp]:
    """Find the frames at which something begins to sound.

    These are the highest of their near neighbours, and stand out from the mean around (as in Dixon
    2006). scipy's `find_peaks` would do, but `scipy.signal` takes a second to import.
    """
    near = sliding_window_view(np.pad(curve, _NEAR), 2 * _NEAR + 1)
    around = sliding_window_view(np.pad(curve, _AROUND, mode="reflect"), 2 * _AROUND + 1)
    stands_out = curve > around.mean(axis=1) + _LEAST_RISE
    return np.flatnonzero((curve == near.max(axis=1)) & stands_out)


def accent(curve: Frames) -> float:
    """Tell how firmly notes set in: the strongest rises of an onset curve, 0 .. about 1.5."""
    return float(np.percentile(curve, _ACCENTED_QUANTILE))


def pulse(curve: Frames) -> Pulse:
    """Find the tempo of an onset curve of a few seconds or more."""
    lags = np.arange(
        round(FRAMES_PER_S * 60 / _FASTEST_BPM),
        min(round(FRAMES_PER_S * 60 / _SLOWEST_BPM), len(curve) // 2) + 1,
    )
    if not lags.size or curve.max() < _LEAST_RISE:
        return Pulse(tempo_bpm=_PREFERRED_BPM, clarity=0.0)
    likeness = _likeness(curve, lags[-1] + 1)
    # Fewer pairs overlap at longer lags; without this, slow beats would look weak.
    heights = likeness[lags] / likeness[0] * len(curve) / (len(curve) - lags)
    tempi = FRAMES_PER_S * 60 / lags
    preference = np.exp(-((np.log2(tempi / _PREFERRED_BPM) / _OCTAVES) ** 2) / 2)
    best = int((heights * preference).argmax())
    return Pulse(
        tempo_bpm=float(FRAMES_PER_S * 60 / _refined(lags[best], likeness)),
        clarity=float(np.clip(heights[best], 0, 1)),
    )


def _likeness(curve: Frames, longest: int) -> NDArray[np.float64]:
    """How alike a curve is to itself some frames later, for all lags up to the longest."""
    centred = curve.astype(np.float64) - curve.mean()
    count = len(centred)
    return np.array([centred[: count - lag] @ centred[lag:] for lag in range(longest + 1)])


def attack(bands: Frames, peaks: NDArray[np.intp]) -> float:
    """Tell how broad the onsets are: the mean share of bands that rise at once, 0 .. 1.

    A stroke on a drum rises everywhere, a bowed or sung note in a few bands.
    """
    inner = peaks[peaks > 0]
    if not inner.size:
        return 0.0
    ratio = (bands[inner] + _TINY) / (bands[inner - 1] + _TINY)
    return float((ratio > _RISEN).mean())


def _refined(lag: int, likeness: NDArray[np.float64]) -> float:
    """Move a peak's place to the top of the parabola through it and its neighbours."""
    before, top, after = likeness[lag - 1 : lag + 2]
    bend = before - 2 * top + after
    return (
        float(lag) if bend >= 0 else lag + float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5))
    )
