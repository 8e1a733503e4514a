"""Reasons: one true sentence for each match, from its parts and from nothing else."""

from sightsong.core import blend
from sightsong.core.affect import Affect, Agreement
from sightsong.core.matching import Match

#: Values nearer to the middle than this are called by no name.
_MIDDLE = 0.15
#: A track this near to the photo on the affect plane feels "like" it.
_NEAR = 0.35
#: … and one this near still has "a touch" of it.
_FAIR = 0.8


def reason(photo: Affect, match: Match) -> str:
    """Say why a track was chosen, in one sentence.

    Names the affect of the track in words, how near it lies to the photo's (with the numbers), and
    where to begin to listen.
    """
    track = match.candidate.affect
    start = _clock(match.candidate.window_start_s)
    if track is None:
        return f"Its sound is among the nearest to the photo's mood; best from {start}."
    likeness = _likeness(match.parts.affect_distance or 0.0)
    return (
        f"{_feeling(track)}, {likeness} "
        f"(valence {_number(track.valence)} vs {_number(photo.valence)}, "
        f"arousal {_number(track.arousal)} vs {_number(photo.arousal)}); best from {start}."
    )


def agreement(found: Agreement) -> str:
    """Say in one sentence whether the faces in a photo feel like the scene."""
    faces, scene = _feeling(found.faces).lower(), _feeling(found.scene).lower()
    if found.distance <= _NEAR:
        return f"The faces ({faces}) feel like the scene ({scene})."
    if blend.is_agreed(found):
        return f"The faces ({faces}) are not far from the scene ({scene})."
    return (
        f"The faces feel {faces} {_place(found.faces)}, the scene {scene} {_place(found.scene)}; "
        "the answer weighs both."
    )


def _feeling(affect: Affect) -> str:
    words = [
        _word(affect.arousal, low="calm", high="energetic"),
        _word(affect.valence, low="dark", high="bright"),
    ]
    named = [word for word in words if word]
    return " and ".join(named).capitalize() if named else "Even-tempered"


def _place(affect: Affect) -> str:
    return f"(valence {_number(affect.valence)}, arousal {_number(affect.arousal)})"


def _word(value: float, *, low: str, high: str) -> str:
    if value <= -_MIDDLE:
        return low
    return high if value >= _MIDDLE else ""


def _likeness(distance: float) -> str:
    if distance <= _NEAR:
        return "close to the photo"
    if distance <= _FAIR:
        return "with something of the photo"
    return "unlike the photo, but the nearest there is"


def _number(value: float) -> str:
    return f"{round(value, 1) + 0.0:+.1f}"  # + 0.0: nobody understands "-0.0"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
