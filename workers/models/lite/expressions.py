"""Expressions of faces: a small network of ours, trained on the votes of FER+."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightsong.core.blend import FACE_CLASSES
from workers.models.lite import greys
from workers.models.lite.greys import Grey
from workers.models.lite.networks import FOLDER, Network

WEIGHTS = FOLDER / "expressions.onnx"

#: Shares are rounded to this many decimals: the last bits of a sum differ between processors.
_DIGITS = 4


class Expressions:
    """Faces to shares of the seven expressions."""

    def __init__(self, weights: Path = WEIGHTS) -> None:
        """Load the network.

        Raises:
            ModelsMissing: the weights are not there, or cannot be read.
        """
        self._network = Network(weights)

    def read(self, faces: Sequence[Grey]) -> list[dict[str, float]]:
        """Read the expression of each face; a face and its mirror image read alike.

        Args:
            faces: uint8, (48, 48), each cut to the face as FER-2013 cuts them.

        Returns:
            Shares by `FACE_CLASSES`, in that order; each sums to 1.
        """
        return [_by_name(_shares(self._logits(face))) for face in faces]

    def _logits(self, face: Grey) -> NDArray[np.float64]:
        """The mean of the face and its mirror image; always two at once, so always the same."""
        pair = greys.standardised(np.stack([face, face[:, ::-1]]))
        logits: NDArray[np.float64] = self._network.run(pair).astype(np.float64).mean(axis=0)
        return logits


def _shares(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = np.exp(logits - logits.max())
    shares: NDArray[np.float64] = weights / weights.sum()
    return shares


def _by_name(shares: NDArray[np.float64]) -> dict[str, float]:
    """Round, and let the largest share take what is left: the sum stays 1."""
    rounded = [round(float(share), _DIGITS) for share in shares]
    largest = int(np.argmax(shares))
    others = sum(value for at, value in enumerate(rounded) if at != largest)
    rounded[largest] = round(1 - others, _DIGITS)
    return dict(zip(FACE_CLASSES, rounded, strict=True))
