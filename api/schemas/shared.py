"""What several answers share."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api import examples

State = Literal["queued", "running", "succeeded", "failed", "canceled"]
Time = Annotated[str, Field(description="RFC 3339, UTC", examples=["2026-11-20T23:42:07.312Z"])]


def one_of(*names: str) -> list[JsonValue]:
    """Say in JSON schema that just one of some fields is given; null is as good as nothing."""
    return [
        {
            "required": [name],
            "properties": {
                other: {"not": {"type": "null"}} if other == name else {"type": "null"}
                for other in names
            },
        }
        for name in names
    ]


class ErrorView(BaseModel):
    """Why something failed."""

    code: str = Field(examples=["image_broken"])
    detail: str = Field(examples=["The image is truncated or damaged."])


class ProblemView(BaseModel):
    """A refusal, as RFC 9457 has it."""

    model_config = ConfigDict(title="Problem", json_schema_extra={"examples": [examples.PROBLEM]})

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str = Field(description="Stable; listed in docs/errors.md.")
    request_id: str
    errors: list[dict[str, str]] = Field(
        default_factory=list, description="Wrong parts of the request: in, pointer, detail."
    )
