"""CLIP: photos and words to one space, each photo and each text once."""

import weakref
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import CLIPConfig, CLIPModel

from sightsong.core import embeddings
from sightsong.core.catalogue import Checkpoint
from sightsong.core.models import Filter, Fit, ModelCard, Photo, View
from workers.device import Device
from workers.models import scales
from workers.models.full import loading, pixels
from workers.models.full.batching import in_parts

Vector = NDArray[np.float32]

#: Tokens that the text encoder has places for, begin and end among them.
MOST_TOKENS = 77
#: Photos, and texts, in one pass: more does not make a processor faster, but it does a GPU.
_PART, _PART_CUDA = 32, 256
#: Texts whose vectors are remembered, 8 MB at most: the prompts and a few hundred mood labels.
_MOST_REMEMBERED = 4096


class Clip:
    """Photos and words to one space. Two models look at a photo, so vectors are remembered."""

    def __init__(self, checkpoint: Checkpoint, device: Device) -> None:
        """Load the weights.

        Raises:
            ModelsMissing: the checkpoint is no CLIP.
        """
        self._checkpoint = checkpoint
        self._device = device
        self._part = _PART_CUDA if device.is_cuda else _PART
        self._model = loading.load(CLIPModel, CLIPConfig, checkpoint, device)
        self._tokenizer = loading.read_tokenizer(checkpoint)
        settings = self._model.config
        self.dimension: int = settings.projection_dim
        self.view = View(
            side_px=settings.vision_config.image_size, fit=Fit.CROP, filter=Filter.BICUBIC
        )
        self._seen: weakref.WeakKeyDictionary[Photo, Vector] = weakref.WeakKeyDictionary()
        self._said: OrderedDict[str, Vector] = OrderedDict()

    def card(self, task: str) -> ModelCard:
        """Describe this checkpoint, at one of its tasks."""
        return loading.card(self._checkpoint, task=task)

    def image(self, photos: Sequence[Photo]) -> Vector:
        """Embed photos: float32, (n, d), unit norm."""
        fresh = [photo for photo in dict.fromkeys(photos) if photo not in self._seen]
        vectors = in_parts(self._look, fresh, most=self._part)
        self._seen.update(zip(fresh, vectors, strict=True))
        return self._stack([self._seen[photo] for photo in photos])

    def text(self, texts: Sequence[str]) -> Vector:
        """Embed texts: float32, (n, d), unit norm. What is beyond 77 tokens is cut off."""
        fresh = [text for text in dict.fromkeys(texts) if text not in self._said]
        found = {text: self._said[text] for text in texts if text in self._said}
        found.update(self._read_all(fresh))
        self._remember(found)
        return self._stack([found[text] for text in texts])

    def together(self, prompts: Sequence[str]) -> Vector:
        """Embed what prompts have in common, their mean direction: float32, (d,), unit norm."""
        return embeddings.unit(self.text(prompts).mean(axis=0, dtype=np.float64))

    def _read_all(self, texts: Sequence[str]) -> dict[str, Vector]:
        if not texts:
            return {}
        words = self._tokenizer(list(texts), truncation=True, max_length=MOST_TOKENS)["input_ids"]
        # Texts of like length stand together, so that little is padded.
        pairs = sorted(zip(texts, words, strict=True), key=lambda pair: len(pair[1]))
        vectors = in_parts(self._read, [tokens for _, tokens in pairs], most=self._part)
        return {text: vector for (text, _), vector in zip(pairs, vectors, strict=True)}

    def _remember(self, found: dict[str, Vector]) -> None:
        for text, vector in found.items():
            self._said[text] = vector
            self._said.move_to_end(text)
        while len(self._said) > _MOST_REMEMBERED:
            self._said.popitem(last=False)

    def _look(self, photos: Sequence[Photo]) -> list[Vector]:
        batch = pixels.batch(photos, self.view, self._device, scale=scales.CLIP)
        with torch.inference_mode():
            pooled = self._model.vision_model(pixel_values=batch).pooler_output
            return _unit(self._model.visual_projection(pooled))

    def _read(self, texts: Sequence[Sequence[int]]) -> list[Vector]:
        # Padded at the end, where no mask is needed: words look back only, and a text is read at
        # its first end token.
        longest = max(len(tokens) for tokens in texts)
        end = self._tokenizer.eos_token_id
        padded = [[*tokens, *[end] * (longest - len(tokens))] for tokens in texts]
        words = torch.tensor(padded, device=self._device.place)
        with torch.inference_mode():
            pooled = self._model.text_model(input_ids=words).pooler_output
            return _unit(self._model.text_projection(pooled))

    def _stack(self, vectors: Sequence[Vector]) -> Vector:
        return np.stack(vectors) if vectors else np.zeros((0, self.dimension), dtype=np.float32)


def _unit(vectors: torch.Tensor) -> list[Vector]:
    # Copied: a remembered vector must not keep those of its whole batch.
    return [
        row.copy() for row in torch.nn.functional.normalize(vectors.float(), dim=-1).cpu().numpy()
    ]
