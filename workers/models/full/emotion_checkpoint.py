"""A classifier of the user's own that torch runs; `weights.own` says what lies in its folder."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import nn
from transformers import (
    ConvNextConfig,
    ConvNextForImageClassification,
    EfficientNetConfig,
    EfficientNetForImageClassification,
    ResNetConfig,
    ResNetForImageClassification,
)

from sightsong.adapters.weights.own import OwnClassifier, unusable
from sightsong.core.affect import EmotionReading
from sightsong.core.catalogue import Checkpoint, ModelSpec, Task
from sightsong.core.errors import ModelsMissing, TaskFailed
from sightsong.core.models import Photo, View
from workers.device import Device
from workers.models.full import loading, pixels
from workers.models.full.batching import in_parts
from workers.models.own.card import card_of
from workers.models.own.outputs import AFFECT_COUNT, Outputs, read_outputs
from workers.models.own.preparation import read_preparation

#: By the kinds of `own.TORCH_KINDS`.
ARCHITECTURES = {
    "resnet": (ResNetForImageClassification, ResNetConfig),
    "efficientnet": (EfficientNetForImageClassification, EfficientNetConfig),
    "convnext": (ConvNextForImageClassification, ConvNextConfig),
}
#: Photos in one pass on a CPU, and on a GPU.
_PART, _PART_CUDA = 16, 128
_GREY = 128


class CheckpointEmotion:
    """Photo to emotion by a classifier trained on photos with shares of the emotions."""

    def __init__(self, found: OwnClassifier, device: Device) -> None:
        """Load the weights.

        Args:
            found: the classifier; torch knows its kind, and it has a `model.safetensors`.
            device: where it runs.

        Raises:
            ConfigurationError: the folder holds no classifier of the six emotions.
        """
        self._outputs = read_outputs(found.config)
        self._device = device
        self._part = _PART_CUDA if device.is_cuda else _PART
        self._prepare = read_preparation(found.folder)
        self._model = _model(found, device, self._outputs)
        self.views: tuple[View, ...] = (self._prepare.view,)
        self._try()
        self.card = card_of(found, self._outputs, runs_on=f"torch on {device.name}")

    @property
    def takes_cores(self) -> int:
        """How many cores it takes; a GPU takes none of them."""
        return 0 if self._device.is_cuda else self._device.threads

    def predict(self, photos: Sequence[Photo]) -> list[EmotionReading]:
        """Read the emotion of each photo."""
        return in_parts(self._predict, photos, most=self._part)

    def _predict(self, photos: Sequence[Photo]) -> list[EmotionReading]:
        prepare = self._prepare
        batch = pixels.tensor(prepare.squares(photos), self._device, scale=prepare.scale)
        with torch.inference_mode():
            logits = self._model(pixel_values=batch).logits
        return [self._outputs.read(row) for row in logits.float().cpu().numpy()]

    def _try(self) -> None:
        """Run the network on a grey square.

        Raises:
            ConfigurationError: it gives no numbers.
        """
        side = self._prepare.view.side_px
        grey = Photo(pixels=np.full((side, side, 3), _GREY, dtype=np.uint8))
        try:
            self._predict([grey])
        except TaskFailed as error:
            raise unusable("model.safetensors: numbers that are none come out of it") from error


def _model(found: OwnClassifier, device: Device, outputs: Outputs) -> Any:  # noqa: ANN401
    spec = ModelSpec(
        repository=f"local/{found.folder.name}",
        revision="",
        task=Task.VISION,
        licence="",
        source="",
        inputs="",
        dimension=len(outputs.classes),
        files=("config.json",),
    )
    model, config = ARCHITECTURES[found.kind]
    try:
        checkpoint = Checkpoint(spec=spec, folder=found.folder, revision="")
        loaded = loading.load(model, config, checkpoint, device)
        if outputs.has_affect:
            _widen(loaded, found, device)
    except ModelsMissing as error:
        raise unusable("model.safetensors does not fit config.json") from error
    return loaded.to(memory_format=torch.channels_last)


def _widen(model: Any, found: OwnClassifier, device: Device) -> None:  # noqa: ANN401
    """Let the last layer give valence and arousal too; their rows lie apart in the file.

    Raises:
        ModelsMissing: they are not there, or of another shape.
    """
    *_, last = (part for part in model.classifier.modules() if isinstance(part, nn.Linear))
    shapes = {"weight": (AFFECT_COUNT, last.in_features), "bias": (AFFECT_COUNT,)}
    try:
        with safe_open(found.weights, framework="pt") as file:
            rows = {name: file.get_tensor(f"affect.{name}") for name in shapes}
    except (OSError, SafetensorError) as error:
        raise ModelsMissing("the rows of valence and arousal are not there") from error
    for name, shape in shapes.items():
        if tuple(rows[name].shape) != shape:
            raise ModelsMissing("the rows of valence and arousal are of another shape")
        placed = rows[name].to(device=device.place, dtype=device.dtype)
        both = torch.cat([getattr(last, name).data, placed])
        setattr(last, name, nn.Parameter(both, requires_grad=False))
    last.out_features += AFFECT_COUNT
