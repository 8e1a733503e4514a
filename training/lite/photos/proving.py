"""Reads each photo by weights that know nothing of it: neither photo nor theme, nor any choice.

Everything that learns is done again for each fold, from the photos of the other folds alone: the
dictionaries, the choice of blocks and ridge (by folds within those), and the weights.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.lite.photos import choosing, dictionaries, regression
from training.lite.photos.choosing import Choice, Photos
from training.lite.photos.looking import Seen
from training.lite.photos.regression import Column, Matrix
from training.measuring import intervals, plane
from training.samples import Places

FOLDS = 5
SCALES = ("valence", "arousal")


@dataclass(frozen=True, kw_only=True)
class Line:
    """How one scale is read from features in spreads from their middle."""

    choice: Choice
    weights: Column  #: (n,): by feature; 0 outside the chosen blocks.
    constant: float


def line(photos: Photos, wanted: Column, groups: Sequence[str], *, seed: int) -> Line:
    """Choose and fit for one scale."""
    choice = choosing.choose(photos, wanted, groups, seed=seed)
    blocks = [photos.block(name) for name in choice.blocks]
    scaled = regression.scale_of(photos.rows).of(photos.rows)
    fitted, constant = regression.fit(
        regression.weighed(scaled, blocks), wanted, ridge=choice.ridge
    )
    weights = np.zeros(photos.rows.shape[1])
    begin = 0
    for at in blocks:
        size = at.stop - at.start
        weights[at] = fitted[begin : begin + size] / np.sqrt(size * len(blocks))
        begin += size
    return Line(choice=choice, weights=weights, constant=constant)


def unseen(
    seen: Seen, wanted: Matrix, groups: Sequence[str], *, seed: int, say: Callable[[str], None]
) -> Matrix:
    """Read all photos once, each by what was learned from other groups; (n, 2)."""
    read = np.zeros(wanted.shape)
    parts = regression.folds(groups, count=FOLDS, seed=seed)
    for number, (fitted, asked) in enumerate(parts, start=1):
        read[asked] = _fold(seen, wanted, groups, fitted=fitted, asked=asked)
        say(f"read photos left out: round {seed + 1}, part {number} of {FOLDS}")
    return read


def _fold(
    seen: Seen, wanted: Matrix, groups: Sequence[str], *, fitted: Places, asked: Places
) -> Matrix:
    every = seen.by(dictionaries.learn(*seen.some(fitted)))
    known = Photos(rows=every.rows[fitted], dictionaries=every.dictionaries)
    names = [groups[at] for at in fitted]
    rows = regression.scale_of(known.rows).of(every.rows[asked])
    lines = [line(known, wanted[fitted, at], names, seed=0) for at in range(len(SCALES))]
    return np.stack([rows @ one.weights + one.constant for one in lines], axis=1)


def figures(
    reads: Sequence[Matrix], wanted: Matrix, groups: Sequence[str]
) -> Mapping[str, Mapping[str, Any]]:
    """Measure readings of several rounds: the mean of the rounds, with intervals by groups."""
    return {scale: _scale(reads, wanted, groups, at) for at, scale in enumerate(SCALES)}


def _scale(
    reads: Sequence[Matrix], wanted: Matrix, groups: Sequence[str], at: int
) -> Mapping[str, Any]:
    told = wanted[:, at]

    def measured(places: Places) -> NDArray[np.float64]:
        rounds = [
            [measure(told[places], read[places, at]) for measure in _MEASURES.values()]
            for read in reads
        ]
        return np.asarray(np.mean(rounds, axis=0))

    found = intervals.estimates(measured, len(told), groups=groups)
    return {
        name: [round(value, 3) for value in (one.value, one.low, one.high)]
        for name, one in zip(_MEASURES, found, strict=True)
    }


_MEASURES = {
    "pearson": plane.pearson,
    "spearman": plane.spearman,
    "rmse": plane.root_mean_square,
}
