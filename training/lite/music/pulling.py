"""Ridge regression that pulls weights towards ones set by hand, and how well it does on new games.

Piano pieces teach little of some descriptors (a rendered piano has one timbre and one loudness), so
that what is known of these from elsewhere is to hold unless the data speak clearly against it. This
is Bayesian linear regression whose prior has its mean at the hand-set weights and a width of its
own for each (Bishop 2006, 3.3).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.samples import Places

Numbers = NDArray[np.float64]

#: How strongly weights are pulled; the best on new games is chosen within the training games.
PULLS = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)


@dataclass(frozen=True, kw_only=True)
class Belief:
    """What is thought of the weights before any piece was heard."""

    weights: Numbers  #: (k,), of descriptors in spreads.
    freedom: Numbers  #: (k,), how far each may move, in any unit; 0: not at all.


@dataclass(frozen=True, kw_only=True)
class Line:
    """A fitted reading: the weighed sum of descriptors, squashed to (-1, 1).

    Where it begins is not fitted: piano pieces do not tell how ordinary recordings are felt.
    """

    weights: Numbers  #: (k,), such that readings spread as the ratings do.
    pull: float

    def read(self, descriptors: Numbers) -> Numbers:
        """Read descriptors, (n, k), in spreads, to (n,)."""
        read: Numbers = np.tanh(descriptors @ self.weights)
        return read


def fit(descriptors: Numbers, ratings: Numbers, belief: Belief, *, pull: float) -> Line:
    """Fit weights to ratings, pulled towards a belief.

    The belief's unit is not that of ratings: how many ratings make one of its evidence is fitted
    first, as a line through it alone. The line of least squares spreads less than the ratings, the
    less the worse it fits; the weights are made larger by that at last.

    Args:
        descriptors: (n, k), in spreads from the middle of ordinary recordings.
        ratings: (n,).
        belief: what to pull towards.
        pull: how strongly, in pieces: with as many pieces of one spread, data and belief are equal.
    """
    apart, wanted = descriptors - descriptors.mean(axis=0), ratings - ratings.mean()
    weights = belief.weights * scale(apart @ belief.weights, wanted)
    is_free = belief.freedom > 0
    free = apart[:, is_free]
    stiffness = np.diag(pull / belief.freedom[is_free] ** 2)
    left = wanted - apart @ weights
    weights[is_free] += np.linalg.solve(free.T @ free + stiffness, free.T @ left)
    spread = float((apart @ weights).std())
    return Line(weights=weights * (float(wanted.std()) / spread if spread else 0.0), pull=pull)


def scale(evidence: Numbers, wanted: Numbers) -> float:
    """How many ratings one of evidence is worth; both centred, (n,)."""
    power = float(evidence @ evidence)
    return max(float(evidence @ wanted) / power, 0.0) if power else 0.0


def choose_pull(
    descriptors: Numbers, ratings: Numbers, belief: Belief, series: Sequence[str]
) -> float:
    """Choose the pull whose readings of left-out series follow the ratings best (Pearson)."""
    followed = []
    for pull in PULLS:
        read = np.zeros(len(ratings))
        for seen, held in _left_out(series):
            line = fit(descriptors[seen], ratings[seen], belief, pull=pull)
            read[held] = line.read(descriptors[held])
        followed.append(float(np.nan_to_num(np.corrcoef(read, ratings)[0, 1])))
    return PULLS[int(np.argmax(followed))]


def nested(
    descriptors: Numbers, ratings: Numbers, belief: Belief, series: Sequence[str]
) -> Numbers:
    """Read each piece by a fit that saw nothing of its series, (n,); nor did its pull's choice."""
    read = np.zeros(len(ratings))
    for seen, held in _left_out(series):
        known, wanted = descriptors[seen], ratings[seen]
        pull = choose_pull(known, wanted, belief, [series[at] for at in seen])
        read[held] = fit(known, wanted, belief, pull=pull).read(descriptors[held])
    return read


def _left_out(series: Sequence[str]) -> Iterator[tuple[Places, Places]]:
    """Leave one series out after the other: places of the rest, and its own."""
    names = np.array(series)
    for name in sorted(set(series)):
        yield np.flatnonzero(names != name), np.flatnonzero(names == name)
