"""Valence and arousal: how what was read follows what people said, and how far it is off."""

import numpy as np

from training.measuring.shares import Column, correlation


def pearson(told: Column, read: Column) -> float:
    """Pearson (1895): how well a straight line leads from one to the other, -1 .. 1."""
    return float(correlation(told[:, None], read[:, None])[0])


def spearman(told: Column, read: Column) -> float:
    """Spearman (1904): Pearson's correlation of the ranks; equal values share their mean rank."""
    return pearson(ranks(told), ranks(read))


def concordance(told: Column, read: Column) -> float:
    """Lin (1989), CCC: as Pearson's, less what mean and spread are off; NaN if neither varies."""
    apart = told.var() + read.var() + (told.mean() - read.mean()) ** 2
    together = ((told - told.mean()) * (read - read.mean())).mean()
    return float(2 * together / apart) if apart > 0 else float("nan")


def root_mean_square(told: Column, read: Column) -> float:
    """How far the readings are off, on the scale of the plane (-1 .. 1)."""
    return float(np.sqrt(((told - read) ** 2).mean()))


def ranks(values: Column) -> Column:
    """Rank from 1 up, (n,); equal values share the mean of their ranks."""
    _, at, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    shared: Column = (last - (counts - 1) / 2)[at]
    return shared
