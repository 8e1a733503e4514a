"""An emotion classifier of the user's own: a folder as `training/` and the Hugging Face hub make.

config.json               `model_type` resnet, efficientnet or convnext; `id2label`, the emotions
model.safetensors
preprocessor_config.json  where pixels are not prepared as for ImageNet
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import (
    ConvNextConfig,
    ConvNextForImageClassification,
    EfficientNetConfig,
    EfficientNetForImageClassification,
    ResNetConfig,
    ResNetForImageClassification,
)

from sightsong.adapters import disk
from sightsong.core.affect import Emotion, EmotionReading
from sightsong.core.catalogue import Checkpoint, ModelSpec, Task
from sightsong.core.errors import ModelsMissing
from sightsong.core.models import ModelCard, Photo, View
from workers.device import Device
from workers.models.full import loading, pixels
from workers.models.full.batching import in_parts
from workers.models.full.preparation import SETTING, read_object, read_preparation, unusable
from workers.models.full.shares import reading, softmax

_ARCHITECTURES = {
    "resnet": (ResNetForImageClassification, ResNetConfig),
    "efficientnet": (EfficientNetForImageClassification, EfficientNetConfig),
    "convnext": (ConvNextForImageClassification, ConvNextConfig),
}
#: Photos in one pass on a CPU, and on a GPU.
_PART, _PART_CUDA = 16, 128
_REVISION_LETTERS = 12


class CheckpointEmotion:
    """Photo to emotion by a classifier trained on photos with shares of the six emotions."""

    def __init__(self, folder: Path, device: Device) -> None:
        """Load the weights.

        Raises:
            ConfigurationError: the folder holds no classifier of the six emotions.
        """
        settings = read_object(folder / "config.json")
        self._order = _order(settings)
        self._device = device
        self._part = _PART_CUDA if device.is_cuda else _PART
        self._model = _model(folder, settings, device)
        self._prepare = read_preparation(folder)
        self.views: tuple[View, ...] = (self._prepare.view,)
        self.card = ModelCard(
            id=f"local/{folder.resolve().name}",
            revision=_revision(folder),
            task="emotion",
            licence="of your own",
            source=f"{settings['model_type']} of {SETTING}, six emotions as shares",
        )

    def predict(self, photos: Sequence[Photo]) -> list[EmotionReading]:
        """Read the emotion of each photo."""
        return in_parts(self._predict, photos, most=self._part)

    def _predict(self, photos: Sequence[Photo]) -> list[EmotionReading]:
        prepare = self._prepare
        batch = pixels.batch(photos, prepare.view, self._device, scale=prepare.scale)
        off = (prepare.view.side_px - prepare.crop_px) // 2
        middle = slice(off, off + prepare.crop_px)
        with torch.inference_mode():
            logits = self._model(pixel_values=batch[:, :, middle, middle]).logits
        shares = [softmax(row) for row in logits.float().cpu().numpy()]
        return [reading(dict(zip(self._order, row, strict=True))) for row in shares]


def _order(settings: Mapping[str, Any]) -> tuple[Emotion, ...]:
    """The emotion of each output."""
    try:
        labels = sorted((int(at), str(name)) for at, name in settings["id2label"].items())
        order = tuple(Emotion(name.lower()) for _, name in labels)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise unusable(f"id2label must name {', '.join(Emotion)}") from error
    if sorted(order) != sorted(Emotion) or [at for at, _ in labels] != list(range(len(order))):
        raise unusable(f"id2label must name {', '.join(Emotion)}, each once")
    return order


def _model(folder: Path, settings: Mapping[str, Any], device: Device) -> Any:  # noqa: ANN401
    kind = settings.get("model_type")
    if kind not in _ARCHITECTURES:
        raise unusable(f"model_type is {kind!r}; it may be {', '.join(_ARCHITECTURES)}")
    spec = ModelSpec(
        repository=f"local/{folder.name}",
        revision="",
        task=Task.VISION,
        licence="",
        source="",
        inputs="",
        dimension=len(Emotion),
        files=("config.json",),
    )
    model, config = _ARCHITECTURES[kind]
    try:
        found = Checkpoint(spec=spec, folder=folder, revision="")
        return loading.load(model, config, found, device).to(memory_format=torch.channels_last)
    except ModelsMissing as error:
        raise unusable("model.safetensors does not fit config.json, or is not there") from error


def _revision(folder: Path) -> str:
    """Name the state of the whole folder: weights, labels and preparation."""
    names = ("config.json", "model.safetensors", "preprocessor_config.json")
    digests = [disk.sha256_of(folder / name) for name in names if (folder / name).is_file()]
    return hashlib.sha256("".join(digests).encode()).hexdigest()[:_REVISION_LETTERS]
