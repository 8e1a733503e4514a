"""BLIP's vision encoder: the published weights, with attention of our choice.

`transformers` runs it with attention in the open and one product at a time; the layers, their order
and their weights here are the same (`BlipVisionModel`), which the numerics suite checks.
"""

import torch
from torch import nn

from workers.models.full import attention


class VisionEncoder:
    """Photos to what is seen at each patch."""

    def __init__(self, model: nn.Module) -> None:
        """Take the layers of a `BlipVisionModel`."""
        self._patches = model.embeddings.patch_embedding
        self._first = model.embeddings.class_embedding
        self._places = model.embeddings.position_embedding
        self._layers = [_Layer(layer) for layer in model.encoder.layers]
        self._norm = model.post_layernorm

    def __call__(self, pixels: torch.Tensor) -> torch.Tensor:
        """Encode photos.

        Args:
            pixels: (n, 3, side, side), normalised.

        Returns:
            (n, 1 + n_patches, d)
        """
        patches = self._patches(pixels).flatten(2).transpose(1, 2)
        first = self._first.expand(len(pixels), -1, -1)
        x = torch.cat([first, patches], dim=1).add_(self._places)
        for layer in self._layers:
            x = layer(x)
        seen: torch.Tensor = self._norm(x)
        return seen


class _Layer:
    """One layer: attend, then think; both on top of what was there."""

    def __init__(self, layer: nn.Module) -> None:
        self._heads: int = layer.self_attn.num_heads
        self._qkv, self._out = layer.self_attn.qkv, layer.self_attn.projection
        self._before, self._between = layer.layer_norm1, layer.layer_norm2
        self._widen, self._act, self._narrow = layer.mlp.fc1, layer.mlp.activation_fn, layer.mlp.fc2

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """(n, length, d) to the same."""
        n, length, width = x.shape
        qkv = self._qkv(self._before(x)).view(n, length, 3, self._heads, -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        seen = attention.from_all(q, k, v).transpose(1, 2).reshape(n, length, width)
        x = self._out(seen).add_(x)
        return self._narrow(self._act(self._widen(self._between(x)))).add_(x)
