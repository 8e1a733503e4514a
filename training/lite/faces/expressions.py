"""The network that reads expressions: how it learns, and its temperature."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from sightsong.core.blend import FACE_CLASSES
from training.fitting import loop
from training.fitting.examples import Examples
from training.fitting.losses import Objective
from training.lite.faces.networks import Residual, Shape, Stage, Stem
from training.lite.faces.reading import Faces, Parts
from training.lite.faces.varying import Prepare, Vary
from training.measuring import calibration, hits, shares
from training.measuring.predictions import Shares, normalised, softmax
from training.plans import Aim, Course, Optimiser

SHAPE = Shape(
    stem=Stem(width=16, kernel=3, stride=1),
    stages=(
        Stage(width=32, stride=2),
        Stage(width=48, stride=2),
        Stage(width=48),
        Stage(width=96, stride=2),
        Stage(width=96),
    ),
    outputs=len(FACE_CLASSES),
)
"""30 million multiplications a face. A first convolution that halves the face costs as much, and
reads worse: 0.517 nats against 0.506 after three epochs."""
COURSE = Course(
    epochs=48,
    batch=128,
    optimiser=Optimiser.ADAMW,
    rate=3e-3,
    decay=0.02,
    warmup_epochs=1.0,
    patience=0,
    average=0.998,
    clip=2.0,
    threads=1,
    seed=20_261_122,
)
VARY = Vary()
#: Of ten raters.
_RATERS = 10.0


@dataclass(frozen=True, kw_only=True)
class Learned:
    """A network that reads expressions; its temperature is in the head already."""

    network: Residual
    temperature: float
    lines: tuple[loop.Line, ...]  #: Of the epochs.
    best_epoch: int


def learn(
    parts: Parts,
    *,
    shape: Shape = SHAPE,
    course: Course = COURSE,
    watch: loop.Watch | None = None,
    keep: loop.Keep | None = None,
) -> Learned:
    """Let a network learn from votes.

    Raises:
        RunRefused: the loss is no longer a number.
    """
    torch.manual_seed(course.seed)
    network = Residual(shape)
    task = loop.Task(
        train=examples(parts.train),
        valid=examples(parts.kept_back),
        loss=Objective(aim=Aim(), classes=len(FACE_CLASSES)),
        prepare=Prepare(vary=VARY),
        figures=figures,
    )
    fitted = loop.fit(network, task, course, watch=watch, keep=keep)
    temperature = fit_temperature(network, parts.kept_back)
    cool(network, temperature)
    best = int(fitted.best["epoch"])
    return Learned(network=network, temperature=temperature, lines=fitted.lines, best_epoch=best)


def examples(faces: Faces) -> Examples:
    """A face counts by how many of its ten votes are for one of the seven expressions."""
    return Examples(
        inputs=faces.squares, targets=faces.shares, weights=faces.votes / np.float32(_RATERS)
    )


def figures(outputs: NDArray[np.float32], targets: NDArray[np.float32]) -> dict[str, float]:
    """Tell for the log how often the dominant expression was read, and the divergence."""
    told, read = normalised(targets), softmax(outputs)
    counts = hits.confusion(told, read)
    return {
        "top_1": float(hits.top(told, read).mean()),
        "kl": float(shares.kl(told, read).mean()),
        "macro_recall": hits.macro(hits.by_class(counts).recall),
    }


def fit_temperature(network: Residual, faces: Faces) -> float:
    """Fit it on what is read of each face and its mirror image, as it is read in use."""
    logits = both_ways(network, faces)
    return calibration.fit_temperature(logits, normalised(faces.shares))


def both_ways(network: Residual, faces: Faces) -> NDArray[np.float32]:
    """Mean logits of each face and its mirror image, (n, 7)."""
    told = [
        loop.read(
            network, Examples(inputs=np.ascontiguousarray(squares), targets=faces.shares), Prepare()
        )
        for squares in (faces.squares, faces.squares[:, :, ::-1])
    ]
    mean: NDArray[np.float32] = np.mean(told, axis=0, dtype=np.float32)
    return mean


def read(network: Residual, faces: Faces) -> Shares:
    """Shares by `FACE_CLASSES`, (n, 7)."""
    return softmax(both_ways(network, faces))


def cool(network: Residual, temperature: float) -> None:
    """Divide what the head tells by a temperature, for good."""
    with torch.no_grad():
        network.head.weight.div_(temperature)
        network.head.bias.div_(temperature)
