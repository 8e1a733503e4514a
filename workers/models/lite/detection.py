"""Where faces are in a photo: one small network proposes, another confirms.

The first looks at every window, so it must be quick and errs often. The second sees only what the
first proposes; it was trained on faces and on what the first mistakes for them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workers.models.lite import greys
from workers.models.lite.greys import Grey, Square
from workers.models.lite.networks import FOLDER, Network
from workers.models.lite.scanning import Scanner, Window

WEIGHTS = FOLDER / "confirmer.onnx"

#: Side of the scanner's window in that of a face of FER-2013: from above the brows to the chin.
INNER = 40 / 48
#: How sure both networks together must be.
SCORE = 0.8
#: The evidence of both, in logits, is divided by this: they learned from as many faces as others,
#: and a photo has thousands of windows without a face.
_TEMPER = 4.0
#: Evidence of both from which a second look may change something; a face needs 5.5.
_HOPEFUL = 2.0
#: Part of the smaller of two boxes from which they are one face: an eye is no face of its own.
OVERLAP = 0.5
#: Faces of a photo that are read; in a crowd the largest.
MOST_FACES = 32


@dataclass(frozen=True, kw_only=True)
class Found:
    """A face in a photo."""

    square: Square  #: From above the brows to the chin.
    score: float  #: How sure both networks are, 0 .. 1.


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
        found = [self._confirmed(grey, window) for window in self._scanner.scan(grey)]
        return apart([one for one in found if one.score >= SCORE])[:MOST_FACES]

    def _confirmed(self, grey: Grey, window: Window) -> Found:
        """Look closer; where it may be a face, at the mirror image, too."""
        square = greys.cut(grey, framed(window.square))
        evidence = self._evidence(square)
        if window.evidence + evidence > _HOPEFUL:
            evidence = (evidence + self._evidence(square[:, ::-1])) / 2
        score = 1 / (1 + math.exp(-(window.evidence + evidence) / _TEMPER))
        return Found(square=window.square, score=round(score, 4))

    def _evidence(self, square: Grey) -> float:
        """Evidence (a logit) of one square; one at a time, so always the same."""
        return float(self._network.run(greys.standardised(square[np.newaxis]))[0, 0])


def apart(found: Sequence[Found]) -> list[Found]:
    """Drop what lies on a surer one; largest first."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda face: (-face.score, -face.square.side)):
        if all(one.square.shared(other.square) < OVERLAP for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda face: (-face.square.side, face.square.left, face.square.top))
