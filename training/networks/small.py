"""A small network of ours: convolutions of 3x3, halved between stages, one mean over all places."""

from collections.abc import Sequence

from torch import nn

from training.networks.classifier import Classifier, Means
from training.trained import Architecture

#: Channels of the stages; of faces of 48 px on maps of 48, 24, 12 and 6 px.
WIDTHS = (24, 48, 96, 192)
DEPTH = 2  #: Convolutions in each stage.


def small(
    outputs: int,
    *,
    widths: Sequence[int] = WIDTHS,
    depth: int = DEPTH,
    is_grey: bool = False,
    dropout: float = 0.2,
) -> Classifier:
    """Make one with random weights.

    Args:
        outputs: how many logits.
        widths: channels of each stage; between stages sides are halved.
        depth: convolutions in each stage.
        is_grey: only the first of the three channels is looked at: they are all the same.
        dropout: share of what the head gets that is left out while learning.
    """
    layers: list[nn.Module] = []
    before = 1 if is_grey else 3
    for stage, width in enumerate(widths):
        if stage:
            layers.append(nn.MaxPool2d(2))
        for _ in range(depth):
            layers += _convolution(before, width)
            before = width
    return Classifier(
        Means(nn.Sequential(*layers), is_grey=is_grey),
        nn.Linear(before, outputs),
        architecture=Architecture.SMALL,
        settings={"widths": list(widths), "depth": depth, "is_grey": is_grey},
        dropout=dropout,
    )


def _convolution(before: int, width: int) -> list[nn.Module]:
    convolution = nn.Conv2d(before, width, 3, padding=1, bias=False)
    nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
    return [convolution, nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
