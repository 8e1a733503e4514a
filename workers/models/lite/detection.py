"""Where faces are in a photo: one small network proposes, another confirms.

The first looks at every window, so it must be quick and errs often. The second sees only what the
first proposes; it was trained on faces and on what the first mistakes for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workers.models.lite import greys
from workers.models.lite.greys import Grey, Square
from workers.models.lite.networks import FOLDER, Network
from workers.models.lite.scanning import Scanner, overlap

WEIGHTS = FOLDER / "confirmer.onnx"

#: Side of the scanner's window in that of a face of FER-2013: from above the brows to the chin.
INNER = 40 / 48
#: How sure the second network must be.
SCORE = 0.8
#: Overlap (intersection over union) from which two boxes are one face.
OVERLAP = 0.3
#: Faces of a photo that are read; in a crowd the largest.
MOST_FACES = 32


@dataclass(frozen=True, kw_only=True)
class Found:
    """A face in a photo."""

    square: Square  #: From above the brows to the chin.
    score: float  #: How sure the second network is, 0 .. 1.


def framed(square: Square) -> Square:
    """Bring the scanner's window to the frame of FER-2013, with some hair and ears."""
    return square.grown(1 / INNER)


class Detector:
    """Photo to faces."""

    def __init__(self, scanner: Scanner | None = None, weights: Path = WEIGHTS) -> None:
        """Load both networks.

        Raises:
            ModelsMissing: one of them is not there, or cannot be read.
        """
        self._scanner = scanner or Scanner()
        self._network = Network(weights)

    def find(self, grey: Grey) -> list[Found]:
        """Find faces, largest first; none lies on another."""
        found = apart([one for one in self.candidates(grey) if one.score >= SCORE])
        return found[:MOST_FACES]

    def candidates(self, grey: Grey) -> list[Found]:
        """Score all that may be a face, the least sure, too."""
        squares = [window.square for window in self._scanner.scan(grey)]
        return [
            Found(square=square, score=self._score(greys.cut(grey, framed(square))))
            for square in squares
        ]

    def _score(self, square: Grey) -> float:
        """How sure the network is that it is a face; one at a time, so always the same."""
        logit = float(self._network.run(greys.standardised(square[np.newaxis]))[0, 0])
        return round(float(1 / (1 + np.exp(-logit))), 4)


def apart(found: Sequence[Found]) -> list[Found]:
    """Drop what lies on a surer one; largest first."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda face: (-face.score, -face.square.side)):
        if all(overlap(one.square, other.square) < OVERLAP for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda face: (-face.square.side, face.square.left, face.square.top))
