"""Affect: six emotions as a distribution, and the plane of valence and arousal that they lie on."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Emotion(StrEnum):
    """The six emotions of Emotion6 (Peng et al., CVPR 2015), in alphabetical order."""

    ANGER = "anger"
    DISGUST = "disgust"
    FEAR = "fear"
    JOY = "joy"
    SADNESS = "sadness"
    SURPRISE = "surprise"


@dataclass(frozen=True, kw_only=True)
class Affect:
    """A point on the affect plane."""

    valence: float  #: -1 (unpleasant) .. 1 (pleasant).
    arousal: float  #: -1 (calm) .. 1 (stirred).

    def distance(self, other: "Affect") -> float:
        """Euclidean distance on the plane, 0 .. 2·√2."""
        return math.hypot(self.valence - other.valence, self.arousal - other.arousal)


@dataclass(frozen=True, kw_only=True)
class EmotionReading:
    """What a photo's emotion is, by one model or several."""

    distribution: Mapping[Emotion, float]  #: Sums to 1 over all six.
    affect: Affect

    @property
    def dominant(self) -> Emotion:
        """The likeliest emotion; of equals the first in the alphabet."""
        return max(sorted(self.distribution), key=lambda emotion: self.distribution[emotion])

    @property
    def confidence(self) -> float:
        """The probability of the dominant emotion, 0 .. 1."""
        return self.distribution[self.dominant]


@dataclass(frozen=True, kw_only=True)
class Face:
    """A face found in a photo. Box coordinates are shares of the width and height, 0 .. 1."""

    x: float
    y: float
    width: float
    height: float
    score: float  #: How sure the detector is, 0 .. 1.
    distribution: Mapping[str, float]  #: Over the face model's own classes; sums to 1.


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Whether the faces in a photo feel like the scene that they are in."""

    scene: Affect
    faces: Affect  #: Mean of the faces, by area and confidence.

    @property
    def distance(self) -> float:
        """Of scene and faces on the plane, 0 .. 2·√2."""
        return self.scene.distance(self.faces)
