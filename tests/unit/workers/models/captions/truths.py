"""Every phrase that a caption may claim something by, with what must hold for it to be true.

A word that stands in none of these, and is none of the small ones, is a claim that nobody checked.
"""

import re
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from sightsong.core.affect import Affect
from sightsong.core.moods import MOOD_PLACES
from tests.unit.workers.models.captions.scene import LOOKS, Scene

Truth = Callable[..., bool]
"""Of a scene, and of the words that the phrase's pattern caught."""

_SMALL_WORDS = frozenset(["a", "and", "but", "in", "is", "picture", "some", "this", "with"])
_MIDDLE = Affect(valence=0.08, arousal=-0.1)
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_DIRECTIONS = {
    "pleasant": (1, 0),
    "lively": (1, 1),
    "stirring": (0, 1),
    "tense": (-1, 1),
    "unpleasant": (-1, 0),
    "gloomy": (-1, -1),
    "quiet": (0, -1),
    "calm": (1, -1),
}
_NAME = "(black|white|grey|red|pink|orange|brown|beige|yellow|green|teal|blue|purple)"
_COUNT = f"({'|'.join(_NUMBERS)}|more than ten)"
_LOOK = f"({'|'.join(LOOKS)})"
_MOOD = f"({'|'.join(MOOD_PLACES)})"
_AT = "( close up| on the left| on the right|)"
_NO_MOOD = (
    "as far as can be measured, no mood stands out|no clear mood was measured|"
    "its mood is hard to measure"
)
_PERHAPS = "it may feel|the mood is perhaps|as far as can be measured, it feels rather"
_FEELS = "(?:it feels|the mood is|the feeling is|it seems)"


def untrue(caption: str, scene: Scene) -> list[str]:
    """Name each phrase of a caption that does not hold, and each word that nothing vouches for."""
    left = caption.lower()
    wrong: list[str] = []
    for pattern, holds in TRUTHS:
        found = list(re.finditer(rf"\b{pattern}\b", left))
        wrong += [phrase.group() for phrase in found if not holds(scene, *phrase.groups())]
        left = re.sub(rf"\b{pattern}\b", "·", left)
    return wrong + [word for word in re.findall(r"[^\W\d_]+", left) if word not in _SMALL_WORDS]


def _places(scene: Scene, at: str) -> bool:
    [face] = scene.sure
    middle = face.x + face.width / 2
    return {
        "": 0.3 < middle < 0.7,
        " close up": face.height >= 0.35,
        " on the left": middle < 0.4,
        " on the right": middle > 0.6,
    }[at]


def _counts(scene: Scene, count: str) -> bool:
    told = _NUMBERS.index(count) if count in _NUMBERS else 11
    return min(len(scene.sure), 11) == told


def _look_so(scene: Scene, count: str, look: str) -> bool:
    told = _NUMBERS.index(count) if count in _NUMBERS else 11
    return min(scene.looks(look), 11) == told > len(scene.sure) / 2


def _leans(scene: Scene, word: str) -> bool:
    """Whether the feeling lies within 40 degrees of a direction, seen from the middle."""
    direction = np.array(_DIRECTIONS[word], dtype=float)
    away = np.array([scene.affect.valence - 0.08, scene.affect.arousal + 0.1])
    cosine = direction @ away / np.linalg.norm(direction) / np.linalg.norm(away)
    return bool(cosine > np.cos(np.radians(40)))


def _near(scene: Scene, mood: str) -> bool:
    """Whether a mood is one of the seven nearest."""
    order = sorted(MOOD_PLACES, key=lambda name: scene.affect.distance(MOOD_PLACES[name]))
    return mood in order[:7]


def _in_bands(scene: Scene, above: str, below: str) -> bool:
    return bool(scene.area(above)[:32].mean() > 0.5 and scene.area(below)[-32:].mean() > 0.5)


FACES: Sequence[tuple[str, Truth]] = (
    (
        rf"one face{_AT} looks {_LOOK}",
        lambda s, at, look: len(s.sure) == 1 == s.looks(look) and _places(s, at),
    ),
    (rf"one face is seen{_AT}", lambda s, at: len(s.sure) == 1 and _places(s, at)),
    (rf"two faces both look {_LOOK}", lambda s, look: len(s.sure) == 2 == s.looks(look)),
    (
        rf"{_COUNT} faces all look {_LOOK}",
        lambda s, count, look: _counts(s, count) and s.looks(look) == len(s.sure) > 2,
    ),
    (
        rf"{_COUNT} faces are seen, of which {_COUNT} look {_LOOK}",
        lambda s, count, some, look: _counts(s, count) and _look_so(s, some, look),
    ),
    (rf"{_COUNT} faces are seen", lambda s, count: _counts(s, count) and len(s.sure) > 1),
    ("there may be a face in it", lambda s: not s.sure and len(s.doubtful) == 1),
    ("there may be faces in it", lambda s: not s.sure and len(s.doubtful) > 1),
)
FEELINGS: Sequence[tuple[str, Truth]] = (
    (rf"(?:{_NO_MOOD})", lambda s: s.affect.distance(_MIDDLE) < 0.15),
    (
        rf"(?:{_PERHAPS}) ({'|'.join(_DIRECTIONS)})",
        lambda s, word: s.affect.distance(_MIDDLE) < 0.35 and _leans(s, word),
    ),
    (
        rf"{_FEELS} {_MOOD} and a little {_MOOD}",
        lambda s, one, other: _near(s, one) and _near(s, other),
    ),
    (rf"{_FEELS} {_MOOD}", _near),
)
SHAPE: Sequence[tuple[str, Truth]] = (
    ("wide", lambda s: s.aspect > 1.6),
    ("tall", lambda s: s.aspect < 0.9),
    ("square", lambda s: 0.9 < s.aspect < 1.1),
)
LIGHT: Sequence[tuple[str, Truth]] = (
    ("very dark", lambda s: s.grey.mean() < 0.2),
    ("dark", lambda s: s.grey.mean() < 0.35),
    ("dim", lambda s: 0.2 < s.grey.mean() < 0.5),
    ("fairly bright", lambda s: 0.35 < s.grey.mean() < 0.65),
    ("very bright", lambda s: s.grey.mean() > 0.65),
    ("bright", lambda s: 0.48 < s.grey.mean() < 0.8),
    ("(?:low contrast|weak contrast|tones near one another)", lambda s: s.grey.std() < 0.16),
    ("(?:strong contrast|high contrast|tones far apart)", lambda s: s.grey.std() > 0.24),
    ("(?:deep shadows|deep shadow in places)", lambda s: (s.grey < 0.25).mean() > 0.15),
    ("glaring (?:highlights|spots)", lambda s: (s.grey > 0.88).mean() > 0.06),
    ("(?:most of the light above|more light above than below)", lambda s: s.above > 0.08),
    ("(?:most of the light below|more light below than above)", lambda s: s.above < -0.08),
    ("(?:most of the|more) light on the left", lambda s: s.left > 0.07),
    ("(?:most of the|more) light on the right", lambda s: s.left < -0.07),
    (
        "(?:more light in the middle than around it|the brightest part in the middle)",
        lambda s: s.middle > 0.05,
    ),
    (
        "(?:less light in the middle than around it|the darkest part in the middle)",
        lambda s: s.middle < -0.08,
    ),
)
TEXTURE: Sequence[tuple[str, Truth]] = (
    (
        "(?:fine detail all over|plenty of fine detail|a busy texture)",
        lambda s: s.edges.mean() > 0.3,
    ),
    ("(?:smooth areas|few edges|hardly any fine detail)", lambda s: s.edges.mean() < 0.15),
    ("(?:most of the detail|the detail gathered) in the middle", lambda s: s.middle_edges > 0.42),
    ("(?:many level lines|lines that run across)", lambda s: s.down.sum() > 1.3 * s.across.sum()),
    (
        "(?:many upright lines|lines that run up and down)",
        lambda s: s.across.sum() > 1.2 * s.down.sum(),
    ),
    ("(?:both sides alike|sides that nearly mirror each other)", lambda s: s.mirrored > 0.6),
    ("(?:an even|a plain) surround", lambda s: s.rim_spread < 0.09),
)
COLOURS: Sequence[tuple[str, Truth]] = (
    (rf"{_NAME} above and {_NAME} below", _in_bands),
    ("black, grey and white", lambda s: np.quantile(s.chroma, 0.98) < 0.1),
    (rf"(?:almost only|almost all|mostly|shades of) {_NAME}", lambda s, name: s.share(name) > 0.5),
    (
        rf"patches of {_NAME} and {_NAME}",
        lambda s, one, other: min(s.vivid(one), s.vivid(other)) > 0.02,
    ),
    (
        rf"{_NAME} and {_NAME} patches",
        lambda s, one, other: min(s.vivid(one), s.vivid(other)) > 0.02,
    ),
    (rf"patches of {_NAME}", lambda s, name: s.vivid(name) > 0.02),
    (rf"{_NAME} patches", lambda s, name: s.vivid(name) > 0.02),
    (rf"a (?:touch|dash) of {_NAME}", lambda s, name: 0.002 < s.vivid(name) < 0.2),
    (rf"some {_NAME}", lambda s, name: s.share(name) > 0.05),
    ("muted", lambda s: s.strength < 0.32),
    ("soft", lambda s: 0.12 < s.strength < 0.45),
    ("rich", lambda s: 0.2 < s.strength < 0.65),
    ("vivid", lambda s: s.strength > 0.3),
    (rf"{_NAME}s", lambda s, name: s.share(name) > 0.1),
    (_NAME, lambda s, name: s.share(name) > 0.1),
)
TRUTHS = (*FACES, *FEELINGS, *SHAPE, *LIGHT, *TEXTURE, *COLOURS)


def unused(captions: Sequence[str]) -> Iterator[str]:
    """Name the patterns that no caption of many has: they check nothing."""
    for pattern, _ in TRUTHS:
        if not any(re.search(rf"\b{pattern}\b", caption.lower()) for caption in captions):
            yield pattern
