"""What a log says of the valid part after each epoch: few figures, named as in reports."""

import numpy as np
from numpy.typing import NDArray

from training.fitting.targets import Targets
from training.measuring import calibration, hits, plane, shares
from training.measuring.predictions import softmax

Floats = NDArray[np.float32]


def figures(outputs: Floats, targets: Floats, *, classes: int) -> dict[str, float]:
    """Measure outputs of a network beside targets; both have classes first, then affect.

    Args:
        outputs: float32, (n, o): logits.
        targets: float32, (n, o).
        classes: how many of the columns are classes.

    Returns:
        `kl`, `top1`, `pearson` (mean over classes) and `ece` of classes; `ccc_valence` and
        `ccc_arousal` of affect; those that there are.
    """
    found: dict[str, float] = {}
    if classes:
        told = targets[:, :classes].astype(np.float64)
        found |= _of_classes(told, softmax(outputs[:, :classes]))
    for at, name in enumerate(("valence", "arousal")[: outputs.shape[1] - classes]):
        read = np.tanh(outputs[:, classes + at].astype(np.float64))
        found[f"ccc_{name}"] = plane.concordance(targets[:, classes + at].astype(np.float64), read)
    return found


def temperature(outputs: Floats, targets: Targets) -> float:
    """Fit what logits of classes are divided by, on the valid part; 1 where there are no classes.

    Raises:
        DataRefused: a logit is no number.
    """
    count = len(targets.classes)
    if not count:
        return 1.0
    weights = None if targets.weights is None else targets.weights.astype(np.float64)
    told = targets.rows[:, :count].astype(np.float64)
    return calibration.fit_temperature(outputs[:, :count], told, weights=weights)


def _of_classes(told: NDArray[np.float64], read: NDArray[np.float64]) -> dict[str, float]:
    hit = hits.top(told, read)
    with np.errstate(invalid="ignore", divide="ignore"):
        pearson = shares.pearson(told, read)
    known = pearson[~np.isnan(pearson)]
    return {
        "kl": float(shares.kl(told, read).mean()),
        "top1": float(hit.mean()),
        "pearson": float(known.mean()) if known.size else 0.0,
        "ece": calibration.expected_error(read.max(axis=1), hit),
    }
