"""Windows of sound to log-mel spectrograms, many at a time: what CLAP listens to.

The numbers are those of `ClapFeatureExtractor` in its unfused form, which computes each frame by
itself in float64. Here a window's frames are one batch in float32, on the device where the model
is, and only the bins that the filters look at go on. The two agree to `TOLERANCE_DB`, except for
what lies more than `DEPTH_DB` below the loudest of its window, where float32 ends: there music
differs by some hundredths of a decibel, and a tone without any noise by half of one.
"""

import json
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own name for it)
from transformers.audio_utils import mel_filter_bank

from sightsong.core.catalogue import Checkpoint
from sightsong.core.errors import ModelsMissing

#: How far values may lie from the extractor's, in dB, down to this far below the loudest.
TOLERANCE_DB = 0.01
DEPTH_DB = 100.0

_FLOOR = 1e-10  # power; the extractor's, -100 dB
#: Frames transformed at once on a CPU: with more, 3.1 ms a window become 4.9, as caches overflow.
_PART = 256


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


class LogMel:
    """Sound to log-mel spectrograms."""

    def __init__(self, settings: MelSettings, place: torch.device) -> None:
        """Prepare filters.

        Args:
            settings: of the checkpoint.
            place: where windows are, and where they are transformed.
        """
        self._settings = settings
        self._is_cpu = place.type == "cpu"
        self._hann = torch.hann_window(settings.fft, dtype=torch.float64).to(place, torch.float32)
        filters = _filters(settings)
        heard = filters.any(dim=1).nonzero()
        self._bins = slice(int(heard[0]), int(heard[-1]) + 1)
        # Each bin twice, for its real and its imaginary part: squaring, adding the two and
        # weighing the bins are then one product over what lies side by side in memory.
        doubled = filters[self._bins].repeat_interleave(2, dim=0)
        self._filters = doubled.to(place, torch.float32)

    def __call__(self, windows: torch.Tensor) -> torch.Tensor:
        """Transform windows.

        Args:
            windows: float32, (n, samples), in [-1, 1].

        Returns:
            float32, (n, 1, frames, mels), power in dB of the square of full scale; -100 or more.
        """
        half = self._settings.fft // 2
        padded = F.pad(windows[:, None], (half, half), mode="reflect")
        frames = padded.unfold(-1, self._settings.fft, self._settings.hop)  # a view
        at_once = max(1, _PART // len(windows)) if self._is_cpu else frames.shape[2]
        power = [self._power(part) for part in frames.split(at_once, dim=2)]
        return torch.cat(power, dim=2).clamp_min_(_FLOOR).log10_().mul_(10)

    def _power(self, frames: torch.Tensor) -> torch.Tensor:
        """Transform frames, (n, 1, m, fft), to the power in each filter, (n, 1, m, mels)."""
        spectra = torch.view_as_real(torch.fft.rfft(frames * self._hann))[..., self._bins, :]
        return spectra.flatten(-2).square() @ self._filters


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


def _filters(settings: MelSettings) -> torch.Tensor:
    """Slaney's triangles, float64, (bins, mels)."""
    filters = mel_filter_bank(
        num_frequency_bins=settings.fft // 2 + 1,
        num_mel_filters=settings.mels,
        min_frequency=settings.lowest_hz,
        max_frequency=settings.highest_hz,
        sampling_rate=settings.rate_hz,
        norm="slaney",
        mel_scale="slaney",
    )
    return torch.from_numpy(filters)


def _unfit(checkpoint: Checkpoint, reason: str) -> ModelsMissing:
    return ModelsMissing(
        f"preprocessor_config.json of {checkpoint.spec.repository} does not fit: {reason}; "
        "run `sightsong models pull`"
    )
