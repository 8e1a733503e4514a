"""Where faces may be in a photo: a small network looks at every window, at every size."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from workers.models.lite.greys import Grey, Square
from workers.models.lite.networks import FOLDER, Network

WEIGHTS = FOLDER / "scanner.onnx"

#: Side of the window that the network sees, and pixels from one window to the next.
WINDOW_PX, STRIDE_PX = 20, 4
#: Longest side of the largest copy that is looked at: the smallest face that is found is a
#: thirteenth of the photo's longer side.
LOOK_PX = 256
#: From one copy to the next; the network was trained on faces of up to that much more or less.
STEP = 1.3
#: Evidence (a logit) from which a window is a candidate.
EVIDENCE = 0.0
#: Overlap (intersection over union) from which windows are one candidate.
OVERLAP = 0.4
#: Candidates of a photo that are looked at closer; those with the most evidence.
MOST = 24

_HALF_WHITE = 127.5


@dataclass(frozen=True, kw_only=True)
class Window:
    """A place that may be a face, in the photo's pixels."""

    square: Square
    evidence: float


@dataclass(frozen=True, kw_only=True)
class Level:
    """A smaller copy of a photo."""

    grey: Grey
    scale: float  #: Its pixels in one of the photo's.


def levels(grey: Grey) -> Iterator[Level]:
    """Make copies of a photo, from large to small; the smallest is hardly more than a window."""
    height, width = grey.shape
    scale = LOOK_PX / max(height, width)
    while min(height, width) * scale >= WINDOW_PX:
        size = (round(width * scale), round(height * scale))
        filtering = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        small = cv2.resize(grey, size, interpolation=filtering)
        yield Level(grey=np.asarray(small, dtype=np.uint8), scale=scale)
        scale /= STEP


class Scanner:
    """Photo to places that may be faces."""

    def __init__(
        self, weights: Path = WEIGHTS, *, evidence: float = EVIDENCE, most: int = MOST
    ) -> None:
        """Load the network.

        Args:
            weights: of the network.
            evidence: from which a window is a candidate.
            most: candidates of a photo.

        Raises:
            ModelsMissing: the weights are not there, or cannot be read.
        """
        self._network = Network(weights)
        self._evidence, self._most = evidence, most

    def scan(self, grey: Grey) -> list[Window]:
        """Find candidates, the likeliest first; windows on one place are joined."""
        found = [window for level in levels(grey) for window in self._of(level)]
        return joined(found)[: self._most]

    def _of(self, level: Level) -> Iterator[Window]:
        """Candidates on one copy."""
        scaled = level.grey.astype(np.float32) / np.float32(_HALF_WHITE) - 1
        evidence = self._network.run(scaled[np.newaxis, np.newaxis])[0, 0]
        for row, column in np.argwhere(evidence > self._evidence).tolist():
            yield Window(
                square=Square(
                    left=column * STRIDE_PX / level.scale,
                    top=row * STRIDE_PX / level.scale,
                    side=WINDOW_PX / level.scale,
                ),
                evidence=float(evidence[row, column]),
            )


def joined(found: list[Window]) -> list[Window]:
    """Join windows that overlap with a likelier one: their mean place, the highest evidence."""
    groups: list[list[Window]] = []
    for window in sorted(found, key=lambda one: (-one.evidence, one.square.left, one.square.top)):
        own = (group for group in groups if group[0].square.overlap(window.square) >= OVERLAP)
        group = next(own, None)
        if group is None:
            groups.append([window])
        else:
            group.append(window)
    return [_mean(group) for group in groups]


def _mean(group: list[Window]) -> Window:
    weights = np.exp([window.evidence for window in group])
    places = np.array([(w.square.left, w.square.top, w.square.side) for w in group])
    left, top, side = (weights @ places / weights.sum()).tolist()
    return Window(square=Square(left=left, top=top, side=side), evidence=group[0].evidence)
