"""VGG16 (Simonyan and Zisserman 2015, configuration D), with the mean of its maps for a head.

Its own three dense layers hold 124 of its 138 million weights and are of little use to so few
classes: they are left away. The layers stand at the places that published files name.
"""

from collections.abc import Sequence

from torch import nn

from training.networks.classifier import Classifier, Means
from training.trained import Architecture

#: Channels of each convolution; 0 halves the sides.
LAYERS = (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0)


def vgg16(outputs: int, *, layers: Sequence[int] = LAYERS, dropout: float = 0.5) -> Classifier:
    """Make one with random weights.

    Args:
        outputs: how many logits.
        layers: channels of each convolution; 0 halves the sides.
        dropout: share of what the head gets that is left out while learning.
    """
    made: list[nn.Module] = []
    before = 3
    for width in layers:
        if not width:
            made.append(nn.MaxPool2d(2))
            continue
        convolution = nn.Conv2d(before, width, 3, padding=1)
        nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
        nn.init.zeros_(convolution.bias)
        made += [convolution, nn.ReLU(inplace=True)]
        before = width
    return Classifier(
        Means(nn.Sequential(*made)),
        nn.Linear(before, outputs),
        architecture=Architecture.VGG16,
        settings={"layers": list(layers)},
        dropout=dropout,
    )
