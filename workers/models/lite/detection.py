"""Where faces are in a photo: OpenCV's cascade proposes, a small network of ours confirms.

The cascade (Viola and Jones 2001; Lienhart and Maydt 2002) sees light and dark boxes, so it finds
most faces that look at the camera, and many things that are none. The network was trained on faces
and on what the cascade mistakes for them (`docs/models/lite-faces.md`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import cv2.data
import numpy as np

from sightsong.core.errors import ModelsMissing
from workers.models.lite import greys
from workers.models.lite.greys import Grey, Square
from workers.models.lite.networks import FOLDER, Network

WEIGHTS = FOLDER / "faces.onnx"
CASCADE = "haarcascade_frontalface_alt2.xml"

#: Longest side of the copy that the cascade looks at.
LOOK_PX = 320
#: From one size of face to the next.
STEP = 1.15
#: Least side of a face on that copy; the cascade knows none below 20 px.
LEAST_PX = 24
#: Times that the cascade must find nearly the same box.
NEIGHBOURS = 1
#: How far boxes may differ that are one, as a share of their sides; OpenCV's own choice.
_NEARNESS = 0.2
#: How the cascade's box becomes what FER-2013 shows: its size, and how far further down it lies.
MARGIN, LOWERED = 1.0, 0.0
#: How sure the network must be.
SCORE = 0.9
#: Overlap (intersection over union) from which two boxes are one face.
OVERLAP = 0.3
#: Faces of a photo that are read; in a crowd the largest.
MOST_FACES = 32


@dataclass(frozen=True, kw_only=True)
class Found:
    """A face in a photo."""

    square: Square  #: The cascade's box: brow to chin.
    score: float  #: How sure the network is, 0 .. 1.

    @property
    def framed(self) -> Square:
        """The square that is read."""
        return framed(self.square)


class Candidates:
    """Photo to places that may be faces."""

    def __init__(self, cascade: str = CASCADE, *, neighbours: int = NEIGHBOURS) -> None:
        """Load the cascade.

        Raises:
            ModelsMissing: OpenCV does not have it.
        """
        path = Path(cv2.data.haarcascades) / cascade
        self._cascade = cv2.CascadeClassifier(str(path))
        self._neighbours = neighbours
        if self._cascade.empty():
            raise ModelsMissing(
                f"OpenCV {cv2.__version__} cannot read its own {path}; "
                "install opencv-python-headless anew, at least 4.10 and below 5"
            )

    def of(self, grey: Grey) -> list[Square]:
        """Propose squares, in the photo's pixels; the same photo gives the same ones."""
        height, width = grey.shape
        scale = min(1.0, LOOK_PX / max(height, width))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA) if scale < 1 else grey
        boxes = self._boxes(cv2.equalizeHist(small))
        across, down = width / size[0], height / size[1]
        return [
            Square(
                left=(x + side / 2) * across - side * across / 2,
                top=(y + side / 2) * down - side * across / 2,
                side=side * across,
            )
            for x, y, side in boxes
        ]

    def _boxes(self, small: Grey) -> list[tuple[int, int, int]]:
        """Run the cascade: left, top and side of each box."""
        found = self._cascade.detectMultiScale(
            small, scaleFactor=STEP, minNeighbors=0, minSize=(LEAST_PX, LEAST_PX)
        )
        # Threads add to what is found in any order, and boxes are joined in that order.
        ordered = sorted(tuple(int(value) for value in box) for box in found)
        if self._neighbours:
            joined, _ = cv2.groupRectangles(list(ordered), self._neighbours, _NEARNESS)
            ordered = sorted(tuple(int(value) for value in box) for box in joined)
        return [(x, y, side) for x, y, side, _ in ordered]


class Detector:
    """Photo to faces."""

    def __init__(self, weights: Path = WEIGHTS, candidates: Candidates | None = None) -> None:
        """Load the cascade and the network.

        Raises:
            ModelsMissing: one of them is not there, or cannot be read.
        """
        self._candidates = candidates or Candidates()
        self._network = Network(weights)

    def find(self, grey: Grey) -> list[Found]:
        """Find faces, largest first; none lies on another."""
        found = [
            Found(square=square, score=self._score(greys.cut(grey, framed(square))))
            for square in self._candidates.of(grey)
        ]
        return _apart([one for one in found if one.score >= SCORE])[:MOST_FACES]

    def _score(self, square: Grey) -> float:
        """How sure the network is that it is a face; one at a time, so always the same."""
        logit = float(self._network.run(greys.standardised(square[np.newaxis]))[0, 0])
        return round(float(1 / (1 + np.exp(-logit))), 4)


def framed(square: Square) -> Square:
    """Bring the cascade's box to the frame of FER-2013."""
    return square.grown(MARGIN, lowered=LOWERED)


def _apart(found: Sequence[Found]) -> list[Found]:
    """Drop what lies on a surer one; largest first."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda face: (-face.score, -face.square.side)):
        if all(_overlap(one.square, other.square) < OVERLAP for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda face: (-face.square.side, face.square.left, face.square.top))


def _overlap(one: Square, other: Square) -> float:
    """Intersection over union."""
    across = min(one.left + one.side, other.left + other.side) - max(one.left, other.left)
    down = min(one.top + one.side, other.top + other.side) - max(one.top, other.top)
    both = max(0.0, across) * max(0.0, down)
    return both / (one.side**2 + other.side**2 - both)
