"""The models of the lite profile, as the service uses them."""

from enum import StrEnum

from sightsong.core.errors import ModelsMissing
from training.errors import RunRefused
from training.evaluating.reads import Reads
from training.evaluating.service import Photos
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
        return Photos(str(which), lite_profile().emotion)
    from training.evaluating.lite_faces import LiteFaces  # noqa: PLC0415 - it reads weights

    try:
        return LiteFaces()
    except ModelsMissing as error:
        raise RunRefused(f"{which} cannot be loaded: {error.detail}") from error
