"""The answers of the MoodLens door, in the shape that its users know."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from api import examples


class EmotionShare(BaseModel):
    """How likely one emotion is."""

    emotion: str
    probability: float


class Prediction(BaseModel):
    """The emotion of a photo."""

    dominant_emotion: str
    confidence: float
    probability_distribution: dict[str, float] = Field(description="Sums to 1.")
    all_emotions: list[EmotionShare] = Field(description="Most likely first.")


class PredictionView(BaseModel):
    """The answer to a photo."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PREDICTION]})

    status: Literal["success"]
    prediction: Prediction


class MoodLensError(BaseModel):
    """A refusal of this door."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PREDICTION_LATE]})

    status: Literal["error"]
    message: str
    code: str = Field(description="Stable; listed in docs/errors.md.")
    job_id: str | None = Field(
        default=None, description="Of the job that goes on where it was not done in time."
    )


class HelloView(BaseModel):
    """A greeting."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.HELLO]})

    message: str
