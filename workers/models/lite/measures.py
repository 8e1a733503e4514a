"""What can be measured of a photo without knowing what is in it: light, colour, texture.

Everything is computed on a small copy, so that a photo and its thumbnail measure alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sightsong.core.models import Pixels
from workers.models.lite.patches import Field

_SIDE = 192
_LEAST_SIDE = 16
_EDGE = 8.0  # steps of L* from pixel to pixel that count as an edge
_COLOURED = 12.0  # chroma from which a pixel counts as coloured
_BANDS = np.geomspace(0.01, 0.45, 14)  # cycles per pixel
_LEAST_POWER = 1e-6
_TINY = 1e-9

HUES: Mapping[str, tuple[float, float]] = {
    "red": (-15, 40),
    "orange": (40, 72),
    "yellow": (72, 105),
    "green": (105, 165),
    "teal": (165, 220),
    "blue": (220, 295),
    "purple": (295, 345),
}
"""Names of hues, and their range of CIELAB hue angles in degrees."""


@dataclass(frozen=True, kw_only=True)
class Light:
    """How much light there is, and where."""

    brightness: float  #: Mean HSV value, 0 .. 1.
    contrast: float  #: Standard deviation of the HSV value, 0 .. 0.5.
    lightness: float  #: Mean L*, 0 .. 100.
    above: float  #: Mean L* of the upper half less that of the lower.
    left: float  #: Mean L* of the left half less that of the right.
    centre: float  #: Mean L* of the middle quarter less that of the whole.


@dataclass(frozen=True, kw_only=True)
class Colours:
    """How much colour there is, and which."""

    saturation: float  #: Mean HSV saturation, 0 .. 1.
    colourfulness: float  #: Hasler and Suesstrunk (2003), over 255: 0 grey .. 0.4 vivid.
    share: float  #: Share of the area that has a colour at all.
    hues: Mapping[str, float]  #: Part of the chroma in each of `HUES`; sums to 1.
    areas: Mapping[str, float]  #: Share of the area in each of `HUES`.


@dataclass(frozen=True, kw_only=True)
class Texture:
    """How much detail there is."""

    edge_share: float  #: Share of the area that is an edge.
    fineness: float  #: Slope of log power over log frequency: -3.5 smooth .. -1.5 busy.


@dataclass(frozen=True, kw_only=True)
class Measures:
    """Plain measurements of one photo."""

    light: Light
    colours: Colours
    texture: Texture


def measure(photo: Pixels) -> Measures:
    """Measure a photo, uint8, (height, width, 3), RGB."""
    rgb = _small(photo)
    _, saturation, value = cv2.split(cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV))
    lightness, *ab = cv2.split(cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB))
    return Measures(
        light=_light(np.asarray(value), np.asarray(lightness)),
        colours=_colours(rgb, np.asarray(saturation), *map(np.asarray, ab)),
        texture=_texture(np.asarray(lightness)),
    )


def _small(photo: Pixels) -> Field:
    """Resize to a long side of 192 (and no side below 16); (height, width, 3), in [0, 1]."""
    height, width = photo.shape[:2]
    scale = _SIDE / max(height, width)
    size = (max(_LEAST_SIDE, round(width * scale)), max(_LEAST_SIDE, round(height * scale)))
    is_larger = height >= size[1] and width >= size[0]
    way = cv2.INTER_AREA if is_larger else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(photo, size, interpolation=way).astype(np.float32) / 255)


def _light(value: Field, lightness: Field) -> Light:
    height, width = lightness.shape
    middle = lightness[height // 4 : -(height // 4), width // 4 : -(width // 4)]
    return Light(
        brightness=float(value.mean()),
        contrast=float(value.std()),
        lightness=float(lightness.mean()),
        above=float(lightness[: height // 2].mean() - lightness[height // 2 :].mean()),
        left=float(lightness[:, : width // 2].mean() - lightness[:, width // 2 :].mean()),
        centre=float(middle.mean() - lightness.mean()),
    )


def _colours(rgb: Field, saturation: Field, a: Field, b: Field) -> Colours:
    chroma, angle = map(np.asarray, cv2.cartToPolar(a, b, angleInDegrees=True))
    coloured = chroma > _COLOURED
    hue = _hue(angle)
    total = max(float(chroma.sum()), _TINY)
    parts = np.bincount(hue.ravel(), chroma.ravel(), len(HUES)) / total
    areas = np.bincount(hue[coloured], minlength=len(HUES)) / hue.size
    return Colours(
        saturation=float(saturation.mean()),
        colourfulness=_colourfulness(rgb),
        share=float(coloured.mean()),
        hues=dict(zip(HUES, parts.tolist(), strict=True)),
        areas=dict(zip(HUES, areas.tolist(), strict=True)),
    )


def _hue(angle: Field) -> NDArray[np.int64]:
    """Find the place in `HUES` of each angle in degrees."""
    first = next(iter(HUES.values()))[0]
    ends = [end - first for _, end in HUES.values()]
    return np.asarray(np.minimum(np.digitize((angle - first) % 360, ends), len(HUES) - 1))


def _colourfulness(rgb: Field) -> float:
    """Measure colourfulness as Hasler and Suesstrunk (2003, "M3") do, over 255."""
    red, green, blue = np.moveaxis(rgb, -1, 0)
    red_green = red - green
    yellow_blue = (red + green) / 2 - blue
    spread = np.hypot(red_green.std(), yellow_blue.std())
    shift = np.hypot(red_green.mean(), yellow_blue.mean())
    return float(spread + 0.3 * shift)


def _texture(lightness: Field) -> Texture:
    across, down = np.gradient(lightness)
    return Texture(
        edge_share=float((np.hypot(across, down) > _EDGE).mean()),
        fineness=_spectral_slope(lightness),
    )


def _spectral_slope(lightness: Field) -> float:
    """Fit the fall of power over spatial frequency; near -2.5 in photos of the natural world.

    Photos that fall less steeply hold more fine detail than nature does, which people find
    uncomfortable to look at (Fernandez and Wilkins 2008).
    """
    height, width = lightness.shape
    power = np.abs(np.fft.rfft2(lightness - lightness.mean())) ** 2 / lightness.size
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    band = np.digitize(frequency, _BANDS)
    counts = np.bincount(band.ravel(), minlength=len(_BANDS) + 1)[1:-1]
    sums = np.bincount(band.ravel(), power.ravel(), minlength=len(_BANDS) + 1)[1:-1]
    filled = counts > 0
    heights = np.log(sums[filled] / counts[filled] + _LEAST_POWER)
    places = np.log(np.sqrt(_BANDS[1:] * _BANDS[:-1]))[filled]
    return float(np.polyfit(places, heights, 1)[0])
