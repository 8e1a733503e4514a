"""What can be evaluated: something that reads pictures."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sightsong.core.models import Pixels
from training.measuring.predictions import Reading
from training.samples import Pictures

BATCH = 32


class Reads(Protocol):
    """A model of pictures, whatever it runs on."""

    name: str
    classes: tuple[str, ...]  #: Of the shares that it reads; none: affect alone.
    facts: Mapping[str, str]  #: For the report's head.

    def read(self, pictures: Sequence[Pixels]) -> Reading:
        """Read a few pictures: uint8, (height, width, 3), RGB, of any sizes.

        Raises:
            RunRefused: the model answers what is no reading.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Timed:
    """A reading, and how long it took."""

    reading: Reading
    ms_per_sample: float  #: Of reading alone; decoding is not counted.


def unwatched(_done: int, _total: int) -> None:
    """Tell nobody how far it is."""


def read_all(
    model: Reads, pictures: Pictures, *, told: Callable[[int, int], None] = unwatched
) -> Timed:
    """Let a model read all pictures, a batch at a time.

    Args:
        model: what reads.
        pictures: decoded as they are needed.
        told: hears how many of how many are done.

    Raises:
        DataRefused: a picture cannot be decoded.
        RunRefused: the model answers what is no reading.
    """
    parts, spent_s = [], 0.0
    for start in range(0, len(pictures), BATCH):
        batch = [pictures[at] for at in range(start, min(start + BATCH, len(pictures)))]
        begun = time.perf_counter()
        parts.append(model.read(batch))
        spent_s += time.perf_counter() - begun
        told(start + len(batch), len(pictures))
    return Timed(reading=_joined(parts), ms_per_sample=1000 * spent_s / max(len(pictures), 1))


def _joined(parts: Sequence[Reading]) -> Reading:
    return Reading(
        classes=parts[0].classes if parts else (),
        shares=_stacked([part.shares for part in parts]),
        affect=_stacked([part.affect for part in parts]),
    )


def _stacked(arrays: Sequence[NDArray[np.float64] | None]) -> NDArray[np.float64] | None:
    there = [array for array in arrays if array is not None]
    return np.concatenate(there) if there else None
