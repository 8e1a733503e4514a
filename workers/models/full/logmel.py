"""Windows of sound to log-mel spectrograms: what CLAP listens to.

The numbers are those of `ClapFeatureExtractor` in its unfused form, which computes each frame by
itself in float64. Here a window's frames are batches in float32, and only the bins that the filters
look at go on. The two agree to `TOLERANCE_DB`, except for what lies more than `DEPTH_DB` below the
loudest of its window, where float32 ends: there music differs by some hundredths of a decibel, and
a tone without any noise by half of one.

numpy alone does it: this runs in the processes that decode, which know no torch.
"""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsong.core.catalogue import Checkpoint
from sightsong.core.errors import ModelsMissing
from sightsong.core.models import Waveform

#: How far values may lie from the extractor's, in dB, down to this far below the loudest.
TOLERANCE_DB = 0.01
DEPTH_DB = 100.0

_FLOOR = 1e-10  # power; the extractor's, -100 dB
#: Frames transformed at once: with more, what they are made into leaves the processor's caches.
_AT_ONCE = 64
#: Filters that are weighed together: neighbours, which look at few bins between them.
_TOGETHER = 16

#: Slaney's scale: even steps below 1 kHz, from there 27 steps for each factor of 6.4.
_STEP_HZ = 200 / 3
_BREAK_HZ = 1000.0
_BREAK_MEL = _BREAK_HZ / _STEP_HZ
_LOG_STEP = np.log(6.4) / 27

Numbers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class MelSettings:
    """How a checkpoint wants its sound: the fields of `preprocessor_config.json`."""

    rate_hz: int
    window_s: float
    fft: int  #: Samples of a frame.
    hop: int  #: Samples from one frame to the next.
    mels: int
    lowest_hz: float
    highest_hz: float

    @property
    def samples(self) -> int:
        """Samples of a window."""
        return round(self.window_s * self.rate_hz)

    @property
    def frames(self) -> int:
        """Frames of a window; the first and the last lie half outside."""
        return self.samples // self.hop + 1


def read_settings(checkpoint: Checkpoint) -> MelSettings:
    """Read how a checkpoint wants its sound.

    Raises:
        ModelsMissing: its settings cannot be read, or are those of a fused CLAP.
    """
    try:
        values = json.loads((checkpoint.folder / "preprocessor_config.json").read_bytes())
        if values["truncation"] == "fusion":
            raise _unfit(checkpoint, "it is of the fused kind")
        return _settings(values)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise _unfit(checkpoint, "it cannot be read") from error


@dataclass(frozen=True, kw_only=True)
class _Band:
    """Neighbouring filters, and the bins that they look at."""

    mels: slice
    bins: slice  #: Of a spectrum, each bin two numbers: its real and its imaginary part.
    weights: NDArray[np.float32]  #: (bins, mels); each bin twice, so that the two are added.


class LogMel:
    """Sound to log-mel spectrograms, a window at a time; for one thread."""

    def __init__(self, settings: MelSettings) -> None:
        """Prepare filters, and memory that every window uses again."""
        self._settings = settings
        self._hann = _hann(settings.fft)
        self._bands = _bands(settings)
        self._framed = np.empty((_AT_ONCE, settings.fft), dtype=np.float32)
        self._spectra = np.empty((_AT_ONCE, settings.fft // 2 + 1), dtype=np.complex64)

    def __call__(self, window: Waveform) -> NDArray[np.float32]:
        """Transform a window.

        Args:
            window: float32, (samples,), in [-1, 1].

        Returns:
            float32, (1, frames, mels), power in dB of the square of full scale; -100 or more.
        """
        settings = self._settings
        padded = np.pad(window, settings.fft // 2, mode="reflect")
        frames = np.lib.stride_tricks.sliding_window_view(padded, settings.fft)[:: settings.hop]
        power = np.empty((1, len(frames), settings.mels), dtype=np.float32)
        for start in range(0, len(frames), _AT_ONCE):
            stop = start + _AT_ONCE
            self._weigh(frames[start:stop], power[0, start:stop])
        np.maximum(power, np.float32(_FLOOR), out=power)
        np.log10(power, out=power)
        power *= 10
        return power

    def _weigh(self, frames: Waveform, power: NDArray[np.float32]) -> None:
        """Put the power of frames, (m, fft), in each filter into `power`, (m, mels)."""
        framed, spectra = self._framed[: len(frames)], self._spectra[: len(frames)]
        np.multiply(frames, self._hann, out=framed)
        # With no norm, numpy 2 would multiply by a whole number, and compute in float64 for it.
        np.fft.rfft(framed, axis=1, norm="forward", out=spectra)  # type: ignore[arg-type]  # stubs know no complex64
        parts = spectra.view(np.float32)[:, : self._bands[-1].bins.stop]
        np.square(parts, out=parts)
        for band in self._bands:
            power[:, band.mels] = parts[:, band.bins] @ band.weights


@cache
def _hann(size: int) -> Waveform:
    """Hann's window, times what the transform's norm divides by."""
    window: Waveform = (size * np.hanning(size + 1)[:-1]).astype(np.float32)
    return window


@cache
def _bands(settings: MelSettings) -> tuple[_Band, ...]:
    starts = range(0, settings.mels, _TOGETHER)
    triangles = filters(settings)
    return tuple(_band(triangles, slice(start, start + _TOGETHER)) for start in starts)


def _band(filters: Numbers, mels: slice) -> _Band:
    mine = filters[:, mels]
    heard = np.flatnonzero(mine.any(axis=1))
    first, last = (int(heard[0]), int(heard[-1])) if heard.size else (0, 0)
    weights = np.repeat(mine[first : last + 1], 2, axis=0).astype(np.float32)
    return _Band(mels=mels, bins=slice(2 * first, 2 * last + 2), weights=weights)


def filters(settings: MelSettings) -> Numbers:
    """Slaney's triangles, each of area 1 over its frequencies, float64, (bins, mels)."""
    ends = (_mel(settings.lowest_hz), _mel(settings.highest_hz))
    corners = _hz(np.linspace(*ends, settings.mels + 2))
    frequencies = np.linspace(0, settings.rate_hz / 2, settings.fft // 2 + 1)[:, None]
    rising = (frequencies - corners[:-2]) / np.diff(corners)[:-1]
    falling = (corners[2:] - frequencies) / np.diff(corners)[1:]
    triangles = np.maximum(0, np.minimum(rising, falling))
    filters: Numbers = triangles * 2 / (corners[2:] - corners[:-2])
    return filters


def _mel(hz: float) -> float:
    if hz < _BREAK_HZ:
        return hz / _STEP_HZ
    return float(_BREAK_MEL + np.log(hz / _BREAK_HZ) / _LOG_STEP)


def _hz(mels: Numbers) -> Numbers:
    above = _BREAK_HZ * np.exp(_LOG_STEP * (mels - _BREAK_MEL))
    return np.where(mels < _BREAK_MEL, mels * _STEP_HZ, above)


def _settings(values: dict[str, Any]) -> MelSettings:
    return MelSettings(
        rate_hz=int(values["sampling_rate"]),
        window_s=float(values["max_length_s"]),
        fft=int(values["fft_window_size"]),
        hop=int(values["hop_length"]),
        mels=int(values["feature_size"]),
        lowest_hz=float(values["frequency_min"]),
        highest_hz=float(values["frequency_max"]),
    )


def _unfit(checkpoint: Checkpoint, reason: str) -> ModelsMissing:
    return ModelsMissing(
        f"preprocessor_config.json of {checkpoint.spec.repository} does not fit: {reason}; "
        "run `sightsong models pull`"
    )
