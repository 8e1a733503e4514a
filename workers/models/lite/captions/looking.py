"""What can be told of a photo in words without knowing what is in it: light, colours, places.

All of it is measured on a small copy, so that a photo and its thumbnail are told alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from sightsong.core.models import Pixels
from workers.models.lite import colour
from workers.models.lite.captions import naming
from workers.models.lite.captions.naming import Codes
from workers.models.lite.colour import Plane

_SIDE = 96
_LEAST_SIDE = 12
_EDGE = 7.0  # steps of L* from pixel to pixel that count as an edge
_SHADOW, _GLARE = 15.0, 92.0  # L* of deep shadow, and of what is nearly white
_VIVID = 45.0  # chroma from which a colour catches the eye
_COLOURED = 12.0  # chroma from which a pixel counts as coloured
_SLANT = 3.7  # how many times one side of a slope outweighs the other: 15 degrees
_FLAT = 1e-6


@dataclass(frozen=True, kw_only=True)
class Look:
    """Plain measurements of one photo. L* is lightness in CIELAB, 0 black .. 100 white."""

    aspect: float  #: Width over height.
    lightness: float  #: Mean L*.
    contrast: float  #: Standard deviation of L*, 0 .. 50.
    shadow: float  #: Share of the area in deep shadow.
    glare: float  #: Share of the area that is nearly white.
    above: float  #: Mean L* of the upper half less that of the lower.
    left: float  #: Mean L* of the left half less that of the right.
    middle: float  #: Mean L* of the middle quarter less that of the rest.
    chroma: float  #: Mean chroma of the coloured area; 0 without any.
    most_chroma: float  #: Chroma that one pixel in a hundred is above.
    names: Mapping[str, float]  #: Share of the area by `naming.NAMES`; sums to 1.
    upper: Mapping[str, float]  #: The same of the upper third.
    lower: Mapping[str, float]  #: The same of the lower third.
    vivid: Mapping[str, float]  #: Share of the area that is vivid, by name.
    rim_spread: float  #: How unlike one another the pixels at the edges are, in L* and chroma.
    edges: float  #: Share of the area that is an edge.
    middle_edges: float  #: Part of all edges in the middle quarter, 0 .. 1; a quarter where even.
    level: float  #: Part of all slopes whose lines are level, within 15 degrees.
    upright: float  #: Part of all slopes whose lines are upright, within 15 degrees.
    mirror: float  #: Correlation with its mirror image, -1 .. 1; 0 where nothing is to be seen.


def look(photo: Pixels) -> Look:
    """Measure a photo, uint8, (height, width, 3), RGB."""
    height, width = photo.shape[:2]
    lab = colour.lab(_small(photo))
    codes = naming.codes(lab)
    return Look(
        aspect=width / height,
        **_light(lab[0]),
        **_colours(lab),
        **_lines(lab[0]),
        upper=naming.shares(codes[: _third(codes)]),
        lower=naming.shares(codes[-_third(codes) :]),
        names=naming.shares(codes),
        vivid=naming.shares(codes, where=np.hypot(lab[1], lab[2]) > _VIVID),
    )


def _small(photo: Pixels) -> colour.Planes:
    """Resize to a long side of 96 (and no side below 12); (3, height, width), in [0, 1]."""
    height, width = photo.shape[:2]
    scale = _SIDE / max(height, width)
    size = (max(_LEAST_SIDE, round(width * scale)), max(_LEAST_SIDE, round(height * scale)))
    small = Image.fromarray(photo).resize(size, Image.Resampling.BOX, reducing_gap=3.0)
    return np.ascontiguousarray(np.moveaxis(np.asarray(small), -1, 0)) / 255


def _third(codes: Codes) -> int:
    return len(codes) // 3


def _light(lightness: Plane) -> dict[str, float]:
    height, width = lightness.shape
    inner = _middle(lightness)
    outer = (float(lightness.sum()) - float(inner.sum())) / (lightness.size - inner.size)
    upper, lower = lightness[: height // 2], lightness[height // 2 :]
    one, other = lightness[:, : width // 2], lightness[:, width // 2 :]
    return {
        "lightness": float(lightness.mean()),
        "contrast": float(lightness.std()),
        "shadow": float((lightness < _SHADOW).mean()),
        "glare": float((lightness > _GLARE).mean()),
        "above": float(upper.mean() - lower.mean()),
        "left": float(one.mean() - other.mean()),
        "middle": float(inner.mean()) - outer,
    }


def _colours(lab: colour.Planes) -> dict[str, float]:
    chroma = np.hypot(lab[1], lab[2])
    coloured = chroma[chroma > _COLOURED]
    rim = np.concatenate([_rim(plane) for plane in lab]).reshape(3, -1)
    return {
        "chroma": float(coloured.mean()) if coloured.size else 0.0,
        "most_chroma": float(np.quantile(chroma, 0.99)),
        "rim_spread": float(np.sqrt(rim.var(axis=1).sum())),
    }


def _lines(lightness: Plane) -> dict[str, float]:
    down, across = np.gradient(lightness)
    slope = np.hypot(across, down)
    edges = slope > _EDGE
    total = max(float(slope.sum()), _FLAT)
    return {
        "edges": float(edges.mean()),
        "middle_edges": float(_middle(edges).sum()) / max(int(edges.sum()), 1),
        "level": float(slope[np.abs(down) > _SLANT * np.abs(across)].sum()) / total,
        "upright": float(slope[np.abs(across) > _SLANT * np.abs(down)].sum()) / total,
        "mirror": _mirror(lightness),
    }


def _mirror(lightness: Plane) -> float:
    away = lightness - lightness.mean()
    power = float((away**2).sum())
    return float((away * away[:, ::-1]).sum()) / power if power > lightness.size else 0.0


def _middle(plane: np.ndarray) -> np.ndarray:
    """The middle quarter of the area."""
    height, width = plane.shape
    return plane[height // 4 : height - height // 4, width // 4 : width - width // 4]


def _rim(plane: Plane) -> Plane:
    """The outermost pixels of all four sides, about a twelfth of each side wide."""
    deep = max(1, min(plane.shape) // 12)
    sides = (plane[:deep], plane[-deep:], plane[:, :deep], plane[:, -deep:])
    return np.concatenate([side.ravel() for side in sides])
