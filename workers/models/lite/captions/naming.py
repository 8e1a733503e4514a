"""Names of colours as people use them: dark orange is brown, and pale orange is beige.

Berlin and Kay (1969) found eleven names that most languages share; teal and beige are added, for
what would else be called wrongly. The borders are our own, drawn on CIELAB.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from workers.models.lite.colour import Plane, Planes

NAMES: Final = (
    "black",
    "grey",
    "white",
    "red",
    "pink",
    "orange",
    "brown",
    "beige",
    "yellow",
    "green",
    "teal",
    "blue",
    "purple",
)
"""All names; each pixel has one."""
NEUTRAL: Final = frozenset({"black", "grey", "white"})
NEIGHBOURS: Final[Mapping[str, frozenset[str]]] = {
    "red": frozenset({"pink", "orange", "brown"}),
    "pink": frozenset({"red", "purple", "beige"}),
    "orange": frozenset({"red", "brown", "beige", "yellow"}),
    "yellow": frozenset({"orange", "beige", "green", "brown"}),
    "green": frozenset({"yellow", "teal"}),
    "teal": frozenset({"green", "blue"}),
    "blue": frozenset({"teal", "purple"}),
    "purple": frozenset({"blue", "pink"}),
}
"""Colours so near that one is no surprise beside the other."""

Codes = NDArray[np.int64]
"""int64, (height, width): places in `NAMES`."""

_TURN = 15.0
"""Degrees that hues are turned by, so that no colour lies on both sides of zero."""


@dataclass(frozen=True, kw_only=True)
class _Region:
    """A part of CIELAB that has a name."""

    name: str
    hues: tuple[float, float] = (-15, 345)  #: Degrees, -15 .. 345: from red around to pink.
    lightness: tuple[float, float] = (0, 101)
    chroma: tuple[float, float] = (0, 200)

    def holds(self, hue: Plane, lightness: Plane, chroma: Plane) -> NDArray[np.bool_]:
        inside = _between(hue, self.hues) & _between(lightness, self.lightness)
        return inside & _between(chroma, self.chroma)


_REGIONS = (
    _Region(name="black", lightness=(0, 18), chroma=(0, 22)),
    _Region(name="white", lightness=(86, 101), chroma=(0, 10)),
    _Region(name="grey", chroma=(0, 10)),
    _Region(name="pink", hues=(-15, 20), lightness=(60, 101)),
    _Region(name="pink", hues=(325, 345), lightness=(60, 101)),
    _Region(name="pink", hues=(20, 40), lightness=(60, 101), chroma=(20, 36)),
    _Region(name="beige", hues=(-15, 105), lightness=(55, 101), chroma=(0, 36)),
    _Region(name="brown", hues=(-15, 105), lightness=(0, 58), chroma=(0, 36)),
    _Region(name="brown", hues=(40, 90), lightness=(0, 52)),
    _Region(name="red", hues=(-15, 40)),
    _Region(name="orange", hues=(40, 72)),
    _Region(name="yellow", hues=(72, 105), lightness=(45, 101)),
    _Region(name="green", hues=(72, 165)),
    _Region(name="teal", hues=(165, 220)),
    _Region(name="blue", hues=(220, 295)),
    _Region(name="purple"),
)
"""The first region that a colour lies in names it; the last holds all that is left."""


def codes(lab: Planes) -> Codes:
    """Name every pixel of a CIELAB photo, (3, height, width)."""
    chroma = np.hypot(lab[1], lab[2])
    hue = (np.degrees(np.arctan2(lab[2], lab[1])) + _TURN) % 360 - _TURN
    masks = [region.holds(hue, lab[0], chroma) for region in _REGIONS]
    return np.select(masks, [NAMES.index(region.name) for region in _REGIONS])


def shares(named: Codes, *, where: NDArray[np.bool_] | None = None) -> dict[str, float]:
    """Count the share of the area that each name has, of those pixels only that are asked for."""
    counted = named.ravel() if where is None else named[where]
    counts = np.bincount(counted, minlength=len(NAMES)) / max(named.size, 1)
    return {name: float(share) for name, share in zip(NAMES, counts, strict=True)}


def _between(plane: Plane, bounds: tuple[float, float]) -> NDArray[np.bool_]:
    low, high = bounds
    return (plane >= low) & (plane < high)
