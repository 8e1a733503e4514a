"""Fisher vectors: what a photo's patches are like, against what patches of photos are like.

After Perronnin, Sánchez and Mensink (2010): a mixture of Gaussians is the dictionary of common
patches; how a photo's own patches would move its shares, means and spreads says what is particular
to the photo. The photo and its mirror image have the same vector.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workers.models.lite.patches import Table

_TINY = 1e-12


@dataclass(frozen=True, kw_only=True)
class Dictionary:
    """A mixture of k Gaussians over patches, projected to d numbers; all arrays float32."""

    centre: NDArray[np.float32]  #: (n,): the mean patch.
    projection: NDArray[np.float32]  #: (n, d)
    shares: NDArray[np.float32]  #: (k,): of the Gaussians; sum to 1.
    means: NDArray[np.float32]  #: (k, d)
    spreads: NDArray[np.float32]  #: (k, d): standard deviations.

    @property
    def size(self) -> int:
        """How many numbers a vector has: k shares, k x d means, k x d spreads."""
        return int(self.shares.size + 2 * self.means.size)


def encode(
    dictionary: Dictionary, patches: Table, mirrored: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Encode the patches of a photo.

    Args:
        dictionary: the common patches.
        patches: (m, n), m above 0.
        mirrored: where each of the n numbers stands in a mirrored patch.

    Returns:
        float32, (dictionary.size,), of length 1 (Euclidean), signed square roots.
    """
    centred = patches - dictionary.centre
    ways = (dictionary.projection, dictionary.projection[mirrored])
    both = sum(
        (_moves(dictionary, np.asarray(centred @ way, np.float32)) for way in ways),
        np.zeros(1, np.float32),
    )
    rooted = np.sign(both) * np.sqrt(np.abs(both))
    return np.asarray(rooted / max(float(np.linalg.norm(rooted)), _TINY), dtype=np.float32)


def _moves(dictionary: Dictionary, patches: Table) -> NDArray[np.float32]:
    """Tell how patches would move the mixture, in units of its own uncertainty."""
    means, spreads, shares = dictionary.means, dictionary.spreads, dictionary.shares
    squares = patches * patches
    belongs = _belongs(dictionary, patches, squares)
    weight = belongs.mean(axis=0)
    first = belongs.T @ patches / len(patches)
    second = belongs.T @ squares / len(patches)
    root = np.sqrt(shares)[:, None]
    of_means = (first - weight[:, None] * means) / spreads / root
    of_spreads = (second - 2 * first * means + weight[:, None] * means**2) / spreads**2
    of_spreads = (of_spreads - weight[:, None]) / root / np.sqrt(2)
    return np.concatenate([(weight - shares) / root[:, 0], of_means.ravel(), of_spreads.ravel()])


def _belongs(dictionary: Dictionary, patches: Table, squares: Table) -> Table:
    """Share each patch out to the Gaussians, by likelihood; (m, k), rows sum to 1."""
    means, precision = dictionary.means, 1 / dictionary.spreads**2
    constant = np.log(dictionary.shares) - np.log(dictionary.spreads).sum(axis=1)
    constant = constant - (means**2 * precision).sum(axis=1) / 2
    logs = patches @ (means * precision).T - squares @ (precision.T / 2) + constant
    likely = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(likely / likely.sum(axis=1, keepdims=True), dtype=np.float32)
