"""Photos: what may be asked, and the answer."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from api import examples
from api.schemas.shared import ErrorView, State, Time
from sightsong.core import labels
from sightsong.core.errors import InvalidRequest


def _tidy(value: object) -> list[str]:
    """Make labels of what came in; one parameter may hold several, and may come several times."""
    texts = value if isinstance(value, list | tuple) else [value]
    try:
        return list(labels.tidy(str(text) for text in texts))
    except InvalidRequest as error:
        raise PydanticCustomError("mood", "{detail}", {"detail": error.detail}) from error


class PhotoParams(BaseModel):
    """How to answer a photo."""

    top_k: int = Field(default=5, ge=1, le=50, description="How many tracks to find.")
    alpha: float | None = Field(
        default=None,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Weight of meaning against feeling; absent: the tested default.",
    )
    moods: Annotated[list[str], BeforeValidator(_tidy)] = Field(
        default=[],
        max_length=labels.MOST_LABELS,
        description=(
            f"Mood labels to score, at most {labels.LONGEST_LABEL} characters each, with commas "
            "between them or one a parameter; absent: the profile's own. The lite profile knows "
            "only its own."
        ),
        examples=[["happy", "sad", "anxious"]],
    )
    duplicates: bool = Field(
        default=False,
        description="Show a recording as often as the library holds it, not only once.",
    )


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
    parts: dict[str, float | None] = Field(description="What the score is made of.")
    reason: str
    window_start_s: float = Field(description="Where the ten seconds that fit best begin.")
    audio_url: str


class ModelView(BaseModel):
    """A model that took part."""

    id: str
    revision: str
    task: str


class Receipt(BaseModel):
    """Everything that the answer depends on besides the photo."""

    profile: str
    device: str = Field(description="What the models ran on.")
    models: list[ModelView]
    index_snapshot: str | None
    prompts_sha256: str


class PhotoResult(BaseModel):
    """The answer to a photo."""

    profile: str
    emotion: EmotionView
    valence: float = Field(description="-1 (unpleasant) to 1 (pleasant).")
    arousal: float = Field(description="-1 (calm) to 1 (stirred).")
    faces: list[FaceView]
    moods: list[MoodView] = Field(description="Highest first.")
    caption: str
    emotional_caption: str
    query: str = Field(description="What the music was asked for.")
    matches: list[MatchView]
    receipt: Receipt
    timings_ms: dict[str, float] = Field(
        description="Milliseconds: `decode` of this photo, each other stage of the whole batch; "
        "`batch` is its size."
    )


class JobView(BaseModel):
    """A job: anything that takes time."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.JOB]})

    id: str
    kind: Literal["photo", "embed", "ingest", "rebuild"]
    state: State
    state_version: int = Field(description="Grows with each change; also the ETag.")
    created_at: Time
    started_at: Time | None
    finished_at: Time | None
    attempt: int = Field(description="How often it was begun.")
    error: ErrorView | None = Field(description="Why it failed, or why its last attempt did.")
    result: PhotoResult | dict[str, Any] | None
