"""The faces of FER+ in three parts: to learn from, to fit the temperature with, to report on.

FER+'s own valid part is what is reported on, and nothing is chosen by it: the epoch and the
temperature are chosen by a seventeenth of its train part, taken by the pixels' digest, so that the
same face twice is in one part. Train faces that are in the valid part, too, are left out.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.data import ferplus
from training.data.pictures import InMemory
from training.errors import DataRefused
from training.samples import Part, Places, Samples

FOLDER = "faces"
#: One face of so many is kept back.
_KEPT_BACK = 17
#: Of ten votes: what the reader asks of faces that are reported on.
FEWEST_VOTES = 6


@dataclass(frozen=True, kw_only=True)
class Faces:
    """Grey squares with the votes on their expressions."""

    squares: NDArray[np.uint8]  #: (n, 48, 48).
    samples: Samples
    shares: NDArray[np.float32]  #: (n, 7), by `FACE_CLASSES`.
    votes: NDArray[np.float32]  #: (n,): of ten, those for one of the seven.

    def __len__(self) -> int:
        """How many there are."""
        return len(self.squares)

    def at(self, places: Places) -> "Faces":
        """Choose some, in the order of `places`."""
        return Faces(
            squares=self.squares[places],
            samples=self.samples.at(places),
            shares=self.shares[places],
            votes=self.votes[places],
        )


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The three parts. No face of one is in another."""

    train: Faces
    kept_back: Faces  #: At least six of ten votes each, as in `report`.
    report: Faces
    is_repeat: NDArray[np.bool_]  #: Of `report`: the same pixels are in FER+'s train part.


def read(data: Path) -> Parts:
    """Read FER+ from a folder that holds it, or holds `faces/` with it.

    Raises:
        DataRefused: it is not there, or a part is missing.
    """
    within = data / FOLDER
    samples = ferplus.read_npz(within if within.is_dir() else data)
    faces = faces_of(samples)
    train, report = _places(samples, Part.TRAIN), _places(samples, Part.VALID)
    if not len(train) or not len(report):
        raise DataRefused(f"{data} must hold both ferplus_train.npz and ferplus_valid.npz.")
    return parted(faces.at(train), faces.at(report))


def parted(train: Faces, report: Faces) -> Parts:
    """Part the faces to learn from from those that are kept back; none of them is in `report`."""
    own, reported = _digests(train), _digests(report)
    is_new = ~np.isin(own, reported)
    is_back = (own % np.uint64(_KEPT_BACK) == 0) & is_new
    is_sure = train.votes >= FEWEST_VOTES
    return Parts(
        train=train.at(np.flatnonzero(is_new & ~is_back)),
        kept_back=train.at(np.flatnonzero(is_back & is_sure)),
        report=report,
        is_repeat=np.isin(reported, own),
    )


def faces_of(samples: Samples) -> Faces:
    """Take the arrays out of samples that are in memory and have votes.

    Raises:
        DataRefused: they are not such samples.
    """
    pictures = samples.pictures
    if not isinstance(pictures, InMemory) or samples.shares is None or samples.raters is None:
        raise DataRefused(f"{samples.name} does not hold grey faces with votes in memory.")
    return Faces(
        squares=pictures.values, samples=samples, shares=samples.shares, votes=samples.raters
    )


def _places(samples: Samples, part: Part) -> Places:
    return np.flatnonzero([own is part for own in samples.parts])


def _digests(faces: Faces) -> NDArray[np.uint64]:
    """Eight bytes of the SHA-256 of each face's pixels."""
    found = [hashlib.sha256(square.tobytes()).digest()[:8] for square in faces.squares]
    return np.array([int.from_bytes(eight, "big") for eight in found], dtype=np.uint64)
