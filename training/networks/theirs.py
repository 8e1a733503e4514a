"""ResNet-50, EfficientNet-B0 and ConvNeXt-Tiny as transformers builds them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers import (
    ConvNextConfig,
    ConvNextModel,
    EfficientNetConfig,
    EfficientNetModel,
    PreTrainedConfig,
    PreTrainedModel,
    ResNetConfig,
    ResNetModel,
)

from training.networks.classifier import Classifier
from training.trained import Architecture

#: Of batch norms: what a new batch counts in their running means. EfficientNet's configuration has
#: what an older one counts (0.99, as TensorFlow means it), which torch takes for the contrary.
_MOMENTUM = 0.1


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One of their architectures."""

    model_type: str  #: As config.json has it; also what the trunk's tensors begin with.
    name: str  #: Of their class with a head.
    model: type[PreTrainedModel]
    config: type[PreTrainedConfig]
    head: str  #: What the head's tensors begin with.
    usual: Mapping[str, Any]  #: Settings of the size that is meant.


KINDS = {
    Architecture.RESNET50: Kind(
        model_type="resnet",
        name="ResNetForImageClassification",
        model=ResNetModel,
        config=ResNetConfig,
        head="classifier.1",
        usual={},
    ),
    Architecture.EFFICIENTNET_B0: Kind(
        model_type="efficientnet",
        name="EfficientNetForImageClassification",
        model=EfficientNetModel,
        config=EfficientNetConfig,
        head="classifier",
        usual={
            "width_coefficient": 1.0,
            "depth_coefficient": 1.0,
            "hidden_dim": 1280,
            "image_size": 224,
            "dropout_rate": 0.2,
            "batch_norm_momentum": _MOMENTUM,
        },
    ),
    Architecture.CONVNEXT_TINY: Kind(
        model_type="convnext",
        name="ConvNextForImageClassification",
        model=ConvNextModel,
        config=ConvNextConfig,
        head="classifier",
        usual={"drop_path_rate": 0.1},
    ),
}


class Pooled(nn.Module):  # type: ignore[misc] # torch is read as untyped
    """One of their models, pictures to pooled features."""

    def __init__(self, body: PreTrainedModel) -> None:
        super().__init__()
        self.body = body

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        """Tell the features, (n, d)."""
        features: torch.Tensor = self.body(pixel_values).pooler_output.flatten(1)
        return features


def theirs(
    architecture: Architecture,
    outputs: int,
    *,
    settings: Mapping[str, Any] | None = None,
    dropout: float = 0.2,
) -> Classifier:
    """Make one with random weights.

    Args:
        architecture: one of `KINDS`.
        outputs: how many logits.
        settings: of config.json; those of the published size by default.
        dropout: share of what the head gets that is left out while learning.

    Raises:
        ValueError: the settings make no such network; of other kinds, too, by transformers' whim.
    """
    kind = KINDS[architecture]
    wanted = dict(kind.usual if settings is None else settings)
    if "batch_norm_momentum" in wanted:
        wanted["batch_norm_momentum"] = _MOMENTUM
    config = kind.config.from_dict(wanted)
    body = kind.model(config)
    _even(body)
    return Classifier(
        Pooled(body),
        nn.Linear(_features(body), outputs),
        architecture=architecture,
        settings={**config.to_diff_dict(), "model_type": kind.model_type},
        dropout=dropout,
    )


def _even(body: PreTrainedModel) -> None:
    """Let norms begin at 1: those of transformers' EfficientNet begin near 0, and learn little."""
    for part in body.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.ones_(part.weight)


def _features(body: PreTrainedModel) -> int:
    """How many features it makes: seen by trying, for configurations do not tell it alike."""
    was_learning = body.training
    body.eval()
    with torch.inference_mode():
        made = body(torch.zeros(1, 3, 64, 64)).pooler_output.flatten(1)
    body.train(was_learning)
    return int(made.shape[1])
