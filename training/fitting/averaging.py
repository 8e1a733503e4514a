"""The moving average of a network's weights: steadier than the weights of any one step.

Polyak and Juditsky 1992; with exponentially falling say, as is usual now.
"""

import copy

import torch
from torch import nn


class Average:
    """A network that follows another."""

    def __init__(self, network: nn.Module, *, decay: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(requires_grad=False)
        self._decay = decay

    def follow(self, network: nn.Module, *, step: int) -> None:
        """Take a step's weights in; early ones count more, else the random start would stay."""
        decay = min(self._decay, (1 + step) / (10 + step))
        theirs = network.state_dict()
        with torch.no_grad():
            for name, own in self.network.state_dict().items():
                if own.is_floating_point():
                    own.lerp_(theirs[name], 1 - decay)
                else:
                    own.copy_(theirs[name])
