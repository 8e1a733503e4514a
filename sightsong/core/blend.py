"""Faces and scene together: how a photo feels when there are people in it.

A face says more about a photo the larger it is and the surer its detector and classifier are. The
seven classes of FER-2013 (Goodfellow et al. 2013) are the six emotions and `neutral`, which counts
as a calm face without valence.
"""

import math
from collections.abc import Mapping, Sequence

from sightsong.core.affect import Affect, Agreement, Emotion, EmotionReading, Face
from sightsong.core.moods import EMOTION_PLACES

NEUTRAL = "neutral"
FACE_CLASSES: tuple[str, ...] = (*(emotion.value for emotion in Emotion), NEUTRAL)
"""The classes of a face's distribution, in the order in which answers list them."""

NEUTRAL_PLACE = Affect(valence=0.0, arousal=-0.2)
#: All faces together never weigh more than this against the scene around them.
_MOST = 0.7
#: Share of the photo's area at which a sure face has half of that.
_HALF_AREA = 0.05
#: Distance on the affect plane from which scene and faces are said to disagree: nearly half of the
#: way from sadness to joy.
_APART = 0.6


def with_faces(
    scene: EmotionReading, faces: Sequence[Face]
) -> tuple[EmotionReading, Agreement | None]:
    """Weigh the faces of a photo into the emotion of its scene.

    Args:
        scene: what the emotion model read from the whole photo.
        faces: each with a distribution over `FACE_CLASSES`.

    Returns:
        The emotion of both, and how they agree; the scene's own and None without faces.
    """
    weights = [_weight(face) for face in faces]
    total = math.fsum(weights)
    if total <= 0:
        return scene, None
    mean = _mean(weights, faces)
    affect = _affect(mean)
    share = _MOST * total / (total + _HALF_AREA)
    together = EmotionReading(
        distribution=_mixed(scene.distribution, mean, share),
        affect=Affect(
            valence=(1 - share) * scene.affect.valence + share * affect.valence,
            arousal=(1 - share) * scene.affect.arousal + share * affect.arousal,
        ),
    )
    return together, Agreement(scene=scene.affect, faces=affect)


def is_agreed(agreement: Agreement) -> bool:
    """Whether the faces feel like the scene."""
    return agreement.distance < _APART


def _weight(face: Face) -> float:
    """The area of a face, as a share of the photo, times how sure it is."""
    sure = max((face.distribution.get(name, 0.0) for name in FACE_CLASSES), default=0.0)
    return face.width * face.height * face.score * sure


def _mean(weights: Sequence[float], faces: Sequence[Face]) -> dict[str, float]:
    """The weighted mean of the faces' distributions; sums to 1."""
    pairs = list(zip(weights, faces, strict=True))
    sums = {
        name: math.fsum(weight * face.distribution.get(name, 0.0) for weight, face in pairs)
        for name in FACE_CLASSES
    }
    total = math.fsum(sums.values())
    return {name: value / total for name, value in sums.items()}


def _affect(shares: Mapping[str, float]) -> Affect:
    places = {emotion.value: place for emotion, place in EMOTION_PLACES.items()}
    places[NEUTRAL] = NEUTRAL_PLACE
    return Affect(
        valence=math.fsum(share * places[name].valence for name, share in shares.items()),
        arousal=math.fsum(share * places[name].arousal for name, share in shares.items()),
    )


def _mixed(
    scene: Mapping[Emotion, float], faces: Mapping[str, float], share: float
) -> dict[Emotion, float]:
    """Move part of the scene's distribution to the faces'; a neutral face leaves it where it is."""
    moved = share * (1 - faces[NEUTRAL])
    felt = math.fsum(faces[emotion.value] for emotion in Emotion) or 1.0
    return {
        emotion: (1 - moved) * scene[emotion] + moved * faces[emotion.value] / felt
        for emotion in Emotion
    }
