"""A model and a data set whose classes differ by `neutral` alone can be compared all the same.

Seven classes are six and `neutral`. Where only one of both knows `neutral`, its share there is
given to the six, each by its own size: what is left answers which of the six it is.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sightsong.core.blend import NEUTRAL
from training.errors import DataRefused
from training.measuring.predictions import Reading
from training.samples import Samples

_LEAST = 0.05  #: People of whom less than this felt one of the six say nothing of the six.
_TINY = 1e-12


@dataclass(frozen=True, kw_only=True)
class Aligned:
    """A reading and samples of the same classes."""

    samples: Samples
    reading: Reading
    kept: NDArray[np.int64]  #: Places of the samples that are left, among those that were given.
    notes: tuple[str, ...]


def align(samples: Samples, reading: Reading) -> Aligned:
    """Bring both to the same classes.

    Raises:
        DataRefused: they differ by more than `neutral`, and tell no affect that could be compared.
    """
    everything = np.arange(len(samples))
    whole = Aligned(samples=samples, reading=reading, kept=everything, notes=())
    if samples.shares is None or reading.shares is None:
        return whole
    told, read = set(samples.classes), set(reading.classes)
    if told == read:
        return whole
    if read - told == {NEUTRAL} and not told - read:
        note = "The model knows `neutral`, the data do not: its share went to the other classes."
        return replace(whole, reading=_reading_without(reading), notes=(note,))
    if told - read == {NEUTRAL} and not read - told:
        return _samples_without(samples, reading)
    if samples.affect is not None and reading.affect is not None:
        note = "Classes are not compared: the model's and those of the data are not the same."
        unshared = replace(reading, classes=(), shares=None)
        return replace(whole, reading=unshared, notes=(note,))
    raise DataRefused(
        f"The model reads {', '.join(reading.classes)}; {samples.name} tells "
        f"{', '.join(samples.classes)}. Only classes that are the same can be compared."
    )


def _reading_without(reading: Reading) -> Reading:
    classes, shares, _ = _without(reading.classes, reading.shares)
    return replace(reading, classes=classes, shares=shares)


def _samples_without(samples: Samples, reading: Reading) -> Aligned:
    classes, shares, left = _without(samples.classes, samples.shares)
    kept = np.flatnonzero(left >= _LEAST)
    if not kept.size:
        raise DataRefused(f"before no sample of {samples.name} people felt more than `{NEUTRAL}`")
    few = f"{len(samples) - len(kept):,} samples of which nearly all said so are left out"
    note = (
        f"The data know `neutral`, the model does not: its share went to the other classes; {few}."
    )
    chosen = replace(samples.at(kept), classes=classes, shares=shares[kept].astype(np.float32))
    return Aligned(
        samples=chosen,
        reading=_chosen(reading, kept),
        kept=kept,
        notes=(note,),
    )


def _without(
    classes: tuple[str, ...], shares: NDArray[np.floating] | None
) -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.float64]]:
    """Give `neutral`'s share to the others; the second array is what they had, (n,)."""
    places = [at for at, name in enumerate(classes) if name != NEUTRAL]
    kept = np.asarray(shares, dtype=np.float64)[:, places]
    left = kept.sum(axis=1)
    even = np.full_like(kept, 1 / len(places))
    whole = np.where(left[:, None] > _TINY, kept / np.maximum(left, _TINY)[:, None], even)
    return tuple(classes[at] for at in places), whole, left


def _chosen(reading: Reading, kept: NDArray[np.int64]) -> Reading:
    return replace(
        reading,
        shares=None if reading.shares is None else reading.shares[kept],
        affect=None if reading.affect is None else reading.affect[kept],
    )
