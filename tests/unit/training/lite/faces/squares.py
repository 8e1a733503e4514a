"""Squares that a small network can tell apart: bars whose breadth is the expression."""

import numpy as np

from sightsong.core.blend import FACE_CLASSES
from training.data.pictures import InMemory
from training.lite.faces.reading import Faces
from training.samples import Samples


def barred(count: int, *, seed: int = 0) -> Faces:
    """Faces of seven kinds of bars, with ten votes each, seven or more of them for the kind."""
    draw = np.random.default_rng(seed)
    kinds = draw.integers(len(FACE_CLASSES), size=count)
    across = np.arange(48)
    lengths = 3.5 * 1.5**kinds  # px
    phases = draw.uniform(0, 2 * np.pi, count)
    rows = np.sin(2 * np.pi * across / lengths[:, np.newaxis] + phases[:, np.newaxis])
    waves = np.repeat(rows[:, :, np.newaxis], 48, axis=2)
    squares = (128 + 60 * waves + draw.normal(0, 12, waves.shape)).clip(0, 255).astype(np.uint8)
    votes = draw.multinomial(3, [1 / len(FACE_CLASSES)] * len(FACE_CLASSES), size=count)
    votes[np.arange(count), kinds] += 7
    shares = (votes / 10).astype(np.float32)
    ten = np.full(count, 10, np.float32)
    samples = Samples(
        name="bars",
        pictures=InMemory(squares),
        names=tuple(f"bars:{at}" for at in range(count)),
        classes=FACE_CLASSES,
        shares=shares,
        raters=ten,
    )
    return Faces(squares=squares, samples=samples, shares=shares, votes=ten)
