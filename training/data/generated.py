"""A made-up data set in the exact layout of Emotion6, for tests and for a first try of the trainer.

Each photo is a chequered field of cells. A share of the cells has the colour of each emotion, the
same share that the table tells, and grey stands for `neutral`: what a cell shows is the whole of
the label, so that a network which cannot learn this set is broken. Light and shade are random, so
that no two photos are near-duplicates.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sightsong.core.affect import Emotion
from sightsong.core.blend import NEUTRAL
from sightsong.core.moods import EMOTION_PLACES
from training.data import emotion6
from training.data.classes import SEVEN, SIX
from training.errors import DataRefused

#: Of the cells, RGB; far from each other, and none of them grey.
_COLOURS: Mapping[str, tuple[int, int, int]] = {
    Emotion.ANGER: (200, 30, 30),
    Emotion.DISGUST: (110, 150, 20),
    Emotion.FEAR: (90, 20, 150),
    Emotion.JOY: (250, 200, 40),
    Emotion.SADNESS: (40, 80, 190),
    Emotion.SURPRISE: (240, 120, 200),
    NEUTRAL: (128, 128, 128),
}
_CELLS = 8  # along each side
_SHADE = 40.0  # of 255: how far light and shade go either way
_OWN_SHARE = 4.0  # how much more the emotion of the folder is felt than each other one
_QUALITY = 92  # JPEG
_DIGITS = 6  # of shares, as published


def make(folder: Path, *, each: int = 20, side_px: int = 64, seed: int = 0) -> Path:
    """Write a data set of `each` photos for each of the six emotions.

    Args:
        folder: to write to; made if absent.
        each: photos in the folder of each emotion.
        side_px: of the square photos; at least 8.
        seed: another one gives other photos.

    Returns:
        The folder.

    Raises:
        DataRefused: the folder is there already and not empty, or cannot be written to.
    """
    rng = np.random.default_rng(seed)
    header = [emotion6.FILE, emotion6.VALENCE, emotion6.AROUSAL, *map(emotion6.column_of, SEVEN)]
    lines = ["\t".join(f"[{name}]" for name in header)]
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise DataRefused(f"{folder} is not empty; name a new folder.")
        for emotion in SIX:
            within = folder / emotion6.IMAGES / emotion
            within.mkdir(parents=True)
            for number in range(1, each + 1):
                shares = _shares(emotion, rng)
                photo = Image.fromarray(_photo(shares, side_px, rng))
                photo.save(within / f"{number}.jpg", quality=_QUALITY, subsampling=0)
                lines.append(_line(f"{emotion}/{number}.jpg", shares))
        (folder / emotion6.TABLE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise DataRefused(f"{folder} cannot be written to: {error.strerror or error}.") from error
    return folder


def _shares(emotion: str, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw shares by `SEVEN`, in whole cells, with the emotion mostly ahead."""
    weights = np.array([_OWN_SHARE if name == emotion else 0.5 for name in SEVEN])
    cells = rng.multinomial(_CELLS**2, rng.dirichlet(weights))
    # At least one cell of it: `neutral` alone could not be shared out.
    cells[SEVEN.index(emotion)] += 1
    cells[cells.argmax()] -= 1
    return np.asarray(cells / _CELLS**2, np.float64)


def _photo(
    shares: NDArray[np.float64], side_px: int, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Paint the cells in random places, and lay light and shade over them."""
    counts = np.rint(shares * _CELLS**2).astype(np.int64)
    colours = np.array([_COLOURS[name] for name in SEVEN], np.float64)
    cells = rng.permutation(np.repeat(colours, counts, axis=0)).reshape(_CELLS, _CELLS, 3)
    shade = rng.uniform(-_SHADE, _SHADE, (_CELLS, _CELLS, 1))
    places = np.arange(side_px) * _CELLS // side_px
    large = (cells + shade)[places][:, places]
    return np.clip(np.rint(large), 0, 255).astype(np.uint8)


def _line(file: str, shares: NDArray[np.float64]) -> str:
    affect = [_rating(shares, axis) for axis in ("valence", "arousal")]
    numbers: Sequence[float] = [*(round(value, 2) for value in affect), *shares.tolist()]
    return "\t".join([file, *(f"{value:.{_DIGITS}g}" for value in numbers)])


def _rating(shares: NDArray[np.float64], axis: str) -> float:
    """Give valence or arousal on the scale of the table, 1 .. 9: the mean place of the shares."""
    mean = math.fsum(
        share * getattr(EMOTION_PLACES[Emotion(name)], axis)
        for name, share in zip(SIX, shares.tolist(), strict=False)
    )
    middle, half = (emotion6.LOW + emotion6.HIGH) / 2, (emotion6.HIGH - emotion6.LOW) / 2
    return middle + half * mean
