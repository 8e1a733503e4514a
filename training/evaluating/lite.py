"""The models of the lite profile, as the service uses them."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import numpy as np

from sightsong.core.affect import Emotion
from sightsong.core.errors import ModelsMissing
from sightsong.core.models import ModelCard, Photo, Pixels
from training.errors import RunRefused
from training.evaluating.reads import Reads
from training.measuring.predictions import Reading
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
    if which is not Lite.FACES:
        return LitePhotos()
    from training.evaluating.lite_faces import LiteFaces  # noqa: PLC0415 - it reads weights

    try:
        return LiteFaces()
    except ModelsMissing as error:
        raise RunRefused(f"{which} cannot be loaded: {error.detail}") from error


class LitePhotos:
    """Photos to valence, arousal and six emotions."""

    name = str(Lite.PHOTOS)
    classes = tuple(emotion.value for emotion in Emotion)

    def __init__(self) -> None:
        self._model = lite_profile().emotion
        self.facts = facts_of(self._model.card)

    def read(self, pictures: Sequence[Pixels]) -> Reading:
        """Read photos as the service does."""
        read = self._model.predict([Photo(pixels=picture) for picture in pictures])
        return Reading(
            classes=self.classes,
            shares=np.array([[one.distribution[emotion] for emotion in Emotion] for one in read]),
            affect=np.array([(one.affect.valence, one.affect.arousal) for one in read]),
        )


def facts_of(card: ModelCard) -> Mapping[str, str]:
    """Tell which model it is, for a report."""
    return {"model": f"{card.id} @ {card.revision}", "source": card.source}
