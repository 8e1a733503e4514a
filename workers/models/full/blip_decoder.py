"""BLIP's text decoder, run greedily for several captions of each photo at once.

The published weights in the shapes of `transformers` (`BlipTextLMHeadModel`), in a loop of our own:
a photo's keys and values are computed once and shared by its captions, a step's queries, keys and
values come from one product, and captions that begin with different words run in one batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own name for it)
from torch import nn

from workers.models.full import attention

#: Keys and values, each (n, heads, length, d).
Memory = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Where a caption ends."""

    end_token: int
    new_tokens: int  #: At most so many are added to the prompt.


class Decoder:
    """Photos as the vision encoder saw them to tokens."""

    def __init__(self, model: nn.Module) -> None:
        """Take the weights from a `BlipTextLMHeadModel`, which is not needed afterwards."""
        bert, head = model.bert, model.cls.predictions
        self._words = bert.embeddings.word_embeddings.weight  # (vocabulary, d)
        self._places = bert.embeddings.position_embeddings.weight  # (positions, d)
        self._norm = bert.embeddings.LayerNorm
        self._heads: int = bert.config.num_attention_heads
        self._layers = [_Layer(layer, self._heads) for layer in bert.encoder.layer]
        self._transform = head.transform
        self._to_words = head.decoder

    @property
    def longest(self) -> int:
        """Most tokens that it can place, prompt included."""
        return int(self._places.shape[0])

    def greedy(
        self, seen: torch.Tensor, prompts: Sequence[Sequence[int]], limits: Limits
    ) -> list[list[int]]:
        """Continue prompts by the likeliest token, again and again.

        Args:
            seen: (n_photos, n_patches, d), of the vision encoder.
            prompts: tokens that each caption begins with; as many for each photo, those of one
                photo together.
            limits: where captions end.

        Returns:
            Tokens of each caption with its prompt, without the end token.
        """
        shared = [layer.look(seen) for layer in self._layers]
        written = _Written(prompts, limits, device=seen.device)
        room = self._room(len(prompts), written.length, seen)
        for at in range(written.length - 1):
            scores = self._step(written.tokens[:, at], at, shared, room)
            if written.choose(at + 1, scores):
                break
        return written.captions()

    def _room(self, rows: int, length: int, like: torch.Tensor) -> list[Memory]:
        width = self._words.shape[1] // self._heads
        shape = (rows, self._heads, length, width)
        return [(like.new_empty(shape), like.new_empty(shape)) for _ in self._layers]

    def _step(
        self,
        tokens: torch.Tensor,  # (rows,)
        at: int,
        shared: Sequence[Memory],
        room: Sequence[Memory],
    ) -> torch.Tensor:
        """Score the next token of every caption: (rows, vocabulary)."""
        x = self._norm(self._words[tokens] + self._places[at])
        for layer, own, photo in zip(self._layers, room, shared, strict=True):
            x = layer.forward(x, at, own, photo)
        scores: torch.Tensor = self._to_words(self._transform(x))
        return scores


class _Layer:
    """One layer: attend to the own words, to the photo, then think."""

    def __init__(self, layer: nn.Module, heads: int) -> None:
        own, photo = layer.attention, layer.crossattention
        self._heads = heads
        self._qkv = _joined(own.self.query, own.self.key, own.self.value)
        self._own_out, self._own_norm = own.output.dense, own.output.LayerNorm
        self._query = photo.self.query
        self._kv = _joined(photo.self.key, photo.self.value)
        self._photo_out, self._photo_norm = photo.output.dense, photo.output.LayerNorm
        self._widen, self._narrow = layer.intermediate.dense, layer.output.dense
        self._norm = layer.output.LayerNorm

    def look(self, seen: torch.Tensor) -> Memory:
        """Compute the keys and values of photos: each (n_photos, heads, n_patches, d)."""
        n, patches, _ = seen.shape
        both = F.linear(seen, *self._kv).view(n, patches, 2, self._heads, -1)
        keys, values = both.permute(2, 0, 3, 1, 4).contiguous().unbind(0)
        return keys, values

    def forward(self, x: torch.Tensor, at: int, own: Memory, photo: Memory) -> torch.Tensor:
        """Take one step: (rows, d) to (rows, d); writes keys and values at `at` into `own`."""
        rows, width = x.shape
        q, k, v = F.linear(x, *self._qkv).view(rows, 3, self._heads, -1).unbind(1)
        keys, values = own
        keys[:, :, at], values[:, :, at] = k, v
        heard = attention.from_few(q.unsqueeze(2), keys[:, :, : at + 1], values[:, :, : at + 1])
        x = self._own_norm(self._own_out(heard.reshape(rows, width)) + x)
        # The captions of one photo are queries side by side: its keys are read once for all.
        photos = photo[0].shape[0]
        q = self._query(x).view(photos, rows // photos, self._heads, -1).transpose(1, 2)
        heard = attention.from_few(q, *photo).transpose(1, 2).reshape(rows, width)
        x = self._photo_norm(self._photo_out(heard) + x)
        thought: torch.Tensor = self._norm(self._narrow(F.gelu(self._widen(x))) + x)
        return thought


class _Written:
    """The tokens so far, and which captions are done."""

    def __init__(
        self, prompts: Sequence[Sequence[int]], limits: Limits, *, device: torch.device
    ) -> None:
        longest = max(len(prompt) for prompt in prompts)
        self._limits = limits
        self._starts = torch.tensor([len(prompt) for prompt in prompts], device=device)
        self.length = longest + limits.new_tokens
        empty = [limits.end_token] * self.length
        padded = [[*prompt, *empty[len(prompt) :]] for prompt in prompts]
        self.tokens = torch.tensor(padded, device=device)  # (rows, length)
        self._is_done = torch.zeros(len(prompts), dtype=torch.bool, device=device)

    def choose(self, at: int, scores: torch.Tensor) -> bool:
        """Write the likeliest token at a place that the prompt leaves; True when all are done."""
        is_prompt = at < self._starts
        is_full = at >= self._starts + self._limits.new_tokens
        self._is_done |= is_full
        best = scores.argmax(-1)
        best[self._is_done] = self._limits.end_token
        self.tokens[:, at] = torch.where(is_prompt, self.tokens[:, at], best)
        self._is_done |= (best == self._limits.end_token) & ~is_prompt
        return bool(self._is_done.all())

    def captions(self) -> list[list[int]]:
        """The tokens of each caption up to its end."""
        rows = zip(self.tokens.tolist(), self._starts.tolist(), strict=True)
        return [_until(row, self._limits.end_token, start) for row, start in rows]


def _until(tokens: list[int], end: int, start: int) -> list[int]:
    return tokens[: tokens.index(end, start)] if end in tokens[start:] else tokens


def _joined(*layers: nn.Linear) -> tuple[torch.Tensor, torch.Tensor]:
    """Put layers with the same input side by side: weight and bias."""
    weight = torch.cat([layer.weight for layer in layers])
    bias = torch.cat([layer.bias for layer in layers])
    return weight, bias
