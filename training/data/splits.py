"""Parts of a data set to train on, to choose by, and to be measured on.

No group is in two parts. Where the set says itself what a sample is for, that stands, and what
would carry an answer over is left out: training samples of a group that is held out as well. All
else is shared out group by group, so that each class has its share in each part, in an order that
depends on the seed and on names alone: the same on any machine, whatever order files are listed in.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.errors import PlanRefused
from training.samples import Part, Parted, Samples

#: Of the parts, in the order of `Part`.
Shares = tuple[float, float, float]
EIGHT_ONE_ONE: Shares = (0.8, 0.1, 0.1)
_PARTS = tuple(Part)
#: A group that the set wants in two parts goes where it does least harm.
_STRICTEST = (Part.TEST, Part.VALID, Part.TRAIN)


@dataclass(frozen=True, kw_only=True)
class _Group:
    """Samples that stay together."""

    name: str
    members: NDArray[np.int64]  #: Places of all that may be used.
    classes: NDArray[np.float64]  #: (k,): how many of each dominant class.
    own: Part | None  #: Where the set wants it.


def part(samples: Samples, seed: int = 0, shares: Shares = EIGHT_ONE_ONE) -> Parted:
    """Share a data set out to its parts.

    Where the set says what every sample is for and leaves a part empty, that part is filled from
    what is for training, if its share is above 0.

    Args:
        samples: with the groups of near-duplicates joined (`twins.near_duplicates`).
        seed: another one gives other parts.
        shares: of train, valid and test; they sum to 1.

    Raises:
        PlanRefused: the shares are none, or nothing is left to train on.
    """
    if min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:  # noqa: PLR2004 -- rounding of three floats
        raise PlanRefused(f"The shares of the parts are {shares}; they must sum to 1.")
    groups = _groups(samples)
    taken = {group.own for group in groups}
    empty = () if None in taken else tuple(each for each in _PARTS if each not in taken)
    chosen = _Chosen(groups, shares)
    open_to = [_open_to(group, empty) for group in groups]
    # Those without a choice first: the others then even out what is left.
    order = sorted(
        range(len(groups)), key=lambda at: (len(open_to[at]) > 1, *_order(groups[at], seed))
    )
    for at in order:
        chosen.add(groups[at], open_to[at])
    parted = chosen.parted()
    if not len(parted.train):
        raise PlanRefused(
            f"Nothing is left of {samples.name} to train on: it is too small, or of one group."
        )
    return parted


class _Chosen:
    """Groups that have found their part, and how full the parts are."""

    def __init__(self, groups: Sequence[_Group], shares: Shares) -> None:
        total = np.sum([group.classes for group in groups], axis=0)
        self._wanted = np.outer(shares, total)  # (3, k): samples of each class
        self._held = np.zeros_like(self._wanted)
        self._members: dict[Part, list[NDArray[np.int64]]] = {each: [] for each in _PARTS}

    def add(self, group: _Group, parts: Sequence[Part]) -> None:
        """Put a group in that of `parts` which is fullest by least, counting the group in."""
        at = min((_PARTS.index(each) for each in parts), key=lambda row: self._fill(row, group))
        self._held[at] += group.classes
        self._members[_PARTS[at]].append(group.members)

    def parted(self) -> Parted:
        """Give the places of each part, ascending."""
        places = [
            np.sort(np.concatenate([np.empty(0, np.int64), *self._members[each]]))
            for each in _PARTS
        ]
        return Parted(train=places[0], valid=places[1], test=places[2])

    def _fill(self, row: int, group: _Group) -> float:
        """How full a part would be of the group's classes: 1 is full."""
        full = group.classes > 0
        wanted, held = self._wanted[row][full], (self._held[row] + group.classes)[full]
        if not np.all(wanted > 0):
            return float("inf")
        # Exact in any order of addition: machines would else part alike pictures unlike.
        return math.fsum((group.classes[full] * held / wanted).tolist())


def _open_to(group: _Group, empty: Sequence[Part]) -> Sequence[Part]:
    """List the parts that a group may go to; `empty` are those to be filled from training."""
    if group.own is None:
        return _PARTS
    return (Part.TRAIN, *empty) if group.own is Part.TRAIN else (group.own,)


def _groups(samples: Samples) -> list[_Group]:
    """Gather groups; what a group would give away from a stricter part is left out."""
    names = samples.groups or samples.names
    own = samples.parts or (None,) * len(samples)
    members: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        members.setdefault(name, []).append(place)
    strata, count = _strata(samples)
    groups = []
    for name, places in members.items():
        wanted = {own[place] for place in places}
        strict = next((each for each in _STRICTEST if each in wanted), None)
        kept = np.array([place for place in places if own[place] in {strict, None}], np.int64)
        classes = np.bincount(strata[kept], minlength=count).astype(np.float64)
        groups.append(_Group(name=name, members=kept, classes=classes, own=strict))
    return groups


def _strata(samples: Samples) -> tuple[NDArray[np.int64], int]:
    """Number each sample by its dominant class, (n,); and how many numbers there are."""
    if samples.shares is None:
        return np.zeros(len(samples), np.int64), 1
    return samples.shares.argmax(axis=1).astype(np.int64), len(samples.classes)


def _order(group: _Group, seed: int) -> tuple[int, bytes]:
    """Large groups first, so that small ones even out; else as if by lot."""
    lot = hashlib.sha256(f"{seed}\0{group.name}".encode()).digest()
    return -len(group.members), lot
