"""The targets of samples, and what each counts, as a plan's aim has them."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from training.errors import PlanRefused
from training.plans import Aim
from training.samples import Samples

#: However rare a class is, a sample of it counts no more than so many of the others.
_MOST_WEIGHT = 10.0


@dataclass(frozen=True, kw_only=True)
class Targets:
    """What is to be learned of a data set."""

    rows: NDArray[np.float32]  #: (n, k + 2): shares of classes, then valence and arousal; if so.
    classes: tuple[str, ...]  #: None where only valence and arousal are learned.
    has_affect: bool
    weights: NDArray[np.float32] | None  #: (n,): more people behind a row make it count more.

    @property
    def outputs(self) -> int:
        """How many logits a network needs."""
        return int(self.rows.shape[1])


def targets_of(samples: Samples, aim: Aim) -> Targets:
    """Gather what a plan wants to learn of a data set.

    Raises:
        PlanRefused: the data set does not tell it.
    """
    if aim.affect is not None and samples.affect is None:
        raise PlanRefused(f"{samples.name} tells no valence and arousal; leave --affect out")
    if aim.affect is None and samples.shares is None:
        raise PlanRefused(
            f"{samples.name} tells only valence and arousal; say --affect ccc or --affect mse"
        )
    told = [samples.shares, samples.affect if aim.affect is not None else None]
    rows = np.concatenate([part for part in told if part is not None], axis=1)
    return Targets(
        rows=rows.astype(np.float32),
        classes=samples.classes if samples.shares is not None else (),
        has_affect=aim.affect is not None,
        weights=_weights(samples),
    )


def class_weights(shares: NDArray[np.float32]) -> torch.Tensor:
    """Tell what each class counts so that all weigh alike over the whole set; float32, (k,)."""
    mean = shares.mean(axis=0)
    even = 1.0 / (shares.shape[1] * np.maximum(mean, 1e-9))
    return torch.from_numpy(np.minimum(even, _MOST_WEIGHT).astype(np.float32))


def even_chances(shares: NDArray[np.float32]) -> NDArray[np.float64]:
    """Tell how likely each sample is drawn so that each dominant class comes as often; (n,)."""
    dominant = shares.argmax(axis=1)
    counts = np.bincount(dominant, minlength=shares.shape[1])
    chances: NDArray[np.float64] = 1.0 / counts[dominant].astype(np.float64)
    return chances


def _weights(samples: Samples) -> NDArray[np.float32] | None:
    raters = samples.raters
    if raters is None or not np.ptp(raters):
        return None
    weights: NDArray[np.float32] = (raters / raters.mean()).astype(np.float32)
    return weights
