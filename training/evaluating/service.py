"""Models of photos as the service has them, and classifiers that were trained elsewhere.

What is measured here is what the service answers: six emotions of four decimals, and valence and
arousal, which a model that knows none takes from the places of the emotions.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from sightsong.adapters import weights
from sightsong.core.affect import Emotion
from sightsong.core.errors import ConfigurationError
from sightsong.core.models import EmotionModel, ModelCard, Photo, Pixels
from training.errors import RunRefused
from training.evaluating.own import Runtime
from training.evaluating.reads import Reads
from training.measuring.predictions import Reading
from workers.models.own.opening import onnx_emotion

_WANTED: Mapping[Runtime, Literal["auto", "torch", "onnx"]] = {
    Runtime.AUTO: "auto",
    Runtime.TORCH: "torch",
    Runtime.ONNX: "onnx",
}


class Photos:
    """A model of photos behind the service's port."""

    classes = tuple(emotion.value for emotion in Emotion)

    def __init__(self, name: str, model: EmotionModel) -> None:
        self.name, self._model = name, model
        self.facts = facts_of(model.card)

    def read(self, pictures: Sequence[Pixels]) -> Reading:
        """Read photos as the service does."""
        read = self._model.predict([Photo(pixels=picture) for picture in pictures])
        return Reading(
            classes=self.classes,
            shares=np.array([[one.distribution[emotion] for emotion in Emotion] for one in read]),
            affect=np.array([(one.affect.valence, one.affect.arousal) for one in read]),
        )


def open_foreign(folder: Path, runtime: Runtime) -> Reads:
    """Open a classifier that was not trained here, as a worker does.

    Args:
        folder: as `SIGHTSONG_EMOTION_CHECKPOINT` takes it.
        runtime: what is to run it.

    Raises:
        RunRefused: it cannot be used, or not by this runtime.
    """
    try:
        found = weights.own_classifier(folder, wanted=_WANTED[runtime], has_torch=True)
        if found is None:
            raise RunRefused(f"{folder} holds no classifier")
        return Photos(folder.resolve().name, _model(found))
    except ConfigurationError as error:
        raise RunRefused(f"{folder}: {error.detail}") from error


def _model(found: weights.own.OwnClassifier) -> EmotionModel:
    if found.runtime is weights.own.Runtime.ONNX:
        return onnx_emotion(found, device="cpu", threads=0)
    # Only where it is asked for: all else is evaluated without torch.
    from workers import device  # noqa: PLC0415
    from workers.models.full.emotion_checkpoint import CheckpointEmotion  # noqa: PLC0415

    return CheckpointEmotion(found, device.choose("cpu", precision="fp32"))


def facts_of(card: ModelCard) -> Mapping[str, str]:
    """Tell which model it is, for a report."""
    return {"model": f"{card.id} @ {card.revision}", "source": card.source}
