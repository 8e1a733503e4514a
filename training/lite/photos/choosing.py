"""Chooses which blocks of features to read and how strong the ridge is, by folds of themes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.lite.photos import regression
from training.lite.photos.regression import Column, Matrix
from workers.models.lite.photo_features import Dictionaries

_FOLDS = 5
_RIDGES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
_SETS = (("measures", "edges", "colours"), ("measures", "patterns", "edges"))


@dataclass(frozen=True, kw_only=True)
class Choice:
    """How one scale is read."""

    blocks: tuple[str, ...]
    ridge: float
    correlation: float  #: Pearson, over photos of themes that were not fitted on.


@dataclass(frozen=True, kw_only=True)
class Photos:
    """Photos as features, in the blocks of their dictionaries."""

    rows: Matrix
    dictionaries: Dictionaries

    def block(self, name: str) -> slice:
        """Find a block by name."""
        names = ("measures", "patterns", "edges", "colours")
        return self.dictionaries.blocks[names.index(name)]


def choose(photos: Photos, wanted: Column, groups: Sequence[str], *, seed: int) -> Choice:
    """Choose for one scale, by the photos of themes left out in turn."""
    told = [
        Choice(blocks=blocks, ridge=ridge, correlation=float(np.corrcoef(read, wanted)[0, 1]))
        for blocks in _SETS
        for ridge, read in _left_out(photos, wanted, groups, blocks=blocks, seed=seed)
    ]
    return max(told, key=lambda choice: choice.correlation)


def _left_out(
    photos: Photos, wanted: Column, groups: Sequence[str], *, blocks: tuple[str, ...], seed: int
) -> list[tuple[float, Column]]:
    """Read each photo by fits on other themes, for each strength of the ridge."""
    read = np.zeros((len(_RIDGES), len(wanted)))
    for fitted, asked in regression.folds(groups, count=_FOLDS, seed=seed):
        scale = regression.scale_of(photos.rows[fitted])
        rows = regression.weighed(scale.of(photos.rows), [photos.block(name) for name in blocks])
        strengths, turned = np.linalg.eigh(rows[fitted] @ rows[fitted].T)
        near = rows[asked] @ rows[fitted].T @ turned
        middle = wanted[fitted].mean()
        aims = turned.T @ (wanted[fitted] - middle)
        for at, ridge in enumerate(_RIDGES):
            read[at, asked] = middle + near @ (aims / (strengths + ridge))
    return list(zip(_RIDGES, read, strict=True))
