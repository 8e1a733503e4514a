"""Local binary patterns: what the smallest textures of a photo are like, at three scales.

After Ojala, Pietikäinen and Mäenpää (2002): each point is compared with its eight neighbours; what
counts is how many are lighter, where these lie side by side, whatever the direction. Counted by
thirds from top to bottom. A mirror image has the same numbers.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from workers.models.lite.patches import Field

_LONG_SIDES_PX = (192, 96, 48)
_LEAST_SIDE_PX = 9
_LIGHTER = 1.0  # steps of L*; less is grain or what a camera's compression left
_THIRDS = 3
_KINDS = 10  # 0 .. 8 lighter neighbours side by side, and all that are scattered
_SLOPES = 7  # from three lighter above (and none below) to the reverse

SIZE = len(_LONG_SIDES_PX) * (_THIRDS * _KINDS + _SLOPES)
_AROUND = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))


def patterns(lightness: Field) -> NDArray[np.float32]:
    """Count the patterns of L*; float32, (SIZE,), square roots of shares, 0 .. 1."""
    counted = [_at_scale(_reduced(lightness, side)) for side in _LONG_SIDES_PX]
    return np.sqrt(np.concatenate(counted), dtype=np.float32)


def _reduced(lightness: Field, long_side_px: int) -> Field:
    height, width = lightness.shape
    scale = min(long_side_px / max(height, width), 1.0)
    size = (max(_LEAST_SIDE_PX, round(width * scale)), max(_LEAST_SIDE_PX, round(height * scale)))
    return np.asarray(cv2.resize(lightness, size, interpolation=cv2.INTER_AREA))


def _at_scale(lightness: Field) -> NDArray[np.float64]:
    middle = lightness[1:-1, 1:-1] + np.float32(_LIGHTER)
    height, width = middle.shape
    lighter = np.stack([lightness[y : y + height, x : x + width] > middle for y, x in _AROUND])
    count = lighter.sum(axis=0, dtype=np.uint8)
    changes = (lighter != np.roll(lighter, 1, axis=0)).sum(axis=0, dtype=np.uint8)
    kind = np.where(changes <= 2, count, _KINDS - 1)  # noqa: PLR2004 - one run of lighter ones
    slope = lighter[:3].sum(axis=0, dtype=np.int8) - lighter[4:7].sum(axis=0, dtype=np.int8)
    thirds = [_shares(part, _KINDS) for part in np.array_split(kind, _THIRDS)]
    return np.concatenate([*thirds, _shares(slope + 3, _SLOPES)])


def _shares(kinds: NDArray[np.integer], count: int) -> NDArray[np.float64]:
    return np.bincount(kinds.ravel(), minlength=count) / kinds.size
