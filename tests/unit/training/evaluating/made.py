"""A data set of plain colours, and a model that reads their brightness."""

from collections.abc import Sequence

import numpy as np

from sightsong.core.models import Pixels
from training.measuring.predictions import Reading
from training.samples import Part, Samples

SIX = ("anger", "disgust", "fear", "joy", "sadness", "surprise")


def samples(count: int = 12, *, parts: tuple[Part | None, ...] = (), **fields: object) -> Samples:
    """Grey pictures, the brighter the more joyful; joy and sadness share what people felt."""
    levels = np.linspace(0, 250, count).astype(np.uint8)
    told = np.zeros((count, 6), dtype=np.float32)
    told[:, SIX.index("joy")] = levels / 255
    told[:, SIX.index("sadness")] = 1 - levels / 255
    held: dict[str, object] = {
        "name": "Greys",
        "pictures": [np.full((8, 8, 3), level, dtype=np.uint8) for level in levels],
        "names": tuple(f"{at}.png" for at in range(count)),
        "classes": SIX,
        "shares": told,
        "parts": parts,
    }
    return Samples(**(held | fields))  # type: ignore[arg-type]


class Brightness:
    """Reads joy from brightness."""

    name = "brightness"

    def __init__(self, classes: tuple[str, ...] = SIX) -> None:
        self.classes = classes
        self.facts = {"what": "mean level"}
        self.batches: list[int] = []

    def read(self, pictures: Sequence[Pixels]) -> Reading:
        self.batches.append(len(pictures))
        levels = np.array([picture.mean() / 255 for picture in pictures])
        shares = np.zeros((len(pictures), len(self.classes)))
        shares[:, self.classes.index("joy")] = levels
        shares[:, self.classes.index("sadness")] = 1 - levels
        return Reading(classes=self.classes, shares=shares)
