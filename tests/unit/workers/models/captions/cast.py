"""Faces and feelings of all kinds, to be told of any photo."""

import math

from sightsong.core.affect import Affect, Face
from sightsong.core.blend import FACE_CLASSES

_TURN = math.pi * (3 - math.sqrt(5))  # the golden angle: points by it are spread evenly


def face(
    look: str = "joy",
    *,
    share: float = 0.9,
    score: float = 0.99,
    at: float = 0.5,
    size: float = 0.2,
) -> Face:
    """A face whose middle is `at` (share of the width), with one expression ahead."""
    rest = (1 - share) / (len(FACE_CLASSES) - 1)
    return Face(
        x=at - size / 2,
        y=0.3,
        width=size,
        height=size,
        score=score,
        distribution={name: share if name == look else rest for name in FACE_CLASSES},
    )


def place(n: int) -> Affect:
    """A place on the plane, another for each number, spread evenly."""
    away = math.sqrt((n % 37) / 37)
    return Affect(
        valence=0.95 * away * math.cos(n * _TURN), arousal=0.95 * away * math.sin(n * _TURN)
    )


CASTS: tuple[tuple[Face, ...], ...] = (
    (),
    (face(size=0.5),),
    (face("sadness", at=0.2),),
    (face("anger", at=0.8), face("neutral", at=0.3)),
    (),
    (face("neutral"),),
    (face(score=0.83),),
    (face(share=0.4),),
    (face(), face()),
    (),
    (face("fear"), face("fear"), face("fear")),
    (face("surprise"), face("surprise"), face("disgust"), face(score=0.82)),
    (face(score=0.83, at=0.1), face(score=0.82)),
    (),
    tuple(face() for _ in range(12)),
    (face("disgust", share=0.7, at=0.25, size=0.1),),
    (face(score=0.7),),
)
"""No face, one, some, many; sure and doubtful, near and far. A prime number of casts."""
