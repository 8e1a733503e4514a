"""Evidence to shares of a whole, and shares of the six emotions to a reading."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsong.core.affect import Affect, Emotion, EmotionReading
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


def reading(shares: Mapping[Emotion, float]) -> EmotionReading:
    """Place a distribution on the affect plane: the mean of the emotions' places.

    Args:
        shares: all six, in any order; they sum to 1.
    """
    return EmotionReading(
        distribution={emotion: shares[emotion] for emotion in Emotion},
        affect=Affect(
            valence=math.fsum(s * EMOTION_PLACES[e].valence for e, s in shares.items()),
            arousal=math.fsum(s * EMOTION_PLACES[e].arousal for e, s in shares.items()),
        ),
    )
