"""How often things are taken for faces, in photos of themes that the networks never saw."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.lite.faces.others import Scene
from workers.models.lite import detection, scanning
from workers.models.lite.detection import Detector
from workers.models.lite.scanning import Scanner

#: One theme of so many is kept back, with all its photos.
_KEPT_BACK = 5
_SEED = 5


@dataclass(frozen=True, kw_only=True)
class Scenes:
    """Photos without people, in two parts that share no theme."""

    train: tuple[Scene, ...]
    kept_back: tuple[Scene, ...]


def parted(scenes: Sequence[Scene]) -> Scenes:
    """Keep one theme in five back."""
    themes = sorted({scene.theme for scene in scenes})
    np.random.default_rng(_SEED).shuffle(themes)
    own = set(themes[::_KEPT_BACK])
    return Scenes(
        train=tuple(scene for scene in scenes if scene.theme not in own),
        kept_back=tuple(scene for scene in scenes if scene.theme in own),
    )


def taken(folder: Path, scenes: Sequence[Scene]) -> Mapping[str, int]:
    """Count photos in which something is taken for a face, by category.

    Args:
        folder: with the weights of both networks.
        scenes: photos without people.
    """
    scanner = Scanner(folder / scanning.WEIGHTS.name)
    detector = Detector(scanner, folder / detection.WEIGHTS.name)
    counts: Counter[str] = Counter()
    for scene in scenes:
        counts[f"{scene.category} photos"] += 1
        counts[f"{scene.category} with a face"] += bool(detector.find(scene.grey()))
    return dict(sorted(counts.items()))
