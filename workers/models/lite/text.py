"""Words to the affect space, by a small lexicon.

Each known word pulls towards its place: a word of feeling on the affect plane, a word of sound on
the scales of sound. What no word speaks of stays unknown, so that "slow piano" asks for slow music
of any mode. Unknown words are passed over; a text with no known word is neutral: the middle of the
plane and nothing else.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightsong.core import affect_space
from sightsong.core.affect import Affect
from sightsong.core.affect_space import SOUNDS, SoundPoint
from sightsong.core.lexicon import Hints, hints
from sightsong.core.lexicon_words import INTENSIFIERS, NEGATIONS
from sightsong.core.models import ModelCard

_WORD = re.compile(r"[a-z']+")
_JOINED = re.compile(r"\b(lo|hip|mid|new|down)[\s-]+(fi|hop|tempo|age)\b")
_FORGOTTEN_AFTER = 2
"""A negation or intensifier reaches over at most this many unknown words ("not at all sad")."""
_PLANE = ("valence", "arousal")
"""Scales of feeling; the others are of sound."""
_TURNED = -0.6
"""Not sad is not as happy as happy is."""


@dataclass(frozen=True, kw_only=True)
class Understood:
    """One known word of a text, and how it is meant."""

    word: str
    hints: Hints
    factor: float  #: Below 0 if negated; above 1 if strengthened.


def understand(text: str) -> tuple[Understood, ...]:
    """Find the known words of a text, with negation and emphasis."""
    found: list[Understood] = []
    factor, age = 1.0, 0
    for word in _WORD.findall(_JOINED.sub(r"\1\2", text.lower().replace("\u2019", "'"))):
        if word in NEGATIONS:
            factor, age = factor * _TURNED, 0
        elif word in INTENSIFIERS:
            factor, age = factor * INTENSIFIERS[word], 0
        elif known := hints(word):
            found.append(Understood(word=word, hints=known, factor=factor))
            factor, age = 1.0, 0
        else:
            age += 1
            factor = 1.0 if age > _FORGOTTEN_AFTER else factor
    return tuple(found)


def point_of(text: str) -> SoundPoint:
    """Place a text: on each scale, the mean of what its words say of that scale."""
    sums: dict[str, float] = {}
    weights: dict[str, float] = {}
    for one in understand(text):
        for scale, value in one.hints.values.items():
            sums[scale] = sums.get(scale, 0.0) + value * one.factor * one.hints.weight
            weights[scale] = weights.get(scale, 0.0) + one.hints.weight
    means = {scale: max(-1.0, min(1.0, total / weights[scale])) for scale, total in sums.items()}
    affect = Affect(valence=means.get("valence", 0.0), arousal=means.get("arousal", 0.0))
    return SoundPoint(affect=affect, **{name: means[name] for name in SOUNDS if name in means})


class LiteText:
    """Words to the space that `LiteAudio` embeds music in."""

    card = ModelCard(
        id="sightsong/lite-text",
        revision="1",
        task="text",
        licence="MIT",
        source="a hand-made lexicon, in the light of Warriner et al. 2013",
    )
    space = affect_space.SPACE

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts: float32, (n, 512), unit norm."""
        return affect_space.embed([point_of(text) for text in texts])

    def feel(self, texts: Sequence[str]) -> list[Affect | None]:
        """Place texts on the affect plane; None where no word speaks of a feeling."""
        return [point_of(text).affect if _has_feeling(text) else None for text in texts]

    def understands(self, text: str) -> bool:
        """Whether any word of a text is in the lexicon."""
        return bool(understand(text))


def _has_feeling(text: str) -> bool:
    return any(not one.hints.values.keys().isdisjoint(_PLANE) for one in understand(text))
