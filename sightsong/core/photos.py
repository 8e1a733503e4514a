"""Photos: what the models saw in one, before any music is chosen."""

from collections.abc import Mapping
from dataclasses import dataclass

from sightsong.core.affect import EmotionReading, Face


@dataclass(frozen=True, kw_only=True)
class Captions:
    """Two sentences about a photo."""

    plain: str  #: What is to be seen.
    emotional: str  #: The same, with the feeling that it carries.


@dataclass(frozen=True, kw_only=True)
class PhotoReading:
    """Everything that was read from one photo."""

    emotion: EmotionReading
    faces: tuple[Face, ...]
    moods: Mapping[str, float]  #: Mood label to score, 0 .. 1, highest first.
    captions: Captions
