"""Expressions of faces: a ViT over the seven classes of FER-2013."""

from collections.abc import Sequence

import torch
from transformers import ViTConfig, ViTForImageClassification

from sightsong.core.affect import Emotion
from sightsong.core.blend import FACE_CLASSES, NEUTRAL
from sightsong.core.catalogue import Checkpoint
from sightsong.core.errors import ModelsMissing
from sightsong.core.models import Filter, Fit, Pixels, View
from workers.device import Device
from workers.media import views
from workers.models import scales
from workers.models.full import loading, pixels
from workers.models.full.batching import in_parts
from workers.models.shares import softmax

#: Faces in one pass on a CPU, and on a GPU.
_PART, _PART_CUDA = 8, 128

_WORDS = {
    "angry": Emotion.ANGER.value,
    "anger": Emotion.ANGER.value,
    "disgust": Emotion.DISGUST.value,
    "disgusted": Emotion.DISGUST.value,
    "fear": Emotion.FEAR.value,
    "fearful": Emotion.FEAR.value,
    "happy": Emotion.JOY.value,
    "happiness": Emotion.JOY.value,
    "joy": Emotion.JOY.value,
    "sad": Emotion.SADNESS.value,
    "sadness": Emotion.SADNESS.value,
    "surprise": Emotion.SURPRISE.value,
    "surprised": Emotion.SURPRISE.value,
    "neutral": NEUTRAL,
}
"""What checkpoints call the seven classes."""


class ExpressionModel:
    """Faces to shares of the seven expressions."""

    def __init__(self, checkpoint: Checkpoint, device: Device) -> None:
        """Load the weights.

        Raises:
            ModelsMissing: the checkpoint is no ViT over the seven classes.
        """
        self.card = loading.card(checkpoint, task="faces")
        self.device = device
        self._part = _PART_CUDA if device.is_cuda else _PART
        self._model = loading.load(ViTForImageClassification, ViTConfig, checkpoint, device)
        self.view = View(
            side_px=self._model.config.image_size, fit=Fit.SQUASH, filter=Filter.BILINEAR
        )
        self._order = _order(self._model.config.id2label, checkpoint)

    def read(self, faces: Sequence[Pixels]) -> list[dict[str, float]]:
        """Read the expression of each face.

        Args:
            faces: uint8, (height, width, 3), RGB, of any size; cut to the face.

        Returns:
            Shares by `FACE_CLASSES`, in that order; each sums to 1.
        """
        return in_parts(self._read, faces, most=self._part)

    def _read(self, faces: Sequence[Pixels]) -> list[dict[str, float]]:
        squares = [views.make_view(face, self.view) for face in faces]
        batch = pixels.tensor(squares, self.device, scale=scales.HALF)
        with torch.inference_mode():
            logits = self._model(pixel_values=batch).logits.float().cpu().numpy()
        rows = [dict(zip(self._order, softmax(row), strict=True)) for row in logits]
        return [{name: row[name] for name in FACE_CLASSES} for row in rows]


def _order(labels: dict[int, str], checkpoint: Checkpoint) -> tuple[str, ...]:
    """Our name of each output of the model."""
    order = tuple(_WORDS.get(labels[at].lower(), "") for at in sorted(labels))
    if sorted(order) != sorted(FACE_CLASSES):
        raise ModelsMissing(
            f"{checkpoint.spec.repository} names the expressions {', '.join(labels.values())}, not "
            "the seven of FER-2013; run `sightsong models pull`"
        )
    return order
