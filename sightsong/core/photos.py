"""Photos: what the models saw in one, before any music is chosen."""

from dataclasses import dataclass

from sightsong.core.affect import Agreement, EmotionReading, Face


@dataclass(frozen=True, kw_only=True)
class Captions:
    """Two sentences about a photo."""

    plain: str  #: What is to be seen.
    emotional: str  #: The same, with the feeling that it carries.


@dataclass(frozen=True, kw_only=True)
class MoodScore:
    """How well a mood label fits a photo."""

    label: str
    score: float  #: 0 .. 1; of a model that compares labels: its share among them.
    similarity: float | None = None  #: Cosine of photo and label, -1 .. 1; None: not measured so.


@dataclass(frozen=True, kw_only=True)
class PhotoReading:
    """Everything that was read from one photo."""

    emotion: EmotionReading  #: Scene and faces together.
    agreement: Agreement | None  #: Of scene and faces; None where there are no faces.
    faces: tuple[Face, ...]
    moods: tuple[MoodScore, ...]  #: Highest first.
    captions: Captions | None  #: None: not asked for.
