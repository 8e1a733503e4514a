"""Moods: feelings with names, where they lie on the affect plane, and the music that suits them.

The places of the emotions and moods are set by hand, in the light of the circumplex (Russell 1980)
and of affective word norms (Warriner, Kuperman and Brysbaert 2013); no table was copied. On a plane
of valence and arousal anger and fear lie close together: telling them apart needs more than this.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from sightsong.core.affect import Affect, Emotion, EmotionReading
from sightsong.core.prompts import (
    EMOTION_PHRASES,
    MOOD_PHRASES,
    OTHER_MOOD_PHRASE,
    SCENE_PHRASE,
    Energy,
)

_PARTS = 10_000
"""Probabilities are rounded to this many parts, so that they are short and sum to 1."""
_EMOTION_WIDTH = 0.45
"""How far people's feelings before one photo lie apart. OASIS has a standard deviation of 0.36 in
valence and of 0.55 in arousal, the root of whose mean square is 0.47."""
_EXACT = Affect(valence=0.0, arousal=0.0)
_MOOD_WIDTH = 0.3
_MOST_MOODS = 3
_MOOD_SHARE = 0.5
_SCENE_SHARE = 0.15

EMOTION_PLACES: Mapping[Emotion, Affect] = {
    Emotion.ANGER: Affect(valence=-0.60, arousal=0.65),
    Emotion.DISGUST: Affect(valence=-0.85, arousal=0.10),
    Emotion.FEAR: Affect(valence=-0.45, arousal=0.55),
    Emotion.JOY: Affect(valence=0.70, arousal=0.20),
    Emotion.SADNESS: Affect(valence=-0.60, arousal=-0.45),
    Emotion.SURPRISE: Affect(valence=0.25, arousal=0.65),
}
"""Where each emotion lies on the plane."""

_RARITY: Mapping[Emotion, float] = {Emotion.DISGUST: 0.5}
"""Disgust lies between its neighbours and would win in every gloomy photo; few are disgusting."""

MOOD_PLACES: Mapping[str, Affect] = {
    "angry": Affect(valence=-0.65, arousal=0.70),
    "anxious": Affect(valence=-0.45, arousal=0.45),
    "bleak": Affect(valence=-0.65, arousal=-0.25),
    "calm": Affect(valence=0.40, arousal=-0.60),
    "cheerful": Affect(valence=0.75, arousal=0.35),
    "dark": Affect(valence=-0.45, arousal=0.10),
    "dramatic": Affect(valence=-0.10, arousal=0.60),
    "dreamy": Affect(valence=0.30, arousal=-0.35),
    "energetic": Affect(valence=0.45, arousal=0.70),
    "epic": Affect(valence=0.25, arousal=0.60),
    "gloomy": Affect(valence=-0.55, arousal=-0.40),
    "happy": Affect(valence=0.75, arousal=0.20),
    "hopeful": Affect(valence=0.55, arousal=0.05),
    "lonely": Affect(valence=-0.45, arousal=-0.55),
    "melancholic": Affect(valence=-0.30, arousal=-0.40),
    "mysterious": Affect(valence=-0.15, arousal=0.15),
    "nostalgic": Affect(valence=0.10, arousal=-0.25),
    "peaceful": Affect(valence=0.60, arousal=-0.55),
    "playful": Affect(valence=0.60, arousal=0.45),
    "romantic": Affect(valence=0.60, arousal=-0.10),
    "sad": Affect(valence=-0.65, arousal=-0.45),
    "serene": Affect(valence=0.50, arousal=-0.45),
    "tender": Affect(valence=0.45, arousal=-0.25),
    "tense": Affect(valence=-0.35, arousal=0.60),
    "triumphant": Affect(valence=0.60, arousal=0.65),
    "wistful": Affect(valence=-0.05, arousal=-0.40),
}
"""Mood labels and where they lie on the plane."""


@dataclass(frozen=True, kw_only=True)
class WeightedPhrase:
    """A phrase in music language, and its part in a query."""

    text: str
    weight: float  #: Above 0; the weights of a query sum to 1.


def emotion_distribution(affect: Affect, *, error: Affect = _EXACT) -> Mapping[Emotion, float]:
    """Spread a point of the plane over the six emotions, by their nearness (a softmax of -d²).

    What people feel before one photo spreads around their mean, and the mean is only read with an
    error: both widen the circle in which an emotion counts as near. So a doubtful reading gives a
    flat distribution.

    Args:
        affect: what was read.
        error: how far readings are off on each scale (root mean square); 0: not at all.

    Returns:
        Probabilities of four decimals that sum to 1, every emotion in alphabetical order.
    """
    wide = math.hypot(_EMOTION_WIDTH, error.valence)
    high = math.hypot(_EMOTION_WIDTH, error.arousal)
    nearness = {
        emotion: _RARITY.get(emotion, 1.0)
        * _bell((affect.valence - place.valence) / wide, (affect.arousal - place.arousal) / high)
        for emotion, place in EMOTION_PLACES.items()
    }
    return _rounded(nearness)


def mood_scores(affect: Affect) -> Mapping[str, float]:
    """Score every mood label by its nearness to a point, 0 .. 1, highest first."""
    scores = {
        mood: round(_nearness(affect, place, _MOOD_WIDTH), 4) for mood, place in MOOD_PLACES.items()
    }
    return dict(sorted(scores.items(), key=lambda item: (-item[1], item[0])))


def music_query(
    emotion: EmotionReading, moods: Mapping[str, float], *, scene: str | None = None
) -> tuple[WeightedPhrase, ...]:
    """Say in music language what a photo feels like, as phrases with weights.

    Half of the weight goes to the emotions, each with its probability, in calm and lively phrases
    as the arousal asks; half to the three likeliest moods, those of the caller's own included. A
    scene, where one is told, takes a small share from both: it is no music language, but places and
    times of day have their music.

    Args:
        emotion: of the photo.
        moods: scores of any scale above 0 by label.
        scene: what is to be seen in the photo, in words.

    Returns:
        Heaviest first; of equals in the order of the alphabet. The weights sum to 1.
    """
    weights: dict[str, float] = {}
    liveliness = min(max((emotion.affect.arousal + 1) / 2, 0.0), 1.0)
    mood_parts = _mood_parts(moods)
    emotion_share = 1 - _MOOD_SHARE if mood_parts else 1.0
    for name, probability in emotion.distribution.items():
        for energy, share in ((Energy.LIVELY, liveliness), (Energy.CALM, 1 - liveliness)):
            _add(weights, EMOTION_PHRASES[name][energy], probability * share * emotion_share)
    for mood, part in mood_parts.items():
        _add(weights, _phrases(mood), part * _MOOD_SHARE)
    if scene:
        share = _SCENE_SHARE / (1 - _SCENE_SHARE)
        phrase = SCENE_PHRASE.format(scene=scene.rstrip(" ."))
        _add(weights, (phrase,), share * math.fsum(weights.values()))
    total = math.fsum(weights.values())
    phrases = (WeightedPhrase(text=t, weight=w / total) for t, w in weights.items() if w > 0)
    return tuple(sorted(phrases, key=lambda phrase: (-phrase.weight, phrase.text)))


def query_text(phrases: tuple[WeightedPhrase, ...], *, count: int = 2) -> str:
    """Name the heaviest phrases of a query, for people to read."""
    return " ".join(phrase.text for phrase in phrases[:count])


def prompts_sha256() -> str:
    """Hash the whole phrase table in a canonical form: it changes when any answer may."""
    table = {
        "emotions": EMOTION_PHRASES,
        "moods": MOOD_PHRASES,
        "other_mood": OTHER_MOOD_PHRASE,
        "scene": SCENE_PHRASE,
    }
    canonical = json.dumps(table, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _nearness(one: Affect, other: Affect, width: float) -> float:
    return _bell(one.distance(other) / width)


def _bell(*spreads: float) -> float:
    return math.exp(-math.fsum(spread * spread for spread in spreads) / 2)


def _mood_parts(moods: Mapping[str, float]) -> dict[str, float]:
    known = sorted(
        ((mood, score) for mood, score in moods.items() if score > 0),
        key=lambda item: (-item[1], item[0]),
    )[:_MOST_MOODS]
    total = math.fsum(score for _, score in known)
    return {mood: score / total for mood, score in known}


def _phrases(mood: str) -> tuple[str, ...]:
    return MOOD_PHRASES.get(mood) or (OTHER_MOOD_PHRASE.format(mood=mood),)


def _add(weights: dict[str, float], phrases: tuple[str, ...], weight: float) -> None:
    for phrase in phrases:
        weights[phrase] = weights.get(phrase, 0.0) + weight / len(phrases)


def _rounded(shares: Mapping[Emotion, float]) -> dict[Emotion, float]:
    """Round shares to parts of a whole that add up (largest remainders get what is left)."""
    total = math.fsum(shares.values())
    exact = {key: share / total * _PARTS for key, share in shares.items()}
    floors = {key: math.floor(parts) for key, parts in exact.items()}
    left = _PARTS - sum(floors.values())
    by_remainder = sorted(exact, key=lambda key: (floors[key] - exact[key], key))
    for key in by_remainder[:left]:
        floors[key] += 1
    return {key: floors[key] / _PARTS for key in sorted(floors)}
