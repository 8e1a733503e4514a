"""Photos and words: what may be asked of a photo, and the answers to both."""

import json
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from api import examples
from api.schemas.searches import Choice, FiltersText, Handling, IndexReceipt, tidied
from sightsong.core import labels


class PhotoParams(Choice, Handling):
    """How to answer a photo."""

    model_config = ConfigDict(extra="forbid")

    caption: bool = Field(default=True, description="Whether to describe it in words.")

    moods: Annotated[list[str], BeforeValidator(tidied)] = Field(
        default=[],
        max_length=labels.MOST_LABELS,
        description=(
            f"Mood labels to score, at most {labels.LONGEST_LABEL} characters each, with commas "
            "between them or one a parameter; absent: the profile's own. The lite profile knows "
            "only its own."
        ),
        examples=[["happy", "sad", "anxious"]],
    )
    filters: FiltersText = Field(
        default=None,
        description="Which tracks may be found, as a JSON object; as in a request by words.",
        examples=[json.dumps(examples.FILTERS)],
    )


_PARTS = (
    "What the score is made of. `memory` is how far what is remembered of the user has moved it, "
    "-0.15 to 0.15; 0 where nothing is."
)
_PERSONAL = "Whether anything that is remembered of the user had a say in the matches."


class Box(BaseModel):
    """Where a face is, as shares of the photo's width and height."""

    x: float
    y: float
    width: float
    height: float


class FaceView(BaseModel):
    """A face, and its expression over the face model's own classes."""

    box: Box
    score: float
    distribution: dict[str, float]


class AffectView(BaseModel):
    """A point on the affect plane."""

    valence: float = Field(description="-1 (unpleasant) to 1 (pleasant).")
    arousal: float = Field(description="-1 (calm) to 1 (stirred).")


class AgreementView(BaseModel):
    """Whether the faces feel like the scene that they are in."""

    agrees: bool
    distance: float = Field(description="Of scene and faces on the affect plane, 0 to 2.83.")
    scene: AffectView
    faces: AffectView = Field(description="Mean of the faces, by area and confidence.")
    note: str = Field(description="The same as one sentence.")


class EmotionView(BaseModel):
    """The photo's emotion: of the scene, and of the faces in it where there are any."""

    dominant: str
    confidence: float
    distribution: dict[str, float] = Field(description="Over six emotions; sums to 1.")
    agreement: AgreementView | None = Field(description="Null where no faces were found.")


class MoodView(BaseModel):
    """How well a mood label fits."""

    label: str
    score: float = Field(
        description="0 to 1. `lite`: nearness on the affect plane. `full`: its share of all labels."
    )
    similarity: float | None = Field(
        description="Cosine of photo and label, -1 to 1; null where the model measures none."
    )


class MatchView(BaseModel):
    """A track that fits, why, and where to begin to listen."""

    rank: int
    track_id: str
    title: str
    artist: str | None
    score: float
    parts: dict[str, float | None] = Field(description=_PARTS)
    reason: str
    window_start_s: float = Field(description="Where the ten seconds that fit best begin.")
    audio_url: str


class ModelView(BaseModel):
    """A model that took part."""

    id: str
    revision: str
    task: str


class Receipt(IndexReceipt):
    """Everything that the answer depends on besides the photo or the words."""

    profile: str
    device: str = Field(description="What the models ran on.")
    models: list[ModelView]
    prompts_sha256: str


class PhotoResult(BaseModel):
    """The answer to a photo."""

    profile: str
    emotion: EmotionView
    valence: float = Field(description="-1 (unpleasant) to 1 (pleasant).")
    arousal: float = Field(description="-1 (calm) to 1 (stirred).")
    faces: list[FaceView]
    moods: list[MoodView] = Field(description="Highest first.")
    caption: str | None = Field(description="Null where it was not asked for.")
    emotional_caption: str | None
    query: str = Field(description="What the music was asked for.")
    matches: list[MatchView]
    personal: bool = Field(default=False, description=_PERSONAL)
    receipt: Receipt
    timings_ms: dict[str, float] = Field(
        description="Milliseconds: `decode` of this photo, each other stage of the whole batch; "
        "`batch` is its size."
    )


class TextResult(BaseModel):
    """The answer to words."""

    profile: str
    text: str
    valence: float | None = Field(description="Of what the words ask for; null where unknown.")
    arousal: float | None
    query: str = Field(description="What was understood.")
    matches: list[MatchView]
    personal: bool = Field(default=False, description=_PERSONAL)
    receipt: Receipt
    timings_ms: dict[str, float]


class RefinedReceipt(IndexReceipt):
    """What a refined answer depends on besides its job."""

    prompts_sha256: str


class RefinedView(BaseModel):
    """An answer that was turned a little."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.REFINED]})

    job_id: str
    query: str = Field(description="What the job asked for.")
    valence: float | None = Field(description="What is asked for now; null where unknown.")
    arousal: float | None
    matches: list[MatchView]
    personal: bool = Field(default=False, description=_PERSONAL)
    receipt: RefinedReceipt
