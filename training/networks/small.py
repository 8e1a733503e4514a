"""A small network of ours: convolutions of 3x3, halved between stages, one mean over all places."""

from collections.abc import Sequence

import torch
from torch import nn

#: Channels of the stages; of faces of 48 px on maps of 48, 24, 12 and 6 px.
WIDTHS = (24, 48, 96, 192)


class Small(nn.Module):  # type: ignore[misc] # torch is read as untyped
    """Pictures to logits. Sides of any size that is halved evenly between the stages."""

    def __init__(
        self,
        outputs: int,
        *,
        widths: Sequence[int] = WIDTHS,
        depth: int = 2,
        is_grey: bool = False,
        dropout: float = 0.2,
    ) -> None:
        """Make it with random weights.

        Args:
            outputs: how many logits.
            widths: channels of each stage.
            depth: convolutions in each stage.
            is_grey: only the first of the three channels is looked at: they are all the same.
            dropout: share of what the head gets that is left out while learning.
        """
        super().__init__()
        self._is_grey = is_grey
        layers: list[nn.Module] = []
        before = 1 if is_grey else 3
        for stage, width in enumerate(widths):
            if stage:
                layers.append(nn.MaxPool2d(2))
            for _ in range(depth):
                layers += _convolution(before, width)
                before = width
        self.trunk = nn.Sequential(*layers)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(before, outputs)

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        """Tell the logits.

        Args:
            pixel_values: float32, (n, 3, side, side), scaled.

        Returns:
            float32, (n, outputs).
        """
        seen = pixel_values[:, :1] if self._is_grey else pixel_values
        logits: torch.Tensor = self.head(self.dropout(self.trunk(seen).mean(dim=(2, 3))))
        return logits


def _convolution(before: int, width: int) -> list[nn.Module]:
    convolution = nn.Conv2d(before, width, 3, padding=1, bias=False)
    nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
    return [convolution, nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
