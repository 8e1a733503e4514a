"""The names of classes: ours, and what data sets call them."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sightsong.core.affect import Emotion
from sightsong.core.blend import FACE_CLASSES, NEUTRAL

#: Of photos, in the order of shares.
SIX: tuple[str, ...] = tuple(emotion.value for emotion in Emotion)
#: Of faces, and of photos where `neutral` is kept.
SEVEN: tuple[str, ...] = FACE_CLASSES

_OURS: Mapping[str, str] = {
    **{name: name for name in SEVEN},
    "angry": Emotion.ANGER,
    "disgusted": Emotion.DISGUST,
    "fearful": Emotion.FEAR,
    "afraid": Emotion.FEAR,
    "happiness": Emotion.JOY,
    "happy": Emotion.JOY,
    "sad": Emotion.SADNESS,
    "surprised": Emotion.SURPRISE,
    "neutrality": NEUTRAL,
}


def ours(name: str) -> str | None:
    """Translate a class of a data set; None: we have none like it."""
    found = _OURS.get(name.strip().lower())
    return None if found is None else str(found)


def as_shares(votes: NDArray[np.floating]) -> NDArray[np.float32]:
    """Scale rows to sum to 1; each must have a sum above 0.

    Args:
        votes: float, (n, k), none negative.

    Returns:
        float32, (n, k).
    """
    totals = votes.sum(axis=1, keepdims=True, dtype=np.float64)
    return np.asarray(votes / totals, dtype=np.float32)
