"""Refining: what was asked for, moved a little: calmer, happier, and away from what is unwanted.

The affect plane is easy: its axes are what is asked for. In the space of music vectors a direction
is what tells the phrases of one side from those of the other, such as calm moods from stirring
ones: their common part ("this is music") cancels out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightsong.core import embeddings
from sightsong.core.affect import Affect
from sightsong.core.errors import UnknownMood
from sightsong.core.moods import EMOTION_PLACES, MOOD_PLACES
from sightsong.core.prompts import EMOTION_PHRASES, MOOD_PHRASES

#: How far a whole step moves a query, which has length 1: by some 40 degrees.
STEP = 0.8
#: How far it moves away from what is to be avoided.
_AVOID_STEP = 0.5
#: Moods at least this far out on an axis of the plane stand for that side of it. Each side of one
#: axis has both sides of the other in it, so that calmer music is neither happier nor sadder.
_SIDE = 0.45
#: A query shorter than this after its moves has lost its direction.
_TINY = 1e-6

Vector = NDArray[np.float64]
#: Phrases to their vectors, float32, (d,), unit norm.
Phrases = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, kw_only=True)
class Nudge:
    """How the next matches should differ from the last."""

    calmer: float = 0.0  #: -1 (more stirring) .. 1 (calmer).
    happier: float = 0.0  #: -1 (sadder) .. 1 (happier).
    avoid: tuple[str, ...] = ()  #: Names of moods and emotions, in lower case.

    @property
    def avoided(self) -> tuple[Affect, ...]:
        """Where what is to be avoided lies on the plane, for `matching.rank`.

        Raises:
            UnknownMood: a name is neither a mood nor an emotion; names it and those that are.
        """
        return tuple(_PLACES[_known(name)] for name in self.avoid)


def nudged(
    query: NDArray[np.float32], affect: Affect | None, nudge: Nudge, *, phrases: Phrases
) -> tuple[NDArray[np.float32], Affect | None]:
    """Move a query and its point of the affect plane as asked.

    Args:
        query: float32, (d,), unit norm.
        affect: the point that goes with it; None stays None.
        nudge: what is asked.
        phrases: vectors of phrases of `core.prompts` in the query's space. Of a direction for which
            there are none the query is not moved; the affect is.

    Returns:
        The query, float32, (d,), unit norm, and the point, within the plane.

    Raises:
        UnknownMood: a name to avoid is neither a mood nor an emotion; names it and those that are.
    """
    names = tuple(dict.fromkeys(_known(name) for name in nudge.avoid))
    move = STEP * nudge.calmer * _between(_CALM, _STIRRING, phrases)
    move = move + STEP * nudge.happier * _between(_HAPPY, _SAD, phrases)
    if names:
        others = tuple(label for label in _PHRASES if label not in names)
        move = move - _AVOID_STEP * _between(names, others, phrases)
    return _moved(query, move), affect and _shifted(affect, nudge)


def _moved(query: NDArray[np.float32], move: Vector | float) -> NDArray[np.float32]:
    if not np.any(move):
        return query
    moved = query.astype(np.float64) + move
    return embeddings.unit(moved) if np.linalg.norm(moved) > _TINY else query


def _shifted(affect: Affect, nudge: Nudge) -> Affect:
    return Affect(
        valence=_clamped(affect.valence + nudge.happier),
        arousal=_clamped(affect.arousal - nudge.calmer),
    )


def _between(these: Iterable[str], those: Iterable[str], phrases: Phrases) -> Vector | float:
    """The direction from the phrases of those labels to the phrases of these, of length 1.

    Returns:
        float64, (d,); or 0 where one side has no phrases, or the two are alike.
    """
    ends = [_mean(labels, phrases) for labels in (these, those)]
    if ends[0] is None or ends[1] is None:
        return 0.0
    way = ends[0] - ends[1]
    length = float(np.linalg.norm(way))
    return way / length if length > _TINY else 0.0


def _mean(labels: Iterable[str], phrases: Phrases) -> Vector | None:
    """The mean vector of the phrases of some labels, each label as heavy as the others."""
    known = ([phrases[text] for text in _PHRASES[label] if text in phrases] for label in labels)
    means = [np.mean(np.asarray(vectors, dtype=np.float64), axis=0) for vectors in known if vectors]
    return np.mean(means, axis=0) if means else None


def _known(name: str) -> str:
    tidy = name.strip().lower()
    if tidy not in _PLACES:
        raise UnknownMood(f"There is no mood '{name}' to avoid; there are {', '.join(_PLACES)}.")
    return tidy


def _clamped(value: float) -> float:
    return min(max(value, -1.0), 1.0)


_PLACES: Mapping[str, Affect] = {
    **MOOD_PLACES,
    **{emotion.value: place for emotion, place in EMOTION_PLACES.items()},
}
_EMOTION_TEXTS: Mapping[str, tuple[str, ...]] = {
    emotion.value: tuple(text for side in sides.values() for text in side)
    for emotion, sides in EMOTION_PHRASES.items()
}
_PHRASES: Mapping[str, tuple[str, ...]] = {**MOOD_PHRASES, **_EMOTION_TEXTS}
# Tuples in the order of the table: a sum of floats depends on its order.
_CALM = tuple(mood for mood, place in MOOD_PLACES.items() if place.arousal <= -_SIDE)
_STIRRING = tuple(mood for mood, place in MOOD_PLACES.items() if place.arousal >= _SIDE)
_HAPPY = tuple(mood for mood, place in MOOD_PLACES.items() if place.valence >= _SIDE)
_SAD = tuple(mood for mood, place in MOOD_PLACES.items() if place.valence <= -_SIDE)
