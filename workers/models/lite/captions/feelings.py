"""How a photo feels, in words: plainly where the reading is clear, with a "may" where it is not.

A reading near the middle of the plane of valence and arousal says little, and is worded by its
direction alone; only a clear one has the name of a mood.
"""

import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from sightsong.core.affect import Affect
from sightsong.core.moods import mood_scores
from workers.models.lite.captions.claims import pick

MIDDLE: Final = Affect(valence=0.08, arousal=-0.1)
"""Between the middle of the plane and what people say of the mean photo of OASIS, +0.14, -0.18."""
FAINT: Final = 0.1
"""Distance from the middle below which no feeling is named: there people are on the side that
the reading is on for 60 photos of OASIS in 100, read by weights that had not seen their theme."""
CLEAR: Final = 0.3
"""Distance from which a mood is named: people are on the same side for 82 photos in 100. Between
the two it is 70."""
_SECOND_FROM = 0.55

DIRECTIONS: Final = (
    "pleasant",
    "lively",
    "stirring",
    "tense",
    "unpleasant",
    "gloomy",
    "quiet",
    "calm",
)
"""Eighths of the plane, from pleasant (valence above 0, no arousal) towards arousal and around."""

_ALIKE: Final = (
    {"calm", "peaceful", "serene"},
    {"cheerful", "happy", "playful"},
    {"gloomy", "sad", "lonely", "bleak", "melancholic", "wistful"},
    {"tense", "anxious", "angry"},
    {"energetic", "triumphant", "epic", "dramatic"},
    {"dreamy", "tender", "romantic", "nostalgic"},
)
"""Moods that say much the same: beside each other they would be one too many."""
_UNSAID: Final = frozenset({"dark"})
"""Said of a photo, it would be read as a word about its light."""

_NONE = (
    "as far as can be measured, no mood stands out",
    "no clear mood was measured",
    "its mood is hard to measure",
)
_MAY = (
    "it may feel {words}",
    "the mood is perhaps {words}",
    "as far as can be measured, it feels rather {words}",
)
_IS = (
    "it feels {words}",
    "the mood is {words}",
    "the feeling is {words}",
    "it seems {words}",
)


def feeling(affect: Affect, turn: float, *, said: str = "") -> str:
    """Say how a photo feels, as a clause.

    Args:
        affect: of the photo, faces and all.
        turn: a measurement that chooses among equal wordings.
        said: what stands before it: a mood that was named there is not named again.
    """
    away = affect.distance(MIDDLE)
    if away < FAINT:
        return pick(_NONE, turn, step=6)
    if away < CLEAR:
        return pick(_MAY, turn, step=6).format(words=direction(affect))
    return pick(_IS, turn, step=6).format(words=_moods(affect, _UNSAID | set(said.split())))


def direction(affect: Affect) -> str:
    """Name the eighth of the plane that a reading lies in, as seen from the middle."""
    angle = math.atan2(affect.arousal - MIDDLE.arousal, affect.valence - MIDDLE.valence)
    return DIRECTIONS[round(angle / (math.pi / 4)) % len(DIRECTIONS)]


def _moods(affect: Affect, unsaid: AbstractSet[str]) -> str:
    """Name the nearest mood, with another one where that is near as well."""
    scores = {mood: score for mood, score in mood_scores(affect).items() if mood not in unsaid}
    first = next(iter(scores))
    second = _another(first, scores)
    return f"{first} and a little {second}" if second else first


def _another(first: str, scores: Mapping[str, float]) -> str | None:
    alike = set().union(*(moods for moods in _ALIKE if first in moods)) | {first}
    rest = [mood for mood in scores if mood not in alike]
    return next((mood for mood in rest[:1] if scores[mood] > _SECOND_FROM), None)
