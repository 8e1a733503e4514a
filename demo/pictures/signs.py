"""Neon signs: bent glass tubes drawn as outlines, with the glow of their gas around them."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from demo.pictures.canvas import Colour, Field, flat, tint

_PIXELS_PER_M = 150


@dataclass(frozen=True, kw_only=True)
class Sign:
    """A flat sign across the street's direction, facing the eye; lengths in metres."""

    z: float
    left: float
    bottom: float
    width: float
    height: float
    #: brightness of the tubes, (rows, columns), top row first
    tubes: Field
    #: brightness of the glow, same shape
    halo: Field
    colour: Colour

    def shine(self, x: Field, y: Field) -> tuple[Field, Field]:
        """Return light and opacity of the sign where rays cross its plane."""
        rows, columns = self.tubes.shape
        column = (x - self.left) / self.width * columns
        row = (1.0 - (y - self.bottom) / self.height) * rows
        inside = (column > 0) & (column < columns - 1) & (row > 0) & (row < rows - 1)
        place = np.stack([np.where(inside, row, 0), np.where(inside, column, 0)])
        tube = ndimage.map_coordinates(self.tubes, place, order=1)
        halo = ndimage.map_coordinates(self.halo, place, order=1)
        light = tint(halo * 1.1, self.colour) + tube[..., np.newaxis] * (
            flat(self.colour) * 3.2 + 0.9
        )
        return (light + flat((0.012, 0.010, 0.022))).astype(np.float32), inside.astype(np.float32)


def hung() -> list[Sign]:
    """Return the signs of the street, near and far, on both sides."""
    pink, cyan, amber = (1.0, 0.08, 0.42), (0.05, 0.72, 1.0), (1.0, 0.42, 0.06)
    violet, green, red = (0.45, 0.14, 1.0), (0.10, 1.0, 0.42), (1.0, 0.07, 0.07)
    return [
        _upright("HOTEL", 9.0, 3.25, 2.9, cyan),
        _upright("RAMEN", 8.6, -4.45, 2.5, pink),
        _upright("JAZZ", 12.5, -4.45, 3.4, amber),
        _upright("BAR", 12.0, 3.1, 2.8, pink),
        _upright("TAXI", 15.5, 3.0, 3.6, green),
        _upright("CINEMA", 17.0, -4.5, 3.2, violet),
        _upright("CLUB", 22.0, 2.9, 4.0, red),
        _upright("OPEN", 25.0, -4.4, 4.6, cyan),
        _upright("DINER", 31.0, 2.8, 3.6, amber),
        _upright("LOTUS", 36.0, -4.4, 4.0, pink),
    ]


def _upright(word: str, z: float, left: float, bottom: float, colour: Colour) -> Sign:
    """Return a tall sign with its letters one above another inside a frame."""
    width, height = 1.15, 0.95 * len(word) + 0.5
    columns, rows = int(width * _PIXELS_PER_M), int(height * _PIXELS_PER_M)
    sheet = Image.new("L", (columns, rows))
    pen = ImageDraw.Draw(sheet)
    pen.rounded_rectangle([12, 12, columns - 13, rows - 13], radius=26, outline=200, width=6)
    font = ImageFont.load_default(size=int(0.92 * _PIXELS_PER_M))
    for index, letter in enumerate(word):
        middle = (columns / 2, (0.72 + 0.95 * index) * _PIXELS_PER_M)
        pen.text(middle, letter, font=font, anchor="mm", fill=0, stroke_width=7, stroke_fill=255)
        pen.text(middle, letter, font=font, anchor="mm", fill=35)
    tubes = np.asarray(sheet, dtype=np.float32) / 255.0
    halo = ndimage.gaussian_filter(tubes, 9.0) * 0.9 + ndimage.gaussian_filter(tubes, 28.0) * 0.9
    return Sign(
        z=z,
        left=left,
        bottom=bottom,
        width=width,
        height=height,
        tubes=tubes,
        halo=halo,
        colour=colour,
    )
