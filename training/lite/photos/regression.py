"""Ridge regression on blocks of features, each block with the same say whatever its size."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.samples import Places
from workers.models.lite.photo import MOST_DEVIATIONS

Matrix = NDArray[np.float64]
Column = NDArray[np.float64]
_TINY = 1e-6


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Where features lie among the photos that were fitted on."""

    middle: Column
    spread: Column

    def of(self, rows: Matrix) -> Matrix:
        """Express features in spreads from the middle."""
        scaled = (rows - self.middle) / self.spread
        return np.clip(scaled, -MOST_DEVIATIONS, MOST_DEVIATIONS)


def scale_of(rows: Matrix) -> Scale:
    """Learn where features lie."""
    return Scale(middle=rows.mean(axis=0), spread=rows.std(axis=0) + _TINY)


def weighed(rows: Matrix, blocks: Sequence[slice]) -> Matrix:
    """Take some blocks, each divided so that it has the same say."""
    parts = (rows[:, at] / np.sqrt((at.stop - at.start) * len(blocks)) for at in blocks)
    return np.concatenate(list(parts), axis=1)


def fit(rows: Matrix, wanted: Column, *, ridge: float) -> tuple[Column, float]:
    """Fit weights and a constant; through the photos' products, being fewer than the features."""
    constant = float(wanted.mean())
    products = rows @ rows.T + ridge * np.eye(len(rows))
    return rows.T @ np.linalg.solve(products, wanted - constant), constant


def folds(groups: Sequence[str], *, count: int, seed: int) -> Iterator[tuple[Places, Places]]:
    """Part photos some times into those to fit on and those to ask about; no group is in both."""
    names, which = np.unique(np.asarray(groups), return_inverse=True)
    sizes = np.bincount(which)
    rng = np.random.default_rng(seed)
    part_of, loads = np.zeros(len(names), np.int64), np.zeros(count)
    # Large groups first, each to the part that has least: the parts come out even.
    for group in np.lexsort((rng.random(len(names)), -sizes)):
        part_of[group] = np.lexsort((rng.random(count), loads))[0]
        loads[part_of[group]] += sizes[group]
    parts = part_of[which]
    for part in range(count):
        yield np.flatnonzero(parts != part), np.flatnonzero(parts == part)
