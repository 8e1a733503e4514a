"""What a classifier's outputs mean, by the names that its folder gives them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsong.adapters.weights import own
from sightsong.core.affect import Affect, Emotion, EmotionReading
from sightsong.core.blend import NEUTRAL
from sightsong.core.errors import TaskFailed
from sightsong.core.moods import emotion_distribution
from workers.models.shares import reading, softmax

#: Outputs after the classes of a network that reads the affect plane too: valence and arousal.
AFFECT_COUNT = 2
#: Where config.json keeps what transformers has no words for.
_OURS = "sightsong"


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """The outputs of a classifier, in their order."""

    classes: tuple[str, ...]  #: The six emotions, and perhaps `neutral`; none: only affect is read.
    has_affect: bool = False  #: Valence and arousal follow.

    @property
    def count(self) -> int:
        """How many numbers the network gives for a photo."""
        return len(self.classes) + AFFECT_COUNT * self.has_affect

    @property
    def words(self) -> str:
        """What they are, for a card."""
        if not self.classes:
            return "valence and arousal, and emotions by their nearness to them"
        told = "six emotions as shares"
        if NEUTRAL in self.classes:
            told += " and a neutral one that is split among them"
        return f"{told}, valence and arousal" if self.has_affect else told

    def read(self, row: NDArray[np.float32]) -> EmotionReading:
        """Make a reading of what the network gave for one photo.

        Args:
            row: float32, (count,): logits of the classes, then affect before tanh.

        Raises:
            TaskFailed: there are numbers among them that are none (NaN or infinite); retried.
        """
        if not np.isfinite(row).all():
            raise TaskFailed("the emotion classifier made numbers that are none (NaN or infinite)")
        k = len(self.classes)
        affect = _affect(row[k:]) if self.has_affect else None
        if affect is not None and not k:
            return EmotionReading(distribution=emotion_distribution(affect), affect=affect)
        read = reading(dict(zip(self.classes, softmax(row[:k]), strict=True)))
        return read if affect is None else replace(read, affect=affect)


def _affect(row: NDArray[np.float32]) -> Affect:
    valence, arousal = (math.tanh(float(value)) for value in row)
    return Affect(valence=valence, arousal=arousal)


def read_outputs(config: Mapping[str, Any]) -> Outputs:
    """Read the name of each class, and whether valence and arousal follow.

    Raises:
        ConfigurationError: the classes are not the six emotions, and perhaps `neutral`; or there
            are none, and no affect either.
    """
    must = f"id2label must name {', '.join(Emotion)}, each once; {NEUTRAL} may be among them"
    try:
        labels = sorted((int(at), str(name).lower()) for at, name in config["id2label"].items())
        has_affect = bool(config.get(_OURS, {}).get("affect", False))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise own.unusable(must) from error
    classes = tuple(name for _, name in labels)
    is_in_order = [at for at, _ in labels] == list(range(len(labels)))
    known = [sorted(Emotion), sorted([*Emotion, NEUTRAL]), *([[]] if has_affect else [])]
    if not is_in_order or sorted(classes) not in known:
        raise own.unusable(must)
    return Outputs(classes=classes, has_affect=has_affect)
