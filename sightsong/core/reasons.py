"""Reasons: one true sentence for each match, from its parts and from nothing else."""

from enum import StrEnum

from sightsong.core import blend
from sightsong.core.affect import Affect, Agreement
from sightsong.core.matching import Match

#: Values nearer to the middle than this are called by no name.
_MIDDLE = 0.15
#: A track this near to what is asked for on the affect plane feels "like" it.
_NEAR = 0.35
#: … and one this near still has "a touch" of it.
_FAIR = 0.8
#: What memory moves a score by at least, to be named as a reason.
_NOTICED = 0.01


class Asked(StrEnum):
    """What tracks were looked for with, as a sentence calls it."""

    PHOTO = "the photo"
    WORDS = "your words"
    WISH = "what you asked for"  #: A photo or words, refined.
    TRACK = "the track"


def reason(
    target: Affect | None, match: Match, *, start_s: float | None, asked: Asked = Asked.PHOTO
) -> str:
    """Say why a track was chosen, in one sentence.

    Names the affect of the track in words, how near it lies to the one that was asked for (with the
    numbers), where to begin to listen, and what was remembered of the user if that moved it. Of
    what is not known it says nothing.
    """
    track = match.candidate.affect
    start = "" if start_s is None else f"; best from {_clock(start_s)}"
    rest = f"{start}{_remembered(match)}"
    if track is None:
        return f"Its sound is among the nearest to {asked}{rest}."
    if target is None:
        return f"{_feeling(track)}, and its sound is among the nearest to {asked}{rest}."
    likeness = _likeness(match.parts.affect_distance or 0.0, asked)
    return (
        f"{_feeling(track)}, {likeness} "
        f"(valence {_number(track.valence)} vs {_number(target.valence)}, "
        f"arousal {_number(track.arousal)} vs {_number(target.arousal)}){rest}."
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


def _remembered(match: Match) -> str:
    because = match.candidate.lean.because
    if because is None or abs(match.parts.memory) < _NOTICED:
        return ""
    return f"; {because}"


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


def _likeness(distance: float, asked: Asked) -> str:
    if distance <= _NEAR:
        return f"close to {asked}"
    if distance <= _FAIR:
        return f"with something of {asked}"
    return f"unlike {asked}, but among the nearest there are"


def _number(value: float) -> str:
    return f"{round(value, 1) + 0.0:+.1f}"  # + 0.0: nobody understands "-0.0"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
