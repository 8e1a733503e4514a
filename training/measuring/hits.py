"""The dominant class: how often it was read, which others were read in its place.

Where people's votes are tied between m classes, each of them counts as dominant with a share of
1/m: the same, on average, as choosing one by lot. Equal shares that were read stand in the order of
the classes, as `argmax` has them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.measuring.predictions import Shares
from training.measuring.shares import Column

_SAME = 1e-9  #: Shares that are nearer than this are tied.


def dominant(told: Shares) -> Shares:
    """How far each class is the dominant one, (n, k): 1 at the highest; tied ones share it."""
    tied = told >= told.max(axis=1, keepdims=True) - _SAME
    shared: Shares = tied / tied.sum(axis=1, keepdims=True)
    return shared


def ties(told: Shares) -> int:
    """How many samples have no single dominant class."""
    return int((dominant(told).max(axis=1) < 1).sum())


def top(told: Shares, read: Shares, *, count: int = 1) -> Column:
    """How far the dominant class is among the `count` likeliest that were read, (n,), 0 .. 1."""
    order = np.argsort(-read, axis=1, kind="stable")[:, :count]
    found: Column = np.take_along_axis(dominant(told), order, axis=1).sum(axis=1)
    return found


def agreement(told: Shares, read: Shares) -> Column:
    """The share of people who said the likeliest class that was read, (n,), 0 .. 1.

    How often one of them, chosen by lot, would agree with the model.
    """
    likeliest = read.argmax(axis=1)[:, None]
    said: Column = np.take_along_axis(told, likeliest, axis=1)[:, 0]
    return said


def confusion(told: Shares, read: Shares) -> NDArray[np.float64]:
    """Count samples by dominant class (rows) and likeliest class that was read (columns), (k, k).

    Tied ones count in parts.
    """
    counts: NDArray[np.float64] = cells(told, read).sum(axis=0)
    return counts


def cells(told: Shares, read: Shares) -> NDArray[np.float64]:
    """Each sample's part in the confusion matrix, (n, k, k)."""
    read_as = np.zeros_like(read)
    read_as[np.arange(len(read)), read.argmax(axis=1)] = 1.0
    each: NDArray[np.float64] = dominant(told)[:, :, None] * read_as[:, None, :]
    return each


@dataclass(frozen=True, kw_only=True)
class ByClass:
    """What confusion matrices say of classes, (…, k); NaN where there is nothing to say it of."""

    support: NDArray[np.float64]  #: Samples of which it is the dominant class.
    recall: NDArray[np.float64]  #: Share of those that were read as it.
    precision: NDArray[np.float64]  #: Share of what was read as it that it is.
    f1: NDArray[np.float64]  #: Harmonic mean of both (van Rijsbergen 1979).


def by_class(counts: NDArray[np.float64]) -> ByClass:
    """Tell recall, precision and F1 of each class from confusion matrices, (…, k, k)."""
    right = np.diagonal(counts, axis1=-2, axis2=-1)
    support, said = counts.sum(axis=-1), counts.sum(axis=-2)
    return ByClass(
        support=support,
        recall=_ratio(right, support),
        precision=_ratio(right, said),
        f1=np.where(support > 0, _ratio(2 * right, support + said), np.nan),
    )


def macro(values: Column) -> float:
    """Mean over the classes that there are, of (k,); NaN if there are none."""
    return float(macros(values))


def macros(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means over the classes that there are, (…) of (…, k); NaN where there are none."""
    known = ~np.isnan(values)
    return _ratio(np.where(known, values, 0.0).sum(axis=-1), known.sum(axis=-1))


def _ratio(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(below > 0, above / np.where(below > 0, below, 1.0), np.nan)
