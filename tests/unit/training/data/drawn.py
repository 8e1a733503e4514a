"""Small photos that differ in light and shade, for data sets of tests."""

from pathlib import Path

import numpy as np
from PIL import Image


def texture(seed: int, side_px: int = 48) -> np.ndarray:
    """A smooth random picture, uint8 (side, side, 3)."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8))
    return np.asarray(coarse.resize((side_px, side_px), Image.Resampling.BICUBIC))


def save(path: Path, seed: int = 0, *, quality: int = 90, side_px: int = 48) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"quality": quality} if path.suffix == ".jpg" else {}
    Image.fromarray(texture(seed, side_px)).save(path, **options)
    return path
