"""What a network learns from, in memory: all inputs in one array, all targets in another."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Inputs with what they should give. Row i of each array belongs to example i."""

    #: Pictures, uint8: (n, h, w) grey or (n, h, w, 3) RGB; or features, float32: (n, d), or
    #: (n, views, d) of which one view is drawn each time. May be mapped from a file.
    inputs: NDArray[np.uint8] | NDArray[np.float32]
    targets: NDArray[np.float32]  #: (n, t): whatever the loss knows to read.
    weights: NDArray[np.float32] | None = None  #: (n,): what each counts in the loss; mean near 1.
    chances: NDArray[np.float64] | None = None  #: (n,): how likely each is drawn; None: once each.

    def __len__(self) -> int:
        """How many there are."""
        return len(self.targets)


def order(examples: Examples, *, seed: int, epoch: int) -> NDArray[np.int64]:
    """Tell in which order an epoch takes them; the same for the same seed and epoch.

    Returns:
        int64, (n,): places; each once, or drawn by chance where `chances` says so.
    """
    draw = np.random.default_rng([seed, epoch])
    if examples.chances is None:
        return draw.permutation(len(examples))
    shares = examples.chances / examples.chances.sum()
    return draw.choice(len(examples), size=len(examples), p=shares)
