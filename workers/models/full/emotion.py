"""Emotion of a photo: CLIP asked about the six emotions, or a classifier of the user's own."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sightsong.adapters.weights.own import OwnClassifier, Runtime
from sightsong.core import embeddings
from sightsong.core.affect import Emotion, EmotionReading
from sightsong.core.models import ModelCard, Photo, View
from workers.device import Device
from workers.models.full import prompts
from workers.models.full.clip import Clip
from workers.models.full.emotion_checkpoint import CheckpointEmotion
from workers.models.own.opening import onnx_emotion
from workers.models.own.port import OwnEmotion
from workers.models.shares import reading, softmax


class ClipEmotion:
    """Photo to emotion without training: how near it is to what people say of each emotion."""

    def __init__(self, clip: Clip) -> None:
        card = clip.card("emotion")
        self.card: ModelCard = replace(
            card, revision=f"{card.revision}+{prompts.emotions_digest()}"
        )
        self.views: tuple[View, ...] = (clip.view,)
        self._clip = clip
        self._words = _words(clip)

    def predict(self, photos: Sequence[Photo]) -> list[EmotionReading]:
        """Read the emotion of each photo."""
        return [self._read(image) for image in self._clip.image(photos)]

    def _read(self, image: NDArray[np.float32]) -> EmotionReading:
        similarities = embeddings.cosine(image, self._words)
        shares = softmax(similarities / prompts.EMOTION_TEMPERATURE)
        return reading(dict(zip(Emotion, shares, strict=True)))


def emotion_model(
    clip: Clip, own: OwnClassifier | None, device: Device
) -> ClipEmotion | OwnEmotion:
    """Choose the emotion model: the classifier of the user's own if there is one, else CLIP.

    Raises:
        ConfigurationError: it cannot be used, or needs onnxruntime, which is not installed.
    """
    if own is None:
        return ClipEmotion(clip)
    if own.runtime is Runtime.TORCH:
        return CheckpointEmotion(own, device)
    return onnx_emotion(own, device=str(device.place), threads=device.threads)


def _words(clip: Clip) -> NDArray[np.float32]:
    """Embed the emotions: float32, (6, d), unit norm; all prompts at once, to fill the batches."""
    clip.text([prompt for emotion in Emotion for prompt in prompts.emotion_prompts(emotion)])
    return np.stack([clip.together(prompts.emotion_prompts(emotion)) for emotion in Emotion])
