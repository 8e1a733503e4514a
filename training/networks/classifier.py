"""The form of every classifier here: a trunk makes features of pictures, a head logits of those."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from training.trained import Architecture


class Classifier(nn.Module):  # type: ignore[misc] # torch is read as untyped
    """Pictures to logits, by way of features."""

    def __init__(
        self,
        trunk: nn.Module,
        head: nn.Linear,
        *,
        architecture: Architecture,
        settings: Mapping[str, Any],
        dropout: float = 0.0,
    ) -> None:
        """Put both together.

        Args:
            trunk: float32 (n, 3, side, side) to features (n, d).
            head: features to logits.
            architecture: of the trunk.
            settings: what makes the trunk again, as JSON takes it.
            dropout: share of the features that are left out while the head learns.
        """
        super().__init__()
        self.architecture, self.settings = architecture, dict(settings)
        self.trunk = trunk
        self.dropout = nn.Dropout(dropout)
        self.head = head

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        """Tell the logits.

        Args:
            pixel_values: float32, (n, 3, side, side), scaled.

        Returns:
            float32, (n, outputs).
        """
        logits: torch.Tensor = self.head(self.dropout(self.trunk(pixel_values)))
        return logits


class Means(nn.Module):  # type: ignore[misc] # torch is read as untyped
    """Layers, and the mean of what they make over all places."""

    def __init__(self, layers: nn.Module, *, is_grey: bool = False) -> None:
        super().__init__()
        self.layers, self._is_grey = layers, is_grey

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        """Tell the features; of grey pictures only the first of three equal channels is seen."""
        seen = pixel_values[:, :1] if self._is_grey else pixel_values
        features: torch.Tensor = self.layers(seen).mean(dim=(2, 3))
        return features
