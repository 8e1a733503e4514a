"""How often things are taken for faces, in photos of themes that the networks never saw."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.lite.faces.others import Scene
from workers.models.lite import detection, scanning
from workers.models.lite.detection import Detector, Found, apart
from workers.models.lite.scanning import Scanner

FOLDS = 3
#: How sure the second network may be asked to be.
SCORES = (0.5, 0.7, 0.8, 0.9, 0.95)
_SEED = 5


@dataclass(frozen=True, kw_only=True)
class Fold:
    """Photos to learn from, and photos of other themes to count on."""

    train: tuple[Scene, ...]
    held_out: tuple[Scene, ...]


def folds(scenes: Sequence[Scene], *, count: int = FOLDS) -> list[Fold]:
    """Deal themes out to folds; each photo is held out once."""
    themes = sorted({scene.theme for scene in scenes})
    np.random.default_rng(_SEED).shuffle(themes)
    dealt = [set(themes[number::count]) for number in range(count)]
    return [
        Fold(
            train=tuple(scene for scene in scenes if scene.theme not in own),
            held_out=tuple(scene for scene in scenes if scene.theme in own),
        )
        for own in dealt
    ]


def taken(folder: Path, scenes: Sequence[Scene]) -> Mapping[str, int]:
    """Count photos in which something is taken for a face, for each of `SCORES`.

    Args:
        folder: with the weights of both networks.
        scenes: photos without people.
    """
    scanner = Scanner(folder / scanning.WEIGHTS.name)
    detector = Detector(scanner, folder / detection.WEIGHTS.name)
    counts: Counter[str] = Counter()
    for scene in scenes:
        best = max((found.score for found in candidates(detector, scene)), default=0.0)
        counts.update(f"{scene.category} {score}" for score in SCORES if best >= score)
        counts[f"{scene.category} photos"] += 1
    return counts


def candidates(detector: Detector, scene: Scene) -> list[Found]:
    """What may be a face in a photo, however unsure."""
    return apart(detector.candidates(scene.grey()))
