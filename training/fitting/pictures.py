"""The pictures of a data set as one array: decoded once, then fed without work for each.

They are squashed to the network's square as the service squashes photos for it.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightsong.core.models import Filter, Fit, Pixels, View
from training.data.pictures import in_memory
from training.errors import RunRefused
from training.samples import Pictures
from workers.media import views

#: More bytes are kept in a file that is mapped into memory.
MOST_IN_MEMORY = 3 * 1024**3
#: Pictures that are decoded at a time: a thread each, a few waiting.
_AHEAD = 64

Told = Callable[[int, int], None]


def squares(
    pictures: Pictures,
    side_px: int,
    *,
    spill: Path,
    told: Told = lambda _done, _total: None,
    most_bytes: int = MOST_IN_MEMORY,
) -> NDArray[np.uint8]:
    """Make one array of all pictures.

    Args:
        pictures: of a data set. What is in memory already is taken as it is, of any size.
        side_px: of the square.
        spill: the file that is made if they are too many for memory; the caller deletes it.
        told: hears how many are decoded, of how many.
        most_bytes: that may be in memory.

    Returns:
        uint8, (n, side, side, 3) RGB; or as it was in memory, (n, h, w) grey or (n, h, w, 3).

    Raises:
        DataRefused: one cannot be decoded; names it.
        RunRefused: the disk does not take the file.
    """
    held = in_memory(pictures)
    if held is not None:
        return held
    shape = (len(pictures), side_px, side_px, 3)
    is_small = int(np.prod(shape)) <= most_bytes
    made = np.empty(shape, np.uint8) if is_small else _mapped(shape, spill)
    view = View(side_px=side_px, fit=Fit.SQUASH, filter=Filter.BILINEAR)

    def square(at: int) -> Pixels:
        return views.make_view(pictures[at], view)

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for begin in range(0, len(pictures), _AHEAD):
            places = range(begin, min(begin + _AHEAD, len(pictures)))
            for at, pixels in zip(places, pool.map(square, places), strict=True):
                made[at] = pixels
            told(places.stop, len(pictures))
    return made


def _mapped(shape: tuple[int, ...], spill: Path) -> NDArray[np.uint8]:
    try:
        spill.parent.mkdir(parents=True, exist_ok=True)
        made: NDArray[np.uint8] = np.lib.format.open_memmap(
            spill, mode="w+", dtype=np.uint8, shape=shape
        )
    except OSError as error:
        raise RunRefused(f"{spill} cannot be made for the pictures: {error}") from error
    return made
