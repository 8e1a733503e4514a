"""Predictions and reports of numbers, for tests of what is written about them."""

import numpy as np

from training.measuring.predictions import Predictions, softmax
from training.measuring.summary import summarise
from training.reporting.published import Field, beside
from training.reporting.report import Report, worst

CLASSES = ("joy", "fear", "anger")
COUNT = 40


def predictions(*, names: tuple[str, ...] = (), affect: bool = True) -> Predictions:
    """Readings that follow what was told, and err."""
    random = np.random.default_rng(2)
    logits = random.normal(0, 1.5, (COUNT, len(CLASSES)))
    plane = random.uniform(-0.9, 0.9, (COUNT, 2))
    names = names or tuple(f"joy/{at}.jpg" for at in range(COUNT))
    return Predictions(
        names=names,
        groups=names,
        classes=CLASSES,
        told=softmax(logits),
        read=softmax(logits + random.normal(0, 1, logits.shape)),
        told_affect=plane if affect else None,
        read_affect=0.6 * plane if affect else None,
    )


def report(found: Predictions | None = None, *, part: str = "valid") -> Report:
    """A report on them."""
    found = found or predictions()
    return Report(
        model="mine",
        facts={"architecture": "small"},
        data="FER+",
        part=part,
        notes=("Made of numbers.",),
        summary=summarise(found, rounds=10),
        slices={"the first half": summarise(found.at(range(COUNT // 2)), rounds=5)},
        predictions=found,
        worst=worst(found, count=3),
        beside=beside(Field.FER_PLUS),
        ms_per_sample=1.5,
    )
