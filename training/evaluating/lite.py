"""The models of the lite profile, as the service uses them."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import cv2
import numpy as np

from sightsong.core.affect import Emotion
from sightsong.core.blend import FACE_CLASSES
from sightsong.core.errors import ModelsMissing
from sightsong.core.models import ModelCard, Photo, Pixels
from training.errors import RunRefused
from training.evaluating.reads import Reads
from training.measuring.predictions import Reading
from workers.models.lite import expressions, greys
from workers.models.lite.profile import lite_profile


class Lite(StrEnum):
    """Which model."""

    FACES = "lite-faces"  #: Expressions of faces that are cut out already.
    PHOTOS = "lite-photos"  #: Valence and arousal of photos, and the six emotions of those.
    MUSIC = "lite-music"  #: Valence and arousal of sound.


def open_lite(which: Lite) -> Reads:
    """Open a lite model that reads pictures.

    Raises:
        RunRefused: its weights are not there.
    """
    try:
        return LiteFaces() if which is Lite.FACES else LitePhotos()
    except ModelsMissing as error:
        raise RunRefused(f"{which} cannot be loaded: {error.detail}") from error


class LiteFaces:
    """Faces to shares of seven expressions."""

    name = str(Lite.FACES)
    classes = FACE_CLASSES

    def __init__(self) -> None:
        """Load the network.

        Raises:
            ModelsMissing: the weights are not there.
        """
        self._network = expressions.Expressions()
        self.facts = _facts(lite_profile().faces.card)

    def read(self, pictures: Sequence[Pixels]) -> Reading:
        """Read faces, each of them all of its picture."""
        read = self._network.read([_square(picture) for picture in pictures])
        rows = [[shares[name] for name in FACE_CLASSES] for shares in read]
        return Reading(classes=FACE_CLASSES, shares=np.array(rows))


class LitePhotos:
    """Photos to valence, arousal and six emotions."""

    name = str(Lite.PHOTOS)
    classes = tuple(emotion.value for emotion in Emotion)

    def __init__(self) -> None:
        self._model = lite_profile().emotion
        self.facts = _facts(self._model.card)

    def read(self, pictures: Sequence[Pixels]) -> Reading:
        """Read photos as the service does."""
        read = self._model.predict([Photo(pixels=picture) for picture in pictures])
        return Reading(
            classes=self.classes,
            shares=np.array([[one.distribution[emotion] for emotion in Emotion] for one in read]),
            affect=np.array([(one.affect.valence, one.affect.arousal) for one in read]),
        )


def _square(picture: Pixels) -> greys.Grey:
    """Bring a face to the size that the network takes; those of FER have it already."""
    grey, size = greys.grey_of(picture), (greys.SIDE_PX, greys.SIDE_PX)
    if grey.shape == size:
        return grey
    smaller: greys.Grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return smaller


def _facts(card: ModelCard) -> Mapping[str, str]:
    return {"model": f"{card.id} @ {card.revision}", "source": card.source}
