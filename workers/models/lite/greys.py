"""Grey squares of a photo, as the face networks take them. Training cuts them by the same code."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sightsong.core.models import Pixels

#: Side of the faces of FER-2013, which the networks are trained on.
SIDE_PX = 48
#: Least standard deviation, in steps of 0 .. 255, that is stretched to 1: what is flatter is noise.
LEAST_SPREAD = 8.0
#: Standard deviations from the mean beyond which a pixel is cut off.
MOST = 4.0

#: uint8, (height, width).
Grey = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Square:
    """A place in a photo, in its pixels; it may reach beyond the edges."""

    left: float
    top: float
    side: float

    def grown(self, share: float, *, lowered: float = 0.0) -> "Square":
        """Make it `share` times as large about its middle, `lowered` of its side further down."""
        side = self.side * share
        return Square(
            left=self.left + (self.side - side) / 2,
            top=self.top + (self.side - side) / 2 + self.side * lowered,
            side=side,
        )

    def common(self, other: "Square") -> float:
        """The area that both have, px²."""
        across = min(self.left + self.side, other.left + other.side) - max(self.left, other.left)
        down = min(self.top + self.side, other.top + other.side) - max(self.top, other.top)
        return max(0.0, across) * max(0.0, down)

    def overlap(self, other: "Square") -> float:
        """Intersection over union, 0 .. 1."""
        both = self.common(other)
        return both / (self.side**2 + other.side**2 - both)

    def shared(self, other: "Square") -> float:
        """What both have, as a share of the smaller, 0 .. 1."""
        return self.common(other) / min(self.side, other.side) ** 2


def grey_of(photo: Pixels) -> Grey:
    """Take the colours away: luma."""
    grey: Grey = cv2.cvtColor(np.ascontiguousarray(photo), cv2.COLOR_RGB2GRAY)
    return grey


def cut(grey: Grey, square: Square) -> Grey:
    """Cut a square out and bring it to `SIDE_PX`; the photo's edge goes on beyond it.

    Args:
        grey: the photo.
        square: must overlap it.
    """
    height, width = grey.shape
    side = max(1, round(square.side))
    left, top = round(square.left), round(square.top)
    right, bottom = left + side, top + side
    inside = grey[max(0, top) : min(height, bottom), max(0, left) : min(width, right)]
    beyond = max(0, -top), max(0, bottom - height), max(0, -left), max(0, right - width)
    whole = cv2.copyMakeBorder(inside, *beyond, cv2.BORDER_REPLICATE) if any(beyond) else inside
    filtering = cv2.INTER_AREA if side > SIDE_PX else cv2.INTER_LINEAR
    small: Grey = cv2.resize(whole, (SIDE_PX, SIDE_PX), interpolation=filtering)
    return small


def standardised(faces: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Take light and contrast out of squares: mean 0, standard deviation 1, for each alone.

    Args:
        faces: uint8, (n, side, side).

    Returns:
        float32, (n, 1, side, side), in -4 .. 4.
    """
    values = faces.astype(np.float32)
    middle = values.mean(axis=(1, 2), keepdims=True)
    spread = np.maximum(values.std(axis=(1, 2), keepdims=True), LEAST_SPREAD)
    scaled: NDArray[np.float32] = np.clip((values - middle) / spread, -MOST, MOST)
    return scaled[:, np.newaxis]
