"""All measures of one set of predictions, with intervals."""

import numpy as np

from training.errors import DataRefused
from training.measuring import calibration, hits, intervals, plane, shares
from training.measuring.intervals import Estimate
from training.measuring.measures import Calibrated, OfAxis, OfClass, OfShares, Summary
from training.measuring.predictions import Predictions, Shares
from training.measuring.shares import Column

AXES = ("valence", "arousal")
TOP = (1, 2, 3)


def summarise(predictions: Predictions, *, rounds: int = intervals.ROUNDS) -> Summary:
    """Measure predictions.

    Raises:
        DataRefused: there are none, or readings and data have nothing in common.
    """
    if not len(predictions):
        raise DataRefused("there is nothing to measure: no sample is left")
    if predictions.read is None and predictions.read_affect is None:
        raise DataRefused("the model and the data have nothing in common that could be compared")
    bound = _Bound(predictions, rounds)
    return Summary(
        count=len(predictions),
        groups=len(set(predictions.groups)),
        shares=_shares(bound, predictions),
        affect=_affect(bound, predictions),
    )


class _Bound:
    """Bounds figures of one set of predictions."""

    def __init__(self, predictions: Predictions, rounds: int) -> None:
        self._groups = predictions.groups
        self._rounds = rounds

    def means(self, columns: Shares, figures: intervals.OfMeans) -> list[Estimate]:
        """Bound figures that are made of means."""
        return intervals.of_means(columns, figures, groups=self._groups, rounds=self._rounds)

    def any(self, measure: intervals.Measure) -> list[Estimate]:
        """Bound any figures."""
        count = len(self._groups)
        return intervals.estimates(measure, count, groups=self._groups, rounds=self._rounds)


def _shares(bound: _Bound, predictions: Predictions) -> OfShares | None:
    told, read = predictions.told, predictions.read
    if told is None or read is None:
        return None
    tops, (agreed, kl, apart, brier) = _split(bound.means(_columns(told, read), _as_they_are))
    pearsons = bound.means(shares.products_of(told, read), _pearsons)
    recall, f1 = bound.means(hits.cells(told, read).reshape(len(told), -1), _macros)
    prior = np.broadcast_to(told.mean(axis=0), told.shape)
    return OfShares(
        top=tops,
        agreement=agreed,
        ties=hits.ties(told),
        kl=kl,
        jensen_shannon=apart,
        brier=brier,
        pearson=pearsons[-1],
        macro_recall=recall,
        macro_f1=f1,
        prior_top=float(hits.dominant(told).mean(axis=0).max()),
        prior_kl=float(shares.kl(told, prior).mean()),
        classes=_classes(predictions.classes, told, read, pearsons=pearsons),
        confusion=hits.confusion(told, read),
        calibration=_calibrated(bound, told, read),
    )


def _columns(told: Shares, read: Shares) -> Shares:
    """What is a mean over samples, one column each."""
    tops = [hits.top(told, read, count=count) for count in TOP]
    others = (
        hits.agreement(told, read),
        shares.kl(told, read),
        shares.jensen_shannon(told, read),
        shares.brier(told, read),
    )
    return np.stack([*tops, *others], axis=1)


def _split(bounded: list[Estimate]) -> tuple[tuple[Estimate, ...], list[Estimate]]:
    return tuple(bounded[: len(TOP)]), bounded[len(TOP) :]


def _as_they_are(means: Shares) -> Shares:
    return means


def _pearsons(means: Shares) -> Shares:
    """By class, and the mean of the classes that vary, (r, k + 1)."""
    by_class = shares.correlation_of(means)
    return np.append(by_class, hits.macros(by_class)[:, None], axis=1)


def _macros(means: Shares) -> Shares:
    """Macro recall and macro F1 of confusion matrices, (r, 2)."""
    side = round(means.shape[1] ** 0.5)
    parts = hits.by_class(means.reshape(len(means), side, side))
    return np.stack([hits.macros(parts.recall), hits.macros(parts.f1)], axis=1)


def _ece(means: Shares) -> Shares:
    """The error of calibration of the mean gap in each bin, (r, 1)."""
    total: Shares = np.abs(means).sum(axis=1, keepdims=True)
    return total


def _classes(
    names: tuple[str, ...], told: Shares, read: Shares, *, pearsons: list[Estimate]
) -> tuple[OfClass, ...]:
    parts = hits.by_class(hits.confusion(told, read))
    return tuple(
        OfClass(
            name=name,
            support=float(parts.support[at]),
            told=float(told[:, at].mean()),
            read=float(read[:, at].mean()),
            recall=float(parts.recall[at]),
            precision=float(parts.precision[at]),
            f1=float(parts.f1[at]),
            pearson=pearsons[at],
        )
        for at, name in enumerate(names)
    )


def _calibrated(bound: _Bound, told: Shares, read: Shares) -> Calibrated:
    sure, hit = read.max(axis=1), hits.top(told, read)
    agreed = hits.agreement(told, read)
    return Calibrated(
        error=bound.means(calibration.gaps(sure, hit), _ece)[0],
        adaptive_error=calibration.adaptive_error(sure, hit),
        vote_error=bound.means(calibration.gaps(sure, agreed), _ece)[0],
        curve=calibration.curve(sure, hit),
        vote_curve=calibration.curve(sure, agreed),
        by_confidence=calibration.by_confidence(sure, hit),
    )


def _affect(bound: _Bound, predictions: Predictions) -> tuple[OfAxis, ...]:
    told, read = predictions.told_affect, predictions.read_affect
    if told is None or read is None:
        return ()
    return tuple(_axis(bound, name, told[:, at], read[:, at]) for at, name in enumerate(AXES))


def _axis(bound: _Bound, name: str, told: Column, read: Column) -> OfAxis:
    pearson, spearman, concordance, off = bound.any(lambda at: _plane(told[at], read[at]))
    return OfAxis(
        name=name,
        pearson=pearson,
        spearman=spearman,
        concordance=concordance,
        root_mean_square=off,
        spread_told=float(told.std()),
        spread_read=float(read.std()),
    )


def _plane(told: Column, read: Column) -> Column:
    measures = (plane.pearson, plane.spearman, plane.concordance, plane.root_mean_square)
    return np.array([measure(told, read) for measure in measures])
