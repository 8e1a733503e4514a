"""Whether a share means what it says: of readings that are sure to 0.8, are eight of ten right?

The temperature is that of Guo et al. (2017), "On Calibration of Modern Neural Networks": one
number that logits are divided by, which changes no order of classes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.errors import DataRefused
from training.measuring.predictions import Shares, softmax
from training.measuring.shares import Column

BINS = 15
_COLDEST, _HOTTEST = 0.02, 50.0  #: Temperatures beyond tell of no evidence, not of a model.
_HALVINGS = 80


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Readings whose confidence lies between two bounds."""

    low: float
    high: float
    count: int
    confidence: float  #: Mean share of the likeliest class.
    right: float  #: Mean hit.


@dataclass(frozen=True, kw_only=True)
class Above:
    """What is left when only readings of some confidence count."""

    confidence: float  #: From here on.
    coverage: float  #: Share of all samples that are so sure.
    right: float  #: Mean hit among those.


def curve(confidence: Column, hit: Column, *, bins: int = BINS) -> tuple[Bin, ...]:
    """Sort readings into bins of equal width; empty bins are left out.

    Args:
        confidence: share of the likeliest class, (n,), 0 .. 1.
        hit: whether it is right, (n,), 0 .. 1; parts where votes are tied or shared.
        bins: how many.
    """
    at = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    chosen = [(number, at == number) for number in range(bins) if (at == number).any()]
    return tuple(
        Bin(
            low=number / bins,
            high=(number + 1) / bins,
            count=int(here.sum()),
            confidence=float(confidence[here].mean()),
            right=float(hit[here].mean()),
        )
        for number, here in chosen
    )


def expected_error(confidence: Column, hit: Column, *, bins: int = BINS) -> float:
    """Naeini et al. (2015), ECE: mean gap between confidence and hits over the bins, 0 .. 1."""
    return float(np.abs(gaps(confidence, hit, bins=bins).mean(axis=0)).sum())


def gaps(confidence: Column, hit: Column, *, bins: int = BINS) -> NDArray[np.float64]:
    """Each sample's gap between hit and confidence, in the column of its bin, (n, bins)."""
    at = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    placed = np.zeros((len(at), bins))
    placed[np.arange(len(at)), at] = hit - confidence
    return placed


def adaptive_error(confidence: Column, hit: Column, *, bins: int = BINS) -> float:
    """As `expected_error`, with bins of equal count (Nguyen and O'Connor 2015)."""
    order = np.argsort(confidence, kind="stable")
    parts = [part for part in np.array_split(order, bins) if part.size]
    gaps = [part.size * abs(hit[part].mean() - confidence[part].mean()) for part in parts]
    return float(sum(gaps) / len(order))


def by_confidence(confidence: Column, hit: Column) -> tuple[Above, ...]:
    """Tell how right the surest readings are: all, the surest nine tenths, …, the surest tenth."""
    order = np.argsort(-confidence, kind="stable")
    sizes = sorted({max(1, round(len(order) * tenths / 10)) for tenths in range(1, 11)})
    return tuple(
        Above(
            confidence=float(confidence[order[size - 1]]),
            coverage=size / len(order),
            right=float(hit[order[:size]].mean()),
        )
        for size in reversed(sizes)
    )


def fit_temperature(
    logits: NDArray[np.floating], told: Shares, *, weights: Column | None = None
) -> float:
    """Find what to divide logits by, so that what was told is likeliest.

    The likelihood on soft labels is convex in 1/T, so that halving finds the one best.

    Args:
        logits: (n, k), of the valid part; never of the part that is reported on.
        told: (n, k).
        weights: of samples, (n,), above 0; None: all the same.

    Raises:
        DataRefused: there are no samples, or a logit is no number.
    """
    scores = np.asarray(logits, dtype=np.float64)
    if not scores.size or not np.isfinite(scores).all():
        raise DataRefused("a temperature needs logits that are numbers, one row at the least")
    parts = np.ones(len(scores)) if weights is None else weights
    wanted = float(parts @ (told * scores).sum(axis=1))
    low, high = np.log(1 / _HOTTEST), np.log(1 / _COLDEST)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        expected = (softmax(scores * np.exp(middle)) * scores).sum(axis=1)
        low, high = (middle, high) if float(parts @ expected) < wanted else (low, middle)
    return float(np.exp(-(low + high) / 2))
