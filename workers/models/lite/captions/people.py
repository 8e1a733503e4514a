"""What is said of the faces in a photo: how many, where, and how they look where that is sure.

A face that was found with some doubt is told as one that may be there, and its look is not told.
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Final

from sightsong.core.affect import Affect, Emotion, Face
from sightsong.core.blend import NEUTRAL
from sightsong.core.moods import EMOTION_PLACES

SURE_FACE: Final = 0.85
"""Score of the detector from which a face is told as one: none of the 295 photos of OASIS without
people has one (220 of them the detector has learned from), and 50 of the 125 with people have."""
PERHAPS_FACE: Final = 0.8
"""Score from which there may be one, and from which the detector tells of any: 3 photos in 295
without people have one."""
SURE_LOOK: Final = 0.6
"""Share of an expression from which it is told."""
CLOSE: Final = 0.4
"""Height of a face, as a share of the photo's, from which it is seen close up."""
_LEFT_OF, _RIGHT_OF = 0.36, 0.64
_CLEAR_VALENCE = 0.2

_LOOKS: Final = {
    Emotion.ANGER.value: "angry",
    Emotion.DISGUST.value: "disgusted",
    Emotion.FEAR.value: "frightened",
    Emotion.JOY.value: "happy",
    Emotion.SADNESS.value: "sad",
    Emotion.SURPRISE.value: "surprised",
    NEUTRAL: "neutral",
}
"""How a face looks, by the class of its expression."""
_NUMBERS: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

_ALL: Final = {2: "both"}


def faces_clause(faces: Sequence[Face]) -> str:
    """Tell of the faces as a clause; empty where none were found.

    Args:
        faces: largest first, with distributions over `blend.FACE_CLASSES`.
    """
    sure = _sure(faces)
    if not sure:
        return _perhaps(sum(face.score >= PERHAPS_FACE for face in faces))
    if len(sure) == 1:
        return _one(sure[0])
    return _some(sure)


def is_against(faces: Sequence[Face], affect: Affect) -> bool:
    """Whether the looks that are sure are clearly of another valence than the whole photo."""
    looks = [_expression(face) for face in _sure(faces)]
    valences = [EMOTION_PLACES[Emotion(look)].valence for look in looks if look in list(Emotion)]
    if not valences or abs(affect.valence) < _CLEAR_VALENCE:
        return False
    mean = math.fsum(valences) / len(valences)
    return abs(mean) > _CLEAR_VALENCE and (mean > 0) != (affect.valence > 0)


def _sure(faces: Sequence[Face]) -> list[Face]:
    return [face for face in faces if face.score >= SURE_FACE]


def _perhaps(count: int) -> str:
    if not count:
        return ""
    return "there may be a face in it" if count == 1 else "there may be faces in it"


def _one(face: Face) -> str:
    look = _look(face)
    where = _where(face)
    if look:
        return f"one face{where} looks {look}"
    return f"one face is seen{where}"


def _some(faces: Sequence[Face]) -> str:
    """Tell of several faces; how they look where more than half of them look the same."""
    count = _number(len(faces))
    look, times = Counter(_look(face) for face in faces).most_common(1)[0]
    if not look or times * 2 <= len(faces):
        return f"{count} faces are seen"
    if times == len(faces):
        return f"{count} faces {_ALL.get(times, 'all')} look {look}"
    return f"{count} faces are seen, of which {_number(times)} look {look}"


def _number(count: int) -> str:
    return _NUMBERS[count - 1] if count <= len(_NUMBERS) else f"more than {_NUMBERS[-1]}"


def _look(face: Face) -> str:
    """How a face looks, in a word, if that is sure."""
    return _LOOKS.get(_expression(face), "")


def _expression(face: Face) -> str:
    """The class of a face's expression, if one is sure."""
    sure = (name for name, share in face.distribution.items() if share >= SURE_LOOK)
    return next(sure, "")


def _where(face: Face) -> str:
    if face.height >= CLOSE:
        return " close up"
    middle = face.x + face.width / 2
    return " on the left" * (middle < _LEFT_OF) + " on the right" * (middle > _RIGHT_OF)
