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
#: Makes figures, (r, m), of means over samples, (r, c): a row for each drawing.
OfMeans = Callable[[NDArray[np.float64]], NDArray[np.float64]]

_AT_ONCE = 100  #: Drawings whose counts are held in memory together.


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


def of_means(
    columns: NDArray[np.float64],
    figures: OfMeans,
    *,
    groups: Sequence[str] = (),
    rounds: int = ROUNDS,
    seed: int = SEED,
) -> list[Estimate]:
    """Bound figures that depend on nothing but means over samples: hundreds of times faster.

    Most do: a correlation is made of means of products, a confusion matrix of means of counts.

    Args:
        columns: (n, c), what is averaged.
        figures: makes the figures of the means.
        groups: the group of each sample; none: each is its own.
        rounds: how often to draw.
        seed: of the drawing.

    Raises:
        DataRefused: there are no samples.
    """
    if not len(columns):
        raise DataRefused("there is nothing to measure: no sample is left")
    draw, random = Drawing(len(columns), groups), np.random.default_rng(seed)
    parts = [min(_AT_ONCE, rounds - start) for start in range(0, rounds, _AT_ONCE)]
    means = np.concatenate([_means(columns, draw, random, part) for part in parts])
    values, drawn = figures(columns.mean(axis=0, keepdims=True))[0], figures(means)
    return [_bounded(float(value), drawn[:, at]) for at, value in enumerate(values)]


def mean(values: NDArray[np.float64], *, groups: Sequence[str] = ()) -> Estimate:
    """Bound a mean over samples, (n,)."""
    return of_means(values[:, None], lambda means: means, groups=groups)[0]


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


def _means(
    columns: NDArray[np.float64], draw: Drawing, random: np.random.Generator, rounds: int
) -> NDArray[np.float64]:
    """Average the columns over drawings, (rounds, c)."""
    counts = np.stack(
        [np.bincount(draw(random), minlength=len(columns)) for _ in range(rounds)]
    ).astype(np.float64)
    means: NDArray[np.float64] = counts @ columns / counts.sum(axis=1, keepdims=True)
    return means


def _bounded(value: float, drawn: NDArray[np.float64]) -> Estimate:
    known = drawn[~np.isnan(drawn)]
    if not known.size:
        return Estimate(value=value, low=float("nan"), high=float("nan"))
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value=value, low=float(low), high=float(high))
