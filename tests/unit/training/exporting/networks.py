"""Trained classifiers of each architecture, tiny, with random weights that tell pictures apart."""

import torch

from training.networks import building
from training.trained import Architecture, Input, Trained

SIX = ("anger", "disgust", "fear", "joy", "sadness", "surprise")
SEVEN = (*SIX, "neutral")
SIDE_PX = 64
#: What makes each small; the layers are those of the real one.
SMALL = {
    Architecture.RESNET50: {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1]},
    Architecture.EFFICIENTNET_B0: {
        "width_coefficient": 0.1,
        "depth_coefficient": 0.1,
        "hidden_dim": 128,
        "in_channels": [32, 16],
        "out_channels": [16, 24],
        "kernel_sizes": [3, 5],
        "strides": [1, 2],
        "num_block_repeats": [1, 1],
        "expand_ratios": [1, 6],
    },
    Architecture.CONVNEXT_TINY: {"hidden_sizes": [8, 16], "depths": [1, 1], "num_stages": 2},
    Architecture.VGG16: {"layers": [4, 0, 8, 0, 8]},
    Architecture.SMALL: {"widths": [4, 8, 8], "depth": 1},
}

#: What else is different about each: together they have all that a classifier may have.
MORE: dict[Architecture, dict] = {
    Architecture.RESNET50: {"has_affect": True, "temperature": 1.7},
    Architecture.EFFICIENTNET_B0: {},
    Architecture.CONVNEXT_TINY: {"classes": SEVEN},
    Architecture.VGG16: {"classes": (), "has_affect": True},
    Architecture.SMALL: {"is_grey": True, "has_affect": True, "temperature": 0.6},
}


def trained(architecture: Architecture) -> Trained:
    """Make one up."""
    return _made(architecture, **MORE[architecture])


def _made(
    architecture: Architecture,
    *,
    classes: tuple[str, ...] = SIX,
    has_affect: bool = False,
    is_grey: bool = False,
    temperature: float = 1.0,
) -> Trained:
    torch.manual_seed(3)
    wanted = building.Network(architecture=architecture, grey=is_grey)
    settings = SMALL[architecture]
    network = building.make(wanted, len(classes) + 2 * has_affect, settings=settings)
    _wake(network)
    return Trained(
        network=network,
        architecture=architecture,
        input=Input(
            side_px=SIDE_PX,
            is_grey=is_grey,
            mean=(0.4, 0.5, 0.6) if not is_grey else (0.5, 0.5, 0.5),
            deviation=(0.2, 0.25, 0.3) if not is_grey else (0.25, 0.25, 0.25),
        ),
        classes=classes,
        has_affect=has_affect,
        temperature=temperature,
        facts={
            "data": {"name": "Emotion6", "pictures": {"train": 1386, "valid": 198, "test": 396}},
            "plan": {"network": {"frozen": True}, "course": {"rate": 0.001}},
            "figures": {"test": {"top-1": 0.61624, "kl": 0.16}},
            "commands": ["sightsong train emotion /data/Emotion6 --out run", "sightsong evaluate"],
        },
    )


def _wake(network: torch.nn.Module) -> None:
    """Let norms have seen something: fresh random weights answer all pictures alike."""
    for part in network.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.momentum = 1.0
    with torch.no_grad():
        network.train()(torch.randn(8, 3, SIDE_PX, SIDE_PX) * torch.rand(8, 3, 1, 1))
    network.eval()
