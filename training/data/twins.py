"""Near-duplicates: the same photo again, at another size or quality, in grey, or mirrored.

A model that has seen one of them in training knows the answer to the other. They are found in two
steps: a hash of coarse light and shade (which of 63 low frequencies are strong) gives candidates,
and small grey copies of both tell whether they are one picture. Equal pixels are found by digest,
too: flat pictures have no light and shade.

Of 420 photos of OASIS each was found again as JPEG of quality 10, at half and at a tenth of its
size, squared, in grey or mirrored, and no two others were taken for one. A crop becomes another
picture: less 2 % of each side 410 were found, less 5 % 240, less 10 % only 52.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from sightsong.core.models import Pixels
from training.data.problems import Problems
from training.errors import DataRefused
from training.samples import Pictures, Places, Samples

_SIDE_PX = 32  # of the grey copies
_FREQUENCIES = 8  # along each axis; the first is the mean and has no sign
#: Bits of the hash that may differ, of 63: among the near-duplicates of FER+ that 14 bits find, one
#: in a hundred needs more than these.
_MOST_BITS = 12
#: The correlation of two copies from which they are one picture. Of pairs of FER+ faces looked at,
#: 31 of 32 from 0.92 to 0.94 were one photo, with 0.88 to 0.90 half of them.
_LEAST_LIKENESS = 0.92
#: Copies with less contrast (standard deviation, in levels of 255) look alike whatever they show.
_LEAST_CONTRAST = 3.0
#: Hashes are compared in tiles of this many by `_TILE_COLUMNS`, which stay in a processor's cache.
_TILE_ROWS, _TILE_COLUMNS = 256, 4096
_CHECKED_AT_ONCE = 512  # pairs of copies; these stay in the cache, too


@dataclass(frozen=True, kw_only=True)
class Looks:
    """What pictures look like from afar. Row i is picture i of those that could be decoded."""

    places: Places  #: Of the pictures.
    sizes: NDArray[np.int32]  #: (n, 2), width and height in px.
    digests: NDArray[np.bytes_]  #: S16, (n,), of all pixels.
    copies: NDArray[np.uint8]  #: (n, 32, 32), grey.


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Pictures that are one; each row ascending, none twice."""

    places: Places  #: (m, 2).
    is_exact: NDArray[np.bool_]  #: (m,): every pixel is the same.


def near_duplicates(samples: Samples) -> Samples:
    """Join the groups of samples whose pictures are one.

    Returns:
        The same samples with groups.

    Raises:
        DataRefused: a picture cannot be decoded.
    """
    problems = Problems(samples.name)
    looks = look(samples.pictures, problems)
    problems.settle()
    return joined(samples, find(looks))


def look(pictures: Pictures, problems: Problems) -> Looks:
    """Decode every picture once, and keep little of each; note those that cannot be decoded."""
    places, sizes, digests, copies = [], [], [], []
    for place in range(len(pictures)):
        try:
            pixels = pictures[place]
        except DataRefused as error:
            problems.add(str(error))
            continue
        height, width = pixels.shape[:2]
        places.append(place)
        sizes.append((width, height))
        digests.append(_digest(pixels))
        copies.append(_copy(pixels))
    return Looks(
        places=np.array(places, np.int64),
        sizes=np.array(sizes, np.int32).reshape(-1, 2),
        digests=np.array(digests, dtype="S16"),
        copies=np.array(copies, np.uint8).reshape(-1, _SIDE_PX, _SIDE_PX),
    )


def find(looks: Looks) -> Pairs:
    """Find the pictures that are one. Of many equal ones, each is paired with the first."""
    _values, first, of = np.unique(looks.digests, return_index=True, return_inverse=True)
    repeats = np.flatnonzero(first[of] != np.arange(len(of)))
    exact = np.stack([first[of][repeats], repeats], axis=1)
    once = np.sort(first)
    near = once[_near(looks.copies[once])]
    places = np.sort(looks.places[np.concatenate([exact, near])], axis=1)
    is_exact = np.arange(len(places)) < len(exact)
    return Pairs(places=places, is_exact=is_exact)


def joined(samples: Samples, pairs: Pairs) -> Samples:
    """Join the groups of samples that are paired; a group is called by the least of its names."""
    names = samples.groups or samples.names
    leader = {name: name for name in names}
    for one, other in pairs.places.tolist():
        low, high = sorted((_led(leader, names[one]), _led(leader, names[other])))
        leader[high] = low
    return replace(samples, groups=tuple(_led(leader, name) for name in names))


def _led(leader: dict[str, str], name: str) -> str:
    """Follow a name to the one that leads it, and remember the way."""
    top = name
    while leader[top] != top:
        top = leader[top]
    while leader[name] != top:
        leader[name], name = top, leader[name]
    return top


def _digest(pixels: Pixels) -> bytes:
    told = hashlib.blake2b(repr(pixels.shape).encode(), digest_size=8)
    told.update(pixels.tobytes())
    # As text: numpy drops zeros at the end of bytes.
    return told.hexdigest().encode()


def _copy(pixels: Pixels) -> NDArray[np.uint8]:
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _near(copies: NDArray[np.uint8]) -> Places:
    """Find pairs of copies, (m, 2), that show one picture, upright or mirrored."""
    shown = copies.astype(np.float32)
    told = np.flatnonzero(shown.std(axis=(1, 2)) >= _LEAST_CONTRAST)
    shown = shown[told]
    hashes, unit = _hashes(shown), _unit(shown)
    alike = [
        pairs[_likeness(unit, others, pairs) >= _LEAST_LIKENESS]
        for others in (unit, unit[:, :, ::-1])
        for pairs in _candidates(hashes, _hashes(others))
    ]
    found = np.concatenate([np.empty((0, 2), np.int64), *alike])
    return np.asarray(told[np.unique(found, axis=0)], np.int64)


def _hashes(shown: NDArray[np.float32]) -> NDArray[np.uint64]:
    """Hash copies, (n, 32, 32), by which of their low frequencies are above the median."""
    steps = np.arange(_SIDE_PX)
    waves = np.cos(np.pi * np.outer(np.arange(_FREQUENCIES), steps + 0.5) / _SIDE_PX)
    waves = waves.astype(np.float32)
    strengths = (waves @ shown @ waves.T).reshape(len(shown), _FREQUENCIES**2)
    strengths[:, 0] = -np.inf
    middle = np.median(strengths[:, 1:], axis=1, keepdims=True)
    bits = np.packbits(strengths > middle, axis=1)
    return np.ascontiguousarray(bits).view(np.uint64)[:, 0]


def _candidates(hashes: NDArray[np.uint64], others: NDArray[np.uint64]) -> Iterator[Places]:
    """Yield pairs (i, j), i < j, whose hashes differ in few bits; some thousands at a time."""
    for top in range(0, len(hashes), _TILE_ROWS):
        rows = hashes[top : top + _TILE_ROWS, np.newaxis]
        for left in range(top, len(others), _TILE_COLUMNS):
            columns = others[np.newaxis, left : left + _TILE_COLUMNS]
            # Flat: numpy finds places along one axis six times as fast as along two.
            flat = np.flatnonzero(np.bitwise_count(rows ^ columns) <= _MOST_BITS)
            row, column = np.divmod(flat, columns.shape[1])
            close = np.stack([row + top, column + left], axis=1)
            yield close[close[:, 0] < close[:, 1]]


def _likeness(
    unit: NDArray[np.float32], others: NDArray[np.float32], pairs: Places
) -> NDArray[np.float32]:
    """Correlate copy i with copy j of `others`: float32, (m,), -1 .. 1."""
    found = [np.empty(0, np.float32)]
    for start in range(0, len(pairs), _CHECKED_AT_ONCE):
        some = pairs[start : start + _CHECKED_AT_ONCE]
        found.append(np.einsum("nij,nij->n", unit[some[:, 0]], others[some[:, 1]]))
    return np.concatenate(found)


def _unit(shown: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale copies to a mean of 0 and a length of 1, so that a product is a correlation."""
    centred = shown - shown.mean(axis=(1, 2), keepdims=True)
    lengths = np.sqrt(np.square(centred).sum(axis=(1, 2), keepdims=True))
    return np.asarray(centred / lengths, np.float32)
