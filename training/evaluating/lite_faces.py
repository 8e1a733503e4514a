"""The network of the lite profile that reads faces, on faces that are cut out already."""

from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np

from sightsong.core.blend import FACE_CLASSES
from sightsong.core.models import Pixels
from training.evaluating.lite import Lite
from training.evaluating.service import facts_of
from training.measuring.predictions import Reading
from workers.models.lite import expressions, greys
from workers.models.lite.profile import lite_profile


class Expressions(Protocol):
    """Reads faces of 48 x 48 px."""

    def read(self, faces: Sequence[greys.Grey]) -> list[dict[str, float]]:
        """Read the expression of each: shares by `FACE_CLASSES`."""
        ...


class LiteFaces:
    """Faces to shares of seven expressions."""

    name = str(Lite.FACES)
    classes = FACE_CLASSES

    def __init__(self, network: Expressions | None = None) -> None:
        """Take the network, or load the one of the package.

        Raises:
            ModelsMissing: the weights are not there.
        """
        self._network: Expressions = network or expressions.Expressions()
        self.facts = facts_of(lite_profile().faces.card)

    def read(self, pictures: Sequence[Pixels]) -> Reading:
        """Read faces, each of them all of its picture."""
        read = self._network.read([_square(picture) for picture in pictures])
        rows = [[shares[name] for name in FACE_CLASSES] for shares in read]
        return Reading(classes=FACE_CLASSES, shares=np.array(rows))


def _square(picture: Pixels) -> greys.Grey:
    """Bring a face to the size that the network takes; those of FER have it already."""
    grey, size = greys.grey_of(picture), (greys.SIDE_PX, greys.SIDE_PX)
    if grey.shape == size:
        return grey
    smaller: greys.Grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return smaller
