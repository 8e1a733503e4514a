"""How near shares that were read are to those that were told."""

import numpy as np
from numpy.typing import NDArray

from training.measuring.predictions import Shares

LEAST = 1e-6
"""What a share that was read counts as at least: a model that rounds its shares to nothing would
be infinitely far off. With four decimals nothing above it is lost."""

_FLAT = 1e-12  #: Variance, of columns with a variance of 1, below which nothing varies.

#: float64, (n,): one figure for each sample.
Column = NDArray[np.float64]


def kl(told: Shares, read: Shares) -> Column:
    """Kullback and Leibler (1951): nats lost where `read` stands for `told`; 0 .. about 14.

    In the order that training minimises, KL(told || read): what people said and the model missed
    costs most.
    """
    return _sum_over_told(told, told, np.maximum(read, LEAST))


def jensen_shannon(told: Shares, read: Shares) -> Column:
    """Lin (1991): the divergence of both from their mean, in bits, 0 .. 1."""
    middle = (told + read) / 2
    apart = _sum_over_told(told, told, middle) + _sum_over_told(read, read, middle)
    bits: Column = apart / (2 * np.log(2))
    return bits


def cross_entropy(told: Shares, read: Shares) -> Column:
    """Nats of what was told under what was read: negative log likelihood on soft labels."""
    return _sum_over_told(told, np.ones_like(told), np.maximum(read, LEAST))


def brier(told: Shares, read: Shares) -> Column:
    """Brier (1950): squared distance between both, 0 .. 2."""
    apart: Column = ((told - read) ** 2).sum(axis=1)
    return apart


def pearson(told: Shares, read: Shares) -> Column:
    """Pearson's correlation over samples, by class, (k,); NaN where a class is the same always."""
    return correlation(told, read)


def pearson_by_sample(told: Shares, read: Shares) -> Column:
    """Pearson's correlation over classes, by sample, (n,); NaN where a row is flat."""
    return correlation(told.T, read.T)


def correlation(one: Shares, other: Shares) -> Column:
    """Pearson's correlation of columns, (k,); NaN where one of both does not vary."""
    products = products_of(one, other)
    found: Column = correlation_of(products.mean(axis=0, keepdims=True))[0]
    return found


def products_of(one: Shares, other: Shares) -> Shares:
    """What correlations of columns are made of, (n, 5·k): each, its square, and both together.

    Columns are centred and brought to a spread of 1 first, so that no digits are lost.
    """
    first, second = _standardised(one), _standardised(other)
    return np.concatenate([first, second, first**2, second**2, first * second], axis=1)


def correlation_of(means: Shares) -> Shares:
    """Correlations, (r, k), of the means of `products_of`, (r, 5·k)."""
    first, second, firsts, seconds, both = np.split(means, 5, axis=1)
    spread, other = firsts - first**2, seconds - second**2
    # What is left of a column that does not vary is rounding, and its correlation is chance.
    flat = (spread < _FLAT) | (other < _FLAT)
    return np.where(
        flat, np.nan, (both - first * second) / np.sqrt(np.where(flat, 1, spread * other))
    )


def _standardised(columns: Shares) -> Shares:
    spread = columns.std(axis=0)
    flat = np.ptp(columns, axis=0) == 0
    scaled: Shares = (columns - columns.mean(axis=0)) / np.where(flat, 1.0, spread)
    return np.where(flat, 0.0, scaled)


def _sum_over_told(weights: Shares, above: Shares, below: Shares) -> Column:
    """Sum w·log(a/b) over the classes; where nothing was told, nothing is lost."""
    there = weights > 0
    ratio = np.log(np.where(there, above, 1.0)) - np.log(np.where(there, below, 1.0))
    total: Column = (weights * ratio).sum(axis=1)
    return total
