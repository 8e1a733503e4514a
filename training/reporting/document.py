"""The report as JSON. `docs/evaluation.md` describes each field; the schema's name changes with it.

A figure that cannot be measured (a class that never varies has no correlation) is null, never NaN:
NaN is no JSON.
"""

import math
from collections.abc import Mapping
from typing import Any

from training.measuring.calibration import Bin
from training.measuring.intervals import Estimate
from training.measuring.measures import Calibrated, OfAxis, OfClass, OfShares, Summary
from training.reporting.report import Report

SCHEMA = "sightsong-evaluation/1"
_DIGITS = 5

Document = dict[str, Any]


def document(report: Report) -> Document:
    """Write a report as what JSON can hold."""
    return {
        "schema": SCHEMA,
        "model": {"name": report.model, **dict(report.facts)},
        "data": {"name": report.data, "part": report.part},
        "notes": list(report.notes),
        "ms_per_sample": known(report.ms_per_sample),
        **summary(report.summary),
        "slices": {name: summary(one) for name, one in report.slices.items()},
        "worst": [
            {"name": one.name, "badness": known(one.badness), "told": one.told, "read": one.read}
            for one in report.worst
        ],
        "beside": [
            {
                "who": one.who,
                "figures": dict(one.figures),
                "measured_on": one.measured_on,
                "is_comparable": one.is_comparable(report.part),
                "note": one.note,
            }
            for one in report.beside
        ],
    }


def summary(found: Summary) -> Document:
    """Write what was measured."""
    return {
        "count": found.count,
        "groups": found.groups,
        "shares": None if found.shares is None else _shares(found.shares),
        "affect": {axis.name: _axis(axis) for axis in found.affect},
    }


def headline(found: Summary) -> Mapping[str, float | None]:
    """Tell the few figures that belong on a model card."""
    figures: dict[str, float | None] = {"count": found.count}
    if found.shares is not None:
        of = found.shares
        figures |= {f"top_{at}": known(one.value) for at, one in enumerate(of.top, start=1)}
        figures |= {
            "kl": known(of.kl.value),
            "pearson": known(of.pearson.value),
            "macro_recall": known(of.macro_recall.value),
            "macro_f1": known(of.macro_f1.value),
            "ece": known(of.calibration.error.value),
            "vote_ece": known(of.calibration.vote_error.value),
        }
    for axis in found.affect:
        figures |= {
            f"{axis.name}_pearson": known(axis.pearson.value),
            f"{axis.name}_concordance": known(axis.concordance.value),
        }
    return figures


def _shares(of: OfShares) -> Document:
    return {
        **{f"top_{at}": _estimate(one) for at, one in enumerate(of.top, start=1)},
        "agreement": _estimate(of.agreement),
        "ties": of.ties,
        "kl": _estimate(of.kl),
        "jensen_shannon": _estimate(of.jensen_shannon),
        "brier": _estimate(of.brier),
        "pearson": _estimate(of.pearson),
        "macro_recall": _estimate(of.macro_recall),
        "macro_f1": _estimate(of.macro_f1),
        "prior": {"top_1": known(of.prior_top), "kl": known(of.prior_kl)},
        "classes": {one.name: _class(one) for one in of.classes},
        "confusion": {
            "rows_told_columns_read": [one.name for one in of.classes],
            "counts": [[known(cell) for cell in row] for row in of.confusion.tolist()],
        },
        "calibration": _calibration(of.calibration),
    }


def _class(one: OfClass) -> Document:
    return {
        "support": known(one.support),
        "mean_told": known(one.told),
        "mean_read": known(one.read),
        "recall": known(one.recall),
        "precision": known(one.precision),
        "f1": known(one.f1),
        "pearson": _estimate(one.pearson),
    }


def _calibration(of: Calibrated) -> Document:
    return {
        "ece": _estimate(of.error),
        "adaptive_ece": known(of.adaptive_error),
        "vote_ece": _estimate(of.vote_error),
        "curve": _curve(of.curve),
        "vote_curve": _curve(of.vote_curve),
        "by_confidence": [
            {
                "confidence_from": known(one.confidence),
                "coverage": known(one.coverage),
                "right": known(one.right),
            }
            for one in of.by_confidence
        ],
    }


def _curve(bins: tuple[Bin, ...]) -> list[Document]:
    return [
        {
            "from": known(one.low),
            "to": known(one.high),
            "count": one.count,
            "confidence": known(one.confidence),
            "right": known(one.right),
        }
        for one in bins
    ]


def _axis(axis: OfAxis) -> Document:
    return {
        "pearson": _estimate(axis.pearson),
        "spearman": _estimate(axis.spearman),
        "concordance": _estimate(axis.concordance),
        "root_mean_square": _estimate(axis.root_mean_square),
        "spread_told": known(axis.spread_told),
        "spread_read": known(axis.spread_read),
    }


def _estimate(one: Estimate) -> Document:
    return {"value": known(one.value), "low": known(one.low), "high": known(one.high)}


def known(value: float | None) -> float | None:
    """Round a figure to what is worth telling; None where it could not be measured."""
    return None if value is None or not math.isfinite(value) else round(value, _DIGITS)
