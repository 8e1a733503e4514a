"""Colour spaces: sRGB to HSV's saturation and value, and to CIELAB.

Planes come first, (3, height, width): numpy is several times slower over a short last axis.
"""

import numpy as np
from numpy.typing import NDArray

_TO_XYZ = (
    (0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339 / 1.08883, 0.1191920 / 1.08883, 0.9503041 / 1.08883),
)
"""Linear sRGB to CIE XYZ (IEC 61966-2-1), over the white point D65."""
_LINEAR_BELOW = 0.04045
_CUBE_ROOT_ABOVE = 216 / 24389
_TINY = 1e-9

Planes = NDArray[np.float64]
"""float64, (3, height, width)."""
Plane = NDArray[np.float64]
"""float64, (height, width)."""


def saturation_and_value(rgb: Planes) -> tuple[Plane, Plane]:
    """Compute HSV's saturation and value, in [0, 1], from sRGB in [0, 1]."""
    value: Plane = rgb.max(axis=0)
    chroma = value - rgb.min(axis=0)
    return chroma / np.maximum(value, _TINY), value


def lab(rgb: Planes) -> Planes:
    """Convert sRGB in [0, 1] to CIELAB (CIE 1976, D65): L* 0 .. 100, a*, b*."""
    levels = np.arange(256) / 255
    curve = np.where(levels <= _LINEAR_BELOW, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    # Eight-bit photos have 256 levels: looking them up is exact, and 20 times faster than powers.
    red, green, blue = curve[np.rint(rgb * 255).astype(np.uint8)]
    x, y, z = (_lightness_curve(r * red + g * green + b * blue) for r, g, b in _TO_XYZ)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def _lightness_curve(share: Plane) -> Plane:
    root = np.cbrt(share)
    return np.where(share > _CUBE_ROOT_ABOVE, root, (24389 / 27 * share + 16) / 116)
