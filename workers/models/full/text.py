"""CLAP's words: phrases to the space that music is embedded in."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.utils.rnn import pad_sequence
from transformers import ClapConfig, ClapTextModelWithProjection

from sightsong.core import catalogue
from sightsong.core.affect import Affect
from sightsong.core.catalogue import Checkpoint
from sightsong.core.embeddings import unit
from workers.device import Device
from workers.models.full import loading
from workers.models.full.batching import in_parts

#: What CLAP was trained on; the rest of a longer text is left out.
MOST_TOKENS = 77

#: Texts that one pass takes on a CPU, and on a GPU.
_PART, _PART_CUDA = 32, 256
#: Vectors that are remembered: 8 MB. The phrases of the prompt table come with every photo.
_KEPT = 4096

Tokens = list[int]
Vector = NDArray[np.float32]


class ClapText:
    """Words to the space of music; a text that is remembered is not embedded again."""

    def __init__(self, checkpoint: Checkpoint, device: Device, *, kept: int = _KEPT) -> None:
        """Load the weights.

        Args:
            checkpoint: of `ClapModel`; its text half is read.
            device: where it runs.
            kept: how many vectors are remembered: those used last.

        Raises:
            ModelsMissing: the checkpoint does not fit.
        """
        self.card = loading.card(checkpoint, task="text")
        self.space = catalogue.space_of(checkpoint)
        self._place = device.place
        self._part = _PART_CUDA if device.is_cuda else _PART
        self._model = loading.load(_text_half, ClapConfig, checkpoint, device)
        self._tokenizer = loading.read_tokenizer(checkpoint)
        self._kept = kept
        self._seen: dict[str, Vector] = {}  # the one used last comes last

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts.

        Args:
            texts: any number; what lies beyond 77 tokens of one is left out.

        Returns:
            float32, (n, d), unit norm. A text gives the same vector alone and in company, but for
            the rounding of the device's arithmetic.
        """
        if not texts:
            return np.zeros((0, self._model.config.projection_dim), dtype=np.float32)
        known = {text: self._seen[text] for text in texts if text in self._seen}
        new = dict.fromkeys(text for text in texts if text not in known)
        found = known | self._embedded(new)
        self._remember(found)
        return np.stack([found[text] for text in texts])

    def feel(self, texts: Sequence[str]) -> list[Affect | None]:
        """Tell nothing: music is near a text or far, and nobody taught this model why."""
        return [None for _ in texts]

    def understands(self, text: str) -> bool:
        """Whether there is a letter or a digit, of any script."""
        return any(char.isalnum() for char in text)

    def _embedded(self, texts: Iterable[str]) -> dict[str, Vector]:
        """Embed texts in parts of like length: the padding of short ones would be work too."""
        tokens = {text: self._tokens(text) for text in texts}
        ordered = sorted(tokens, key=lambda text: len(tokens[text]))
        vectors = in_parts(self._forward, [tokens[text] for text in ordered], most=self._part)
        return dict(zip(ordered, vectors, strict=True))

    def _tokens(self, text: str) -> Tokens:
        tokens: Tokens = self._tokenizer(text, truncation=True, max_length=MOST_TOKENS)["input_ids"]
        return tokens

    def _forward(self, texts: Sequence[Tokens]) -> list[Vector]:
        rows = [torch.tensor(tokens) for tokens in texts]
        padding = self._tokenizer.pad_token_id
        # By length, not by token: a text may hold the padding token's own name.
        mask = pad_sequence([torch.ones_like(row) for row in rows], batch_first=True)
        ids = pad_sequence(rows, batch_first=True, padding_value=padding)
        with torch.inference_mode():
            found = self._model(input_ids=ids.to(self._place), attention_mask=mask.to(self._place))
        vectors = unit(found.text_embeds.float().cpu().numpy())
        return [vector.copy() for vector in vectors]  # not views that keep the whole part alive

    def _remember(self, vectors: Mapping[str, Vector]) -> None:
        for text, vector in vectors.items():
            self._seen.pop(text, None)
            self._seen[text] = vector
        for text in list(self._seen)[: -self._kept]:
            del self._seen[text]


def _text_half(config: ClapConfig) -> ClapTextModelWithProjection:
    return ClapTextModelWithProjection(config.text_config)
