"""Evidence to shares of a whole, and shares of the emotions to a reading."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsong.core.affect import Affect, Emotion, EmotionReading
from sightsong.core.blend import NEUTRAL, NEUTRAL_PLACE
from sightsong.core.moods import EMOTION_PLACES


def softmax(evidence: NDArray[np.floating[Any]]) -> list[float]:
    """Turn evidence for each of n things into shares that sum to 1.

    Args:
        evidence: (n,), finite, at least one.
    """
    wide = np.asarray(evidence, dtype=np.float64)
    weights = np.exp(wide - wide.max())
    shares: list[float] = (weights / weights.sum()).tolist()
    return shares


def reading(shares: Mapping[str, float]) -> EmotionReading:
    """Place a distribution on the affect plane: the mean of the emotions' places.

    What is neutral speaks for none of the six: its share is split evenly among them, so that a
    photo that moves nobody reads as doubtful, with the order of the six as it was. On the plane it
    lies where a neutral face does.

    Args:
        shares: all six, in any order, and perhaps `neutral`; they sum to 1.
    """
    each = shares.get(NEUTRAL, 0.0) / len(Emotion)
    places: dict[str, Affect] = {emotion.value: at for emotion, at in EMOTION_PLACES.items()}
    places[NEUTRAL] = NEUTRAL_PLACE
    return EmotionReading(
        distribution={emotion: shares[emotion] + each for emotion in Emotion},
        affect=Affect(
            valence=math.fsum(s * places[name].valence for name, s in shares.items()),
            arousal=math.fsum(s * places[name].arousal for name, s in shares.items()),
        ),
    )
