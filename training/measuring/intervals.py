"""How far a figure may be off because other samples might have been drawn.

The percentile bootstrap (Efron and Tibshirani 1993). Samples of one group (photos of one theme,
pieces of one game) are drawn together: they are no independent evidence, and an interval that took
them for it would be too narrow.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.errors import DataRefused
from training.samples import Places

ROUNDS = 1_000
LEVEL = 0.95
SEED = 20_261_120

#: Measures the samples at some places: one figure, or several.
Measure = Callable[[Places], float | NDArray[np.float64]]


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A figure, and where it lies in 95 of 100 drawings."""

    value: float  #: NaN where there is nothing to measure.
    low: float
    high: float

    def __str__(self) -> str:
        """Write it as `0.512 (0.471 .. 0.550)`."""
        return f"{self.value:.3f} ({self.low:.3f} .. {self.high:.3f})"


def estimate(
    measure: Measure,
    count: int,
    *,
    groups: Sequence[str] = (),
    rounds: int = ROUNDS,
    seed: int = SEED,
) -> Estimate:
    """Measure all samples, and bound what was measured.

    Args:
        measure: computes one figure from the samples at some places; a place may come twice.
        count: how many samples there are.
        groups: the group of each; none: each is its own.
        rounds: how often to draw.
        seed: of the drawing; the same one gives the same interval.

    Raises:
        DataRefused: there are no samples.
    """
    return estimates(measure, count, groups=groups, rounds=rounds, seed=seed)[0]


def estimates(
    measure: Measure,
    count: int,
    *,
    groups: Sequence[str] = (),
    rounds: int = ROUNDS,
    seed: int = SEED,
) -> list[Estimate]:
    """Measure several figures at once, as `estimate` measures one.

    Raises:
        DataRefused: there are no samples.
    """
    if count == 0:
        raise DataRefused("there is nothing to measure: no sample is left")
    values = np.atleast_1d(measure(np.arange(count)))
    draw = Drawing(count, groups)
    random = np.random.default_rng(seed)
    drawn = np.stack([np.atleast_1d(measure(draw(random))) for _ in range(rounds)])
    return [_bounded(float(value), drawn[:, at]) for at, value in enumerate(values)]


def mean(values: NDArray[np.float64], *, groups: Sequence[str] = ()) -> Estimate:
    """Bound a mean over samples, (n,)."""
    return estimate(lambda places: float(values[places].mean()), len(values), groups=groups)


class Drawing:
    """Draws samples with replacement, whole groups at a time."""

    def __init__(self, count: int, groups: Sequence[str]) -> None:
        labels = np.unique(groups, return_inverse=True)[1] if len(groups) else np.arange(count)
        order = np.argsort(labels, kind="stable")
        sizes = np.bincount(labels)
        self._members = np.split(order, np.cumsum(sizes)[:-1])
        self._is_single = len(sizes) == count

    def __call__(self, random: np.random.Generator) -> Places:
        """Draw as many groups as there are; places of all their samples."""
        drawn = random.integers(len(self._members), size=len(self._members))
        if self._is_single:
            return drawn
        return np.concatenate([self._members[at] for at in drawn])


def _bounded(value: float, drawn: NDArray[np.float64]) -> Estimate:
    known = drawn[~np.isnan(drawn)]
    if not known.size:
        return Estimate(value=value, low=float("nan"), high=float("nan"))
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value=value, low=float(low), high=float(high))
