"""Small tasks: grey squares whose brighter half tells their class."""

import numpy as np
import torch

from training.fitting.augmenting import Prepare
from training.fitting.examples import Examples
from training.fitting.loop import Task
from training.fitting.losses import Objective
from training.networks.classifier import Classifier
from training.networks.small import small
from training.plans import STILL, Aim, Augment, Course, Precision
from training.trained import Input

SIDE = 8
CLASSES = 3
TAKEN = Input(side_px=SIDE, is_grey=True, mean=(0.5,) * 3, deviation=(0.25,) * 3)
COURSE = Course(epochs=6, batch=16, rate=0.02, threads=1, precision=Precision.FP32, patience=0)


def examples(count: int, *, seed: int) -> Examples:
    draw = np.random.default_rng(seed)
    of = np.arange(count) % CLASSES
    pictures = draw.normal(80, 15, (count, SIDE, SIDE))
    pictures[of == 1, : SIDE // 2] += 80
    pictures[of == 2, SIDE // 2 :] += 80
    targets = np.eye(CLASSES, dtype=np.float32)[of] * 0.85 + 0.05
    return Examples(inputs=np.clip(pictures, 0, 255).astype(np.uint8), targets=targets)


def task(*, augment: Augment = STILL) -> Task:
    return Task(
        train=examples(96, seed=1),
        valid=examples(30, seed=2),
        loss=Objective(aim=Aim(), classes=CLASSES),
        prepare=Prepare(input=TAKEN, augment=augment),
        figures=lambda read, told: {"hits": float((read.argmax(1) == told.argmax(1)).mean())},
    )


def network(*, seed: int = 0) -> Classifier:
    torch.manual_seed(seed)
    return small(CLASSES, widths=(6, 12), depth=1, is_grey=True, dropout=0.1)


def weights(of: Classifier) -> list[torch.Tensor]:
    return [value.clone() for value in of.state_dict().values()]


def are_equal(one: Classifier, other: Classifier) -> bool:
    pairs = zip(weights(one), weights(other), strict=True)
    return all(torch.equal(mine, yours) for mine, yours in pairs)
