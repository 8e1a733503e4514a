"""How well expressions are read, by the very file that is shipped and the code that runs it."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsong.core.blend import FACE_CLASSES
from training.lite.faces.expressions import Learned
from training.lite.faces.reading import Faces, Parts
from training.measuring import summary
from training.measuring.intervals import Estimate
from training.measuring.measures import OfShares
from training.measuring.predictions import Reading, beside
from workers.models.lite.expressions import Expressions

_DIGITS = 4


def report(parts: Parts, learned: Learned, weights: Path) -> dict[str, Any]:
    """Measure on the part that nothing was chosen by, with and without repeats of train faces."""
    everything = np.arange(len(parts.report))
    read = shares(parts.report, weights)
    return {
        "data": {
            "train": len(parts.train),
            "kept_back": len(parts.kept_back),
            "report": len(parts.report),
            "repeats": int(parts.is_repeat.sum()),
        },
        "epochs": len(learned.lines),
        "best_epoch": learned.best_epoch,
        "temperature": round(learned.temperature, _DIGITS),
        "all": _measured(parts.report, read, everything),
        "without_repeats": _measured(parts.report, read, np.flatnonzero(~parts.is_repeat)),
    }


def shares(faces: Faces, weights: Path) -> NDArray[np.float64]:
    """Read faces as a worker does: shares by `FACE_CLASSES`, (n, 7)."""
    read = Expressions(weights).read(list(faces.squares))
    return np.array([[row[name] for name in FACE_CLASSES] for row in read], dtype=np.float64)


def _measured(faces: Faces, read: NDArray[np.float64], places: NDArray[np.int64]) -> dict[str, Any]:
    reading = Reading(classes=FACE_CLASSES, shares=read)
    found = summary.summarise(beside(faces.samples, reading).at(places)).shares
    return {"faces": len(places), **({} if found is None else _figures(found))}


def _figures(found: OfShares) -> dict[str, Any]:
    return {
        "top_1": _bounded(found.top[0]),
        "top_2": _bounded(found.top[1]),
        "kl": _bounded(found.kl),
        "prior_kl": round(found.prior_kl, _DIGITS),
        "jensen_shannon": _bounded(found.jensen_shannon),
        "pearson": _bounded(found.pearson),
        "macro_recall": _bounded(found.macro_recall),
        "calibration_error": _bounded(found.calibration.error),
        "vote_calibration_error": _bounded(found.calibration.vote_error),
        "classes": {
            row.name: {
                "faces": round(row.support, 1),
                "recall": round(row.recall, _DIGITS),
                "precision": round(row.precision, _DIGITS),
                "pearson": round(row.pearson.value, _DIGITS),
            }
            for row in found.classes
        },
        "confusion": [[round(float(count), 1) for count in row] for row in found.confusion],
    }


def _bounded(estimate: Estimate) -> list[float]:
    """The value, and the ends of its interval."""
    ends = (estimate.value, estimate.low, estimate.high)
    return [round(float(end), _DIGITS) for end in ends]
