"""The networks, in torch, each of a size that one core runs in milliseconds.

One looks for faces everywhere in a photo, one tells a face from what is none, one reads
expressions. The last two are plain residual networks (He et al. 2016) of 3x3 convolutions on one
grey channel.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

#: Width, kernel and stride of the layers of `Sliding`; together they see 20 px, 4 px apart.
_SLIDING = ((12, 4, 2), (16, 3, 1), (24, 3, 2), (32, 3, 1))


@dataclass(frozen=True, kw_only=True)
class Stem:
    """The first convolution."""

    width: int
    kernel: int
    stride: int


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One residual block of two convolutions; the first has the stride."""

    width: int
    stride: int = 1


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a network is built of."""

    stem: Stem
    stages: tuple[Stage, ...]
    outputs: int
    dropout: float = 0.2


class Block(nn.Module):  # type: ignore[misc] # torch is read as untyped
    """Two convolutions beside a shortcut."""

    def __init__(self, before: int, stage: Stage) -> None:
        super().__init__()
        width = stage.width
        self.first = convolution(before, width, stride=stage.stride)
        self.second = convolution(width, width)
        # Each block begins as its shortcut: deep networks learn sooner (Goyal et al. 2017).
        nn.init.zeros_(self.second[1].weight)
        self.is_halved = stage.stride > 1
        is_other = self.is_halved or before != width
        self.shortcut = convolution(before, width, kernel=1) if is_other else None

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Maps to maps; float32, (n, width, side, side)."""
        beside = nn.functional.avg_pool2d(maps, 2) if self.is_halved else maps
        if self.shortcut is not None:
            beside = self.shortcut(beside)
        changed = self.second(torch.relu(self.first(maps)))
        out: torch.Tensor = torch.relu(changed + beside)
        return out


class Residual(nn.Module):  # type: ignore[misc]
    """Squares to logits."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        stem = shape.stem
        self.stem = convolution(1, stem.width, kernel=stem.kernel, stride=stem.stride)
        self.blocks = nn.Sequential(*_blocks(stem.width, shape.stages))
        self.dropout = nn.Dropout(shape.dropout)
        self.head = nn.Linear(shape.stages[-1].width, shape.outputs)

    def forward(self, squares: torch.Tensor) -> torch.Tensor:
        """Squares, float32, (n, 1, side, side), to logits, float32, (n, outputs)."""
        maps = self.blocks(torch.relu(self.stem(squares)))
        logits: torch.Tensor = self.head(self.dropout(maps.mean(dim=(2, 3))))
        return logits


class Sliding(nn.Module):  # type: ignore[misc]
    """A photo to a map: how much each window of 20 px is like a face, one every 4 px.

    Convolutions have no borders, so that a photo gives what each of its windows gives alone.
    """

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 1
        for width, kernel, stride in _SLIDING:
            layers.append(convolution(before, width, kernel=kernel, stride=stride, border=0))
            before = width
        self.layers = nn.ModuleList(layers)
        self.head = nn.Conv2d(before, 1, 1)

    def forward(self, photo: torch.Tensor) -> torch.Tensor:
        """Photos, float32, (n, 1, height, width), to logits, float32, (n, 1, rows, columns)."""
        maps = photo
        for layer in self.layers:
            maps = torch.relu(layer(maps))
        logits: torch.Tensor = self.head(maps)
        return logits


def convolution(
    before: int, width: int, *, kernel: int = 3, stride: int = 1, border: int | None = None
) -> nn.Sequential:
    """Make a convolution and its norm; without a `border` given, maps keep their size."""
    beyond = kernel // 2 if border is None else border
    layer = nn.Conv2d(before, width, kernel, stride, beyond, bias=False)
    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    return nn.Sequential(layer, nn.BatchNorm2d(width))


def _blocks(before: int, stages: Sequence[Stage]) -> list[Block]:
    widths = [before, *(stage.width for stage in stages)]
    return [Block(width, stage) for width, stage in zip(widths, stages, strict=False)]
