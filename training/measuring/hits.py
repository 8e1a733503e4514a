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
    read_as = np.zeros_like(read)
    read_as[np.arange(len(read)), read.argmax(axis=1)] = 1.0
    counts: NDArray[np.float64] = dominant(told).T @ read_as
    return counts


@dataclass(frozen=True, kw_only=True)
class ByClass:
    """What a confusion matrix says of each class, (k,); NaN where there is nothing to say it of."""

    support: Column  #: Samples of which it is the dominant class.
    recall: Column  #: Share of those that were read as it.
    precision: Column  #: Share of what was read as it that it is.
    f1: Column  #: Harmonic mean of both (van Rijsbergen 1979).


def by_class(counts: NDArray[np.float64]) -> ByClass:
    """Tell recall, precision and F1 of each class from a confusion matrix, (k, k)."""
    right, support, said = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    return ByClass(
        support=support,
        recall=_ratio(right, support),
        precision=_ratio(right, said),
        f1=np.where(support > 0, _ratio(2 * right, support + said), np.nan),
    )


def macro(values: Column) -> float:
    """Mean over the classes that there are; NaN if there are none."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def _ratio(above: Column, below: Column) -> Column:
    return np.where(below > 0, above / np.where(below > 0, below, 1.0), np.nan)
