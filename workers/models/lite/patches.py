"""Patches of a photo, each described by its edges and by its colours.

A photo is cut into cells of 8 x 8 pixels on a copy whose long side is 320. A patch is 4 x 4 cells,
and there is one at each cell. Its edges are sums of gradients in eight directions by cell (the
descriptor of Lowe 2004, without his search for keypoints); its colours are means of CIELAB.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sightsong.core.models import Pixels

CELL_PX = 8
LONG_SIDE_CELLS = 40
SIDE_CELLS = 4  #: Of a patch.
DIRECTIONS = 8
_FAINT = 4.0  # steps of L* below which a patch counts as flat, not as faint edges
_BLUR_PX = 7
_LEAST_SQUARE = 1e-6

Table = NDArray[np.float32]
"""float32, (patches, numbers)."""
Field = NDArray[np.float32]
"""float32, (height, width) or (height, width, channels)."""


@dataclass(frozen=True, kw_only=True)
class Patches:
    """The patches of one photo."""

    edges: Table  #: 128 by patch: directions within cells, cells from the upper left; 0 .. 1.
    colours: Table  #: 15 by patch: L*, a*, b* of its four inner cells, then their spreads in it.


def lab_copy(photo: Pixels) -> Field:
    """Make the copy that patches are cut from: CIELAB, whole cells, at least a patch each way."""
    height, width = photo.shape[:2]
    scale = LONG_SIDE_CELLS / max(height, width)
    cells = (max(SIDE_CELLS, round(width * scale)), max(SIDE_CELLS, round(height * scale)))
    size = (cells[0] * CELL_PX, cells[1] * CELL_PX)
    is_larger = height >= size[1] and width >= size[0]
    way = cv2.INTER_AREA if is_larger else cv2.INTER_LINEAR
    small = cv2.resize(photo, size, interpolation=way).astype(np.float32)
    return np.asarray(cv2.cvtColor(small / 255, cv2.COLOR_RGB2LAB), dtype=np.float32)


def cut(lab: Field) -> Patches:
    """Describe all patches of a copy."""
    return Patches(edges=_edges(np.ascontiguousarray(lab[..., 0])), colours=_colours(lab))


def mirrored_edges() -> NDArray[np.int64]:
    """Tell where each number of a patch's edges stands in those of the mirrored patch."""
    order = np.arange(SIDE_CELLS**2 * DIRECTIONS).reshape(SIDE_CELLS, SIDE_CELLS, DIRECTIONS)
    turned = (DIRECTIONS // 2 - np.arange(DIRECTIONS)) % DIRECTIONS
    return order[:, ::-1, turned].ravel()


def mirrored_colours() -> NDArray[np.int64]:
    """Tell where each number of a patch's colours stands in those of the mirrored patch."""
    inner = np.arange(12).reshape(2, 2, 3)[:, ::-1].ravel()
    return np.concatenate([inner, np.arange(12, 15)])


def _edges(lightness: Field) -> Table:
    across = cv2.Sobel(lightness, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    down = cv2.Sobel(lightness, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    faded = 1 / (across * across + down * down + np.float32(_LEAST_SQUARE))
    along = (_towards(across, down, direction) for direction in range(DIRECTIONS))
    # A cubed cosine: gradients count most for the direction that they are nearest to.
    cells = np.dstack([_by_cell(part * part * part * faded) for part in along])
    around = np.lib.stride_tricks.sliding_window_view(cells, (SIDE_CELLS, SIDE_CELLS), (0, 1))
    table = np.moveaxis(around, 2, -1).reshape(-1, SIDE_CELLS**2 * DIRECTIONS)
    size = np.linalg.norm(table, axis=1, keepdims=True)
    return np.asarray(np.sqrt(table / (size + _FAINT)), dtype=np.float32)


def _towards(across: Field, down: Field, direction: int) -> Field:
    """Keep the part of gradients that points one way."""
    angle = 2 * np.pi * direction / DIRECTIONS
    along = cv2.addWeighted(across, float(np.cos(angle)), down, float(np.sin(angle)), 0)
    return np.asarray(np.maximum(along, 0), dtype=np.float32)


def _by_cell(field: Field) -> Field:
    size = (field.shape[1] // CELL_PX, field.shape[0] // CELL_PX)
    cells = cv2.resize(cv2.blur(field, (_BLUR_PX, _BLUR_PX)), size, interpolation=cv2.INTER_AREA)
    # Running sums leave a trace below 0 where nothing is.
    return np.asarray(np.maximum(cells, 0), dtype=np.float32)


def _colours(lab: Field) -> Table:
    size = (lab.shape[1] // CELL_PX, lab.shape[0] // CELL_PX)
    cells = cv2.resize(lab, size, interpolation=cv2.INTER_AREA)
    squares = cv2.resize(lab * lab, size, interpolation=cv2.INTER_AREA)
    height, width = cells.shape[0] - SIDE_CELLS + 1, cells.shape[1] - SIDE_CELLS + 1
    inner = [cells[y : y + height, x : x + width] for y in (1, 2) for x in (1, 2)]
    spread = np.sqrt(np.maximum(_means(squares) - _means(cells) ** 2, 0))
    return np.concatenate([*inner, spread], axis=2, dtype=np.float32).reshape(-1, 15)


def _means(cells: Field) -> Field:
    """Average over the cells of each patch."""
    windows = np.lib.stride_tricks.sliding_window_view(cells, (SIDE_CELLS, SIDE_CELLS), (0, 1))
    return np.asarray(windows.mean(axis=(-2, -1)), dtype=np.float32)
