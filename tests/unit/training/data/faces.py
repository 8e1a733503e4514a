"""Rows of the published table of FER-2013."""

import numpy as np


def face(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (48, 48), dtype=np.uint8)


def row(emotion: int, seed: int, usage: str = "Training") -> str:
    return f"{emotion},{' '.join(map(str, face(seed).reshape(-1).tolist()))},{usage}"
