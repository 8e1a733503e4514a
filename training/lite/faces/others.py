"""What is no face, for a network to learn.

What the scanner finds in photos without people, other places of those, patterns, and faces that
are not framed as faces should be.
"""

import csv
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.data import oasis
from training.errors import DataRefused
from workers.models.lite import greys
from workers.models.lite.detection import framed
from workers.models.lite.greys import SIDE_PX, Grey, Square
from workers.models.lite.scanning import Window

FOLDER = Path("photos", "oasis")
PERSON = "Person"
#: Squares of one photo: of what the scanner finds, and of any place.
_FINDS, _PLACES = 100, 60
_LEAST_PX = 22

Squares = NDArray[np.uint8]
#: Finds candidates in a photo, the likeliest first.
Scan = Callable[[Grey], list[Window]]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A photo of OASIS."""

    path: Path
    theme: str
    category: str

    def grey(self) -> Grey:
        """Decode it.

        Raises:
            DataRefused: it cannot be read.
        """
        photo = cv2.imread(str(self.path), cv2.IMREAD_GRAYSCALE)
        if photo is None:
            raise DataRefused(f"{self.path} cannot be read as a photo.")
        return np.asarray(photo, dtype=np.uint8)


@dataclass(frozen=True, kw_only=True)
class Others:
    """Squares that are no faces, all uint8, (n, 48, 48)."""

    finds: Squares  #: What the scanner took for faces.
    places: Squares  #: Any places of photos, and patterns.


def scenes(data: Path) -> list[Scene]:
    """List the photos of OASIS with their categories.

    Raises:
        DataRefused: they are not there.
    """
    table = data / FOLDER / "oasis.csv"
    try:
        with table.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return [
            Scene(
                path=table.parent / row["file"],
                theme=oasis.theme_of(row["theme"]),
                category=row["category"],
            )
            for row in rows
        ]
    except (OSError, KeyError) as error:
        raise DataRefused(
            f"{table} is needed for photos without people, with file, theme and category: {error}"
        ) from error


def without_people(photos: Iterable[Scene]) -> list[Scene]:
    """Choose those that are not of people."""
    return [scene for scene in photos if scene.category != PERSON]


def gather(photos: Iterable[Grey], scan: Scan, *, seed: int) -> Others:
    """Cut squares from photos without people, and draw some patterns."""
    draw = np.random.default_rng(seed)
    finds: list[Grey] = []
    places: list[Grey] = []
    for grey in photos:
        finds += [greys.cut(grey, framed(window.square)) for window in scan(grey)[:_FINDS]]
        places += [greys.cut(grey, _any_place(grey, draw)) for _ in range(_PLACES)]
        places += _patterns(draw, count=_PLACES // 20)
    return Others(finds=_stacked(finds), places=_stacked(places))


def misframed(faces: Squares, *, seed: int) -> Squares:
    """Frame faces wrongly: upside down, on their sides, far too near, half out of the frame."""
    draw = np.random.default_rng(seed)
    return _stacked([_misframed(face, draw) for face in faces])


def _misframed(face: Grey, draw: np.random.Generator) -> Grey:
    kind = draw.integers(4)
    turn, zoom, off = draw.uniform(-20, 20), math.exp(draw.uniform(-0.15, 0.15)), 0.0
    if kind == 0:
        turn += 180
    elif kind == 1:
        turn += 90 * draw.choice([-1, 1])
    elif kind == 2:  # noqa: PLR2004 - the third kind: an eye, a mouth, a cheek
        zoom, off = math.exp(draw.uniform(0.75, 1.3)), draw.uniform(0, 0.25)
    else:
        off = draw.uniform(0.45, 0.65)
    middle, way = (SIDE_PX - 1) / 2, draw.uniform(0, 2 * math.pi)
    matrix = cv2.getRotationMatrix2D((middle, middle), turn, zoom)
    matrix[:, 2] += off * SIDE_PX * np.array([math.cos(way), math.sin(way)])
    moved = cv2.warpAffine(
        face, matrix, (SIDE_PX, SIDE_PX), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )
    return np.asarray(moved, dtype=np.uint8)


def _any_place(grey: Grey, draw: np.random.Generator) -> Square:
    height, width = grey.shape
    most = min(height, width)
    side = math.exp(draw.uniform(math.log(min(_LEAST_PX, most)), math.log(most)))
    left, top = draw.uniform(0, width - side), draw.uniform(0, height - side)
    return Square(left=left, top=top, side=side)


def _patterns(draw: np.random.Generator, *, count: int) -> Iterator[Grey]:
    """Draw clouds, from fine to coarse, some with bars across: what textures have in common."""
    for _ in range(count):
        side = int(draw.integers(2, SIDE_PX + 1))
        cloud = draw.uniform(0, 255, (side, side)).astype(np.float32)
        cloud = cv2.resize(cloud, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_CUBIC)
        if draw.integers(2):
            along = np.arange(SIDE_PX) * draw.uniform(0.1, 2.0) + draw.uniform(0, 2 * math.pi)
            bars = 90 * np.sin(along) * draw.uniform(0, 1)
            cloud = cloud + (bars if draw.integers(2) else bars[:, np.newaxis])
        yield np.clip(cloud, 0, 255).astype(np.uint8)


def _stacked(squares: list[Grey]) -> Squares:
    return np.stack(squares) if squares else np.zeros((0, SIDE_PX, SIDE_PX), dtype=np.uint8)
