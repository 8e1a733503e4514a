"""What is measured of one set of predictions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.measuring import calibration
from training.measuring.intervals import Estimate


@dataclass(frozen=True, kw_only=True)
class OfClass:
    """How one class is read."""

    name: str
    support: float  #: Samples of which it is the dominant class; tied ones in parts.
    told: float  #: Mean share in what people said.
    read: float  #: Mean share in what was read.
    recall: float
    precision: float
    f1: float
    pearson: Estimate


@dataclass(frozen=True, kw_only=True)
class Calibrated:
    """Whether shares mean what they say."""

    error: Estimate  #: ECE against the dominant class, bins of equal width.
    adaptive_error: float  #: The same, bins of equal count.
    vote_error: Estimate  #: ECE against the share of people who said so.
    curve: tuple[calibration.Bin, ...]  #: Against the dominant class.
    vote_curve: tuple[calibration.Bin, ...]  #: Against the share of people who said so.
    by_confidence: tuple[calibration.Above, ...]


@dataclass(frozen=True, kw_only=True)
class OfShares:
    """How shares over classes are read."""

    top: tuple[Estimate, ...]  #: Of the likeliest one, two, three classes; a hit is the dominant.
    agreement: Estimate  #: Chance that one of the people, by lot, said the likeliest class.
    ties: int  #: Samples without a single dominant class.
    kl: Estimate
    jensen_shannon: Estimate
    brier: Estimate
    pearson: Estimate  #: Mean over classes.
    macro_recall: Estimate
    macro_f1: Estimate
    prior_top: float  #: Top-1 of always reading the commonest class.
    prior_kl: float  #: KL of always reading the mean of what was told.
    classes: tuple[OfClass, ...]
    confusion: NDArray[np.float64]  #: (k, k): dominant class by likeliest read.
    calibration: Calibrated


@dataclass(frozen=True, kw_only=True)
class OfAxis:
    """How valence, or arousal, is read."""

    name: str
    pearson: Estimate
    spearman: Estimate
    concordance: Estimate
    root_mean_square: Estimate
    spread_told: float  #: Standard deviation; always reading the mean is off by this.
    spread_read: float


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Everything measured; None where readings or data tell none."""

    count: int
    groups: int
    shares: OfShares | None
    affect: tuple[OfAxis, ...]
