"""CLAP's ears: whole tracks to vectors, window by window.

The windows are those that are played and explained (`workers.media.windows`), never a random crop.
They go to the model as the extractor of transformers hands them over. LAION's first code rounds
samples to 16 bits before that; transformers leaves it out, and so do we.
"""

from collections.abc import Sequence
from itertools import islice

import numpy as np
import soxr
import torch
from numpy.typing import NDArray
from transformers import ClapAudioModelWithProjection, ClapConfig

from sightsong.core import catalogue
from sightsong.core.catalogue import Checkpoint
from sightsong.core.embeddings import unit
from sightsong.core.errors import SilentAudio
from sightsong.core.models import TrackReading, Waveform
from workers.device import Device
from workers.media import windows
from workers.models.full import loading, logmel
from workers.models.full.batching import in_parts
from workers.models.full.logmel import LogMel
from workers.models.lite import spectra, track

#: Windows that one pass takes on a CPU, where more would leave its caches, and on a GPU.
_PART, _PART_CUDA = 4, 64

Samples = NDArray[np.float32]
"""float32, (n_samples_of_a_window,)."""
Vector = NDArray[np.float32]
"""float32, (d,), unit norm."""
Starts = tuple[float, ...]
"""Where the windows of a track begin, in seconds."""


class ClapAudio:
    """Music to the space of words.

    How a track feels is not asked of CLAP: its likeness to words for and against a feeling has no
    scale until it is fitted to labels. The lite profile's reading of the sound has one, and has
    been held against labels (`docs/models/lite.md`); it is given here too.
    """

    def __init__(self, checkpoint: Checkpoint, device: Device) -> None:
        """Load the weights.

        Args:
            checkpoint: of `ClapModel`, unfused; its audio half is read.
            device: where it runs.

        Raises:
            ModelsMissing: the checkpoint does not fit.
        """
        self.card = loading.card(checkpoint, task="audio")
        self.space = catalogue.space_of(checkpoint)
        settings = logmel.read_settings(checkpoint)
        self.sample_rate_hz = settings.rate_hz
        self._window_s = settings.window_s
        self._device = device
        self._part = _PART_CUDA if device.is_cuda else _PART
        self._logmel = LogMel(settings, device.place)
        self._model = loading.load(_audio_half, ClapConfig, checkpoint, device)

    def read(self, waveforms: Sequence[Waveform]) -> list[TrackReading]:
        """Embed and describe whole tracks, their windows in common batches.

        Raises:
            SilentAudio: no ten seconds of a track are louder than -60 dB; not retried.
        """
        readings = []
        for reading in self.read_each(waveforms):
            if isinstance(reading, SilentAudio):
                raise reading
            readings.append(reading)
        return readings

    def read_each(self, waveforms: Sequence[Waveform]) -> list[TrackReading | SilentAudio]:
        """Embed and describe whole tracks; one without sound gets an error in its place."""
        starts_s, vectors = self._embedded(waveforms)
        rest = iter(vectors)
        return [
            self._reading(waveform, starts, list(islice(rest, len(starts))))
            for waveform, starts in zip(waveforms, starts_s, strict=True)
        ]

    def _embedded(self, waveforms: Sequence[Waveform]) -> tuple[list[Starts], list[Vector]]:
        """Embed the windows of all tracks; gone with it are the copies that `cut` may make."""
        cuts = [windows.cut(w, self.sample_rate_hz, window_s=self._window_s) for w in waveforms]
        # Rows are views: what is made of them is never held for more than a part.
        rows = [row for _, kept in cuts for row in kept]
        return [starts for starts, _ in cuts], in_parts(self._forward, rows, most=self._part)

    def _reading(
        self, waveform: Waveform, starts_s: Starts, vectors: Sequence[Vector]
    ) -> TrackReading | SilentAudio:
        if not vectors:
            return SilentAudio()
        found = np.stack(vectors)
        affect, descriptors = track.describe(
            soxr.resample(waveform, self.sample_rate_hz, spectra.RATE_HZ, quality="HQ")
        )
        return TrackReading(
            vector=unit(found.mean(axis=0, dtype=np.float64)),
            windows=found,
            window_starts_s=starts_s,
            affect=affect,
            descriptors=descriptors,
        )

    def _forward(self, rows: Sequence[Samples]) -> list[Vector]:
        batch = torch.empty((len(rows), len(rows[0])), pin_memory=self._device.is_cuda)
        np.stack(rows, out=batch.numpy())
        with torch.inference_mode():
            heard = self._logmel(batch.to(self._device.place, non_blocking=True))
            found = self._model(heard.to(self._device.dtype)).audio_embeds
        return list(unit(found.float().cpu().numpy()))


def _audio_half(config: ClapConfig) -> ClapAudioModelWithProjection:
    return ClapAudioModelWithProjection(config.audio_config)
