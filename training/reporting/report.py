"""What an evaluation found."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from training.measuring import shares
from training.measuring.measures import Summary
from training.measuring.predictions import Plane, Predictions, Shares
from training.reporting.published import Published

_WORST = 12


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One of the samples that were read worst."""

    at: int  #: Its place among the predictions.
    name: str
    badness: float  #: KL in nats; without classes the distance on the plane, 0 .. 2·√2.
    told: str  #: What people said, in words.
    read: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was found of one model on one part of one data set."""

    model: str  #: A folder's name, or that of a lite model.
    facts: Mapping[str, str]  #: Of the model, for the head of the page.
    data: str
    part: str  #: `test`, `valid`, `train` or `all`.
    notes: tuple[str, ...]  #: What a reader of the figures must know, whole sentences.
    summary: Summary
    slices: Mapping[str, Summary] = field(default_factory=dict)  #: Of some samples only.
    predictions: Predictions
    worst: tuple[Mistake, ...]
    beside: tuple[Published, ...] = ()
    ms_per_sample: float | None = None  #: From the decoded picture to its reading.


def worst(predictions: Predictions, *, count: int = _WORST) -> tuple[Mistake, ...]:
    """Find the samples that were read worst, the worst first."""
    badness = _badness(predictions)
    order = np.argsort(-badness, kind="stable")[:count]
    return tuple(
        Mistake(
            at=int(at),
            name=predictions.names[at],
            badness=float(badness[at]),
            told=_words(predictions, predictions.told, predictions.told_affect, at=int(at)),
            read=_words(predictions, predictions.read, predictions.read_affect, at=int(at)),
        )
        for at in order
    )


def _badness(predictions: Predictions) -> shares.Column:
    if predictions.told is not None and predictions.read is not None:
        return shares.kl(predictions.told, predictions.read)
    told, read = predictions.told_affect, predictions.read_affect
    if told is None or read is None:
        return np.zeros(len(predictions))
    apart: shares.Column = np.hypot(*(told - read).T)
    return apart


def _words(predictions: Predictions, rows: Shares | None, points: Plane | None, *, at: int) -> str:
    """Say a sample's two largest shares, or its place on the plane."""
    if rows is not None:
        leading = np.argsort(-rows[at], kind="stable")[:2]
        parts = [f"{predictions.classes[one]} {rows[at, one]:.0%}" for one in leading]
        return ", ".join(part for part, one in zip(parts, leading, strict=True) if rows[at, one])
    if points is not None:
        valence, arousal = points[at]
        return f"valence {valence:+.2f}, arousal {arousal:+.2f}"
    return ""
