"""What a data set holds, whatever form it came in: pictures, and what people felt before them.

Readers make it, splits part it, training and evaluation read it. No torch here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from sightsong.core.models import Pixels

T = TypeVar("T")

#: int64, (n,): places of samples in a data set.
Places = NDArray[np.int64]


class Part(StrEnum):
    """What a sample is for."""

    TRAIN = "train"
    VALID = "valid"  #: Chooses the epoch and fits the temperature.
    TEST = "test"  #: Looked at once, for the report.


class Pictures(Protocol):
    """The pictures of a data set, decoded when they are asked for. Safe to pickle."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def __getitem__(self, at: int) -> Pixels:
        """Decode one: uint8, (height, width, 3), RGB; a grey one has three equal channels.

        Raises:
            DataRefused: it cannot be decoded; names it.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Samples:
    """A data set. What belongs to sample i stands at place i of each field."""

    name: str  #: For reports, for instance `Emotion6`.
    pictures: Pictures
    names: tuple[str, ...]  #: For messages and reports: the file, or the row.
    classes: tuple[str, ...] = ()  #: Of the shares; none: only affect is told.
    shares: NDArray[np.float32] | None = None  #: (n, k), by class; rows sum to 1.
    affect: NDArray[np.float32] | None = None  #: (n, 2), valence and arousal in [-1, 1]; or None.
    raters: NDArray[np.float32] | None = None  #: (n,): people behind each row; None: not told.
    groups: tuple[str, ...] = ()  #: Samples of one group stay in one part; none: each its own.
    parts: tuple[Part | None, ...] = ()  #: As the set itself says; None: it does not.

    def __len__(self) -> int:
        """How many samples there are."""
        return len(self.names)

    def at(self, places: Places | Sequence[int]) -> "Samples":
        """Choose some, in the order of `places`."""
        chosen = np.asarray(places, dtype=np.int64)
        return replace(
            self,
            pictures=Chosen(self.pictures, chosen),
            names=_of(self.names, chosen),
            shares=None if self.shares is None else self.shares[chosen],
            affect=None if self.affect is None else self.affect[chosen],
            raters=None if self.raters is None else self.raters[chosen],
            groups=_of(self.groups, chosen),
            parts=_of(self.parts, chosen),
        )


class Chosen:
    """Some pictures of others."""

    def __init__(self, pictures: Pictures, places: Places) -> None:
        self.pictures = pictures  #: Those that were chosen from.
        self.places = places

    def __len__(self) -> int:
        """How many were chosen."""
        return len(self.places)

    def __getitem__(self, at: int) -> Pixels:
        """Decode one of them.

        Raises:
            DataRefused: it cannot be decoded; names it.
        """
        return self.pictures[int(self.places[at])]


@dataclass(frozen=True, kw_only=True)
class Parted:
    """Places of a data set in three parts that share no group; each ascending."""

    train: Places
    valid: Places
    test: Places


def _of(values: tuple[T, ...], places: Places) -> tuple[T, ...]:
    return tuple(values[int(at)] for at in places) if values else ()
