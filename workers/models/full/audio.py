"""CLAP's ears: what was heard of whole tracks to vectors, window by window.

The windows are those that are played and explained (`workers.media.windows`), never a random crop.
They go to the model as the extractor of transformers hands them over. LAION's first code rounds
samples to 16 bits before that; transformers leaves it out, and so do we.
"""

from collections.abc import Callable, Sequence
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import ClapAudioModelWithProjection, ClapConfig

from sightsong.core import catalogue
from sightsong.core.catalogue import Checkpoint
from sightsong.core.embeddings import unit
from sightsong.core.models import Heard, Listener, TrackReading, nothing
from workers.device import Device
from workers.models.full import loading, logmel
from workers.models.full.batching import in_parts
from workers.models.full.listening import MelListener

#: Windows that one pass takes on a CPU, where more would leave its caches, and on a GPU.
_PART, _PART_CUDA = 4, 64

Spectrogram = NDArray[np.float32]
"""float32, (1, frames, mels), of one window."""
Vector = NDArray[np.float32]
"""float32, (d,), unit norm."""


class ClapAudio:
    """Music to the space of words; how a track feels was heard by the listener."""

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
        self.listener: Listener = MelListener(settings=logmel.read_settings(checkpoint))
        self._device = device
        self._part = _PART_CUDA if device.is_cuda else _PART
        self._model = loading.load(_audio_half, ClapConfig, checkpoint, device)

    def read(
        self, heard: Sequence[Heard], *, between: Callable[[], None] = nothing
    ) -> list[TrackReading]:
        """Embed whole tracks, their windows in common batches, with `between` called after each."""
        # Rows are views: what is made of them is never held for more than a part.
        rows = [row for one in heard for row in one.windows]
        vectors = iter(in_parts(self._forward, rows, most=self._part, between=between))
        return [_reading(one, list(islice(vectors, len(one.windows)))) for one in heard]

    def _forward(self, rows: Sequence[Spectrogram]) -> list[Vector]:
        batch = torch.empty((len(rows), *rows[0].shape), pin_memory=self._device.is_cuda)
        np.stack(rows, out=batch.numpy())
        with torch.inference_mode():
            seen = batch.to(self._device.place, non_blocking=True).to(self._device.dtype)
            found = self._model(seen).audio_embeds
        return list(unit(found.float().cpu().numpy()))


def _reading(heard: Heard, vectors: Sequence[Vector]) -> TrackReading:
    found = np.stack(vectors)
    return TrackReading(
        vector=unit(found.mean(axis=0, dtype=np.float64)),
        windows=found,
        window_starts_s=heard.window_starts_s,
        affect=heard.affect,
        descriptors=heard.descriptors,
    )


def _audio_half(config: ClapConfig) -> ClapAudioModelWithProjection:
    return ClapAudioModelWithProjection(config.audio_config)
