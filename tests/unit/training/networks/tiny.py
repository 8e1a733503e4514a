"""Tiny networks of each architecture."""

from typing import Any

import torch

from training.networks.classifier import Classifier
from training.networks.small import small
from training.networks.theirs import theirs
from training.networks.vgg import vgg16
from training.trained import Architecture

SIDE = 64
_THEIRS: dict[Architecture, dict[str, Any]] = {
    Architecture.RESNET50: {
        "model_type": "resnet",
        "embedding_size": 8,
        "hidden_sizes": [8, 16],
        "depths": [1, 1],
        "layer_type": "basic",
    },
    Architecture.EFFICIENTNET_B0: {
        "model_type": "efficientnet",
        "width_coefficient": 0.1,
        "depth_coefficient": 0.1,
        "hidden_dim": 128,
    },
    Architecture.CONVNEXT_TINY: {
        "model_type": "convnext",
        "hidden_sizes": [8, 16, 24, 32],
        "depths": [1, 1, 1, 1],
    },
}


def tiny(architecture: Architecture, outputs: int, *, is_grey: bool = False) -> Classifier:
    """Make one with random weights, of which no two pictures have the same logits."""
    torch.manual_seed(3)
    if architecture in _THEIRS:
        network = theirs(architecture, outputs, settings=_THEIRS[architecture])
    elif architecture is Architecture.VGG16:
        network = vgg16(outputs, layers=(4, 0, 8, 0))
    else:
        network = small(outputs, widths=(4, 8), depth=1, is_grey=is_grey)
    with torch.no_grad():
        network.head.weight.normal_()
        network.head.bias.normal_()
        for layer in network.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):
                layer.running_mean.normal_()
                layer.running_var.uniform_(0.5, 2.0)
    return network.eval()


def pictures(count: int = 3) -> torch.Tensor:
    generator = torch.Generator().manual_seed(7)
    return torch.randn(count, 3, SIDE, SIDE, generator=generator)
