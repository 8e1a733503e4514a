"""The network that tells a face from what is none, and how well it does on themes it never saw."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import binary_cross_entropy_with_logits

from training.fitting import loop
from training.fitting.examples import Examples
from training.lite.faces import others
from training.lite.faces.networks import Residual, Shape, Stage, Stem
from training.lite.faces.others import Others, Squares
from training.lite.faces.varying import Prepare, Vary
from training.plans import Course, Optimiser

SHAPE = Shape(
    stem=Stem(width=16, kernel=5, stride=2),
    stages=(
        Stage(width=32, stride=2),
        Stage(width=64, stride=2),
        Stage(width=64),
        Stage(width=96, stride=2),
    ),
    outputs=1,
    dropout=0.1,
)
COURSE = Course(
    epochs=8,
    batch=256,
    optimiser=Optimiser.ADAMW,
    rate=3e-3,
    decay=0.02,
    warmup_epochs=0.5,
    patience=0,
    average=0.998,
    clip=1.0,
    threads=1,
    seed=20_261_122,
)
#: Photos differ more than the faces of FER in sharpness and light, and neither makes a face.
VARY = Vary(scale=0.13, shift=0.07, light=0.4, gamma=0.4, cover=0.12, coarse=0.15, noise=0.15)
#: Shares of a batch. What the scanner errs on counts most beside faces.
_FACES, _MISFRAMED, _FINDS, _PLACES = 0.42, 0.08, 0.38, 0.12
#: One face of so many is framed wrongly, as an example of none.
_EVERY = 4
#: Some of what is called a face is a drawing of one, or none at all: no answer is worth all.
_SMOOTHING = 0.01
#: One example of so many chooses the epoch.
_KEPT_BACK = 20


@dataclass(frozen=True, kw_only=True)
class Material:
    """What it learns from, all uint8, (n, 48, 48)."""

    faces: Squares
    others: Others


def learn(
    material: Material, *, course: Course = COURSE, watch: loop.Watch | None = None
) -> Residual:
    """Let a network learn; the epoch is chosen by one example in twenty that it does not see."""
    torch.manual_seed(course.seed)
    network = Residual(SHAPE)
    everything = _examples(material, seed=course.seed)
    is_back = np.arange(len(everything)) % _KEPT_BACK == 0
    task = loop.Task(
        train=_at(everything, ~is_back),
        valid=_at(everything, is_back),
        loss=face_or_not,
        prepare=Prepare(vary=VARY),
    )
    loop.fit(network, task, course, watch=watch)
    return network


def score(network: Residual, squares: Squares) -> NDArray[np.float64]:
    """How sure the network is that each square is a face, (n,), 0 .. 1."""
    nothing = np.zeros((len(squares), 1), np.float32)
    logits = loop.read(network, Examples(inputs=squares, targets=nothing), Prepare())[:, 0]
    sure: NDArray[np.float64] = 1 / (1 + np.exp(-logits.astype(np.float64)))
    return sure


def _examples(material: Material, *, seed: int) -> Examples:
    parts = (
        (material.faces, _FACES, 1.0),
        (others.misframed(material.faces[::_EVERY], seed=seed), _MISFRAMED, 0.0),
        (material.others.finds, _FINDS, 0.0),
        (material.others.places, _PLACES, 0.0),
    )
    chances = [np.full(len(squares), share / max(len(squares), 1)) for squares, share, _ in parts]
    targets = [np.full((len(squares), 1), is_face, np.float32) for squares, _, is_face in parts]
    return Examples(
        inputs=np.concatenate([squares for squares, _, _ in parts]),
        targets=np.concatenate(targets),
        chances=np.concatenate(chances),
    )


def _at(examples: Examples, chosen: NDArray[np.bool_]) -> Examples:
    chances = examples.chances
    return Examples(
        inputs=examples.inputs[chosen],
        targets=examples.targets[chosen],
        chances=None if chances is None else chances[chosen],
    )


def face_or_not(
    outputs: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    """Tell the cross-entropy of logits, (n, 1), with whether each is a face, (n, 1)."""
    soft = targets * (1 - _SMOOTHING) + _SMOOTHING / 2
    each = binary_cross_entropy_with_logits(outputs, soft, reduction="none")
    mean: torch.Tensor = (each[:, 0] * weights).mean()
    return mean
