"""Forms, as the OpenAPI document tells of them."""

from typing import Any

from api import ids
from api.schemas.searches import MONTH_S

#: What may stand beside photos; how it is read, `schemas.PhotoParams` says.
WISHES: dict[str, Any] = {
    "top_k": {"type": "integer", "minimum": 1, "maximum": 50, "default": 5},
    "alpha": {"type": "number", "minimum": 0, "maximum": 1},
    "diversity": {"type": "number", "minimum": 0, "maximum": 1},
    "per_artist": {"type": "integer", "minimum": 1, "maximum": 50},
    "moods": {
        "type": "string",
        "description": "Mood labels with commas between them.",
        "examples": ["happy,sad,anxious"],
    },
    "duplicates": {"type": "boolean", "default": False},
    "filters": {"type": "string", "description": "A JSON object."},
    "caption": {"type": "boolean", "default": True},
    "priority": {"type": "integer", "minimum": 0, "maximum": 2, "default": 1},
    "deadline_s": {"type": "number", "exclusiveMinimum": 0, "maximum": MONTH_S},
    "custom_id": {"type": "string", "maxLength": 64},
    "keep_image_s": {"type": "number", "minimum": 0, "maximum": MONTH_S},
    "personal": {"type": "boolean", "default": True},
    "cache": {"type": "boolean", "default": True},
    "webhook": {"type": "string", "pattern": ids.ID},
}
FILE = {"type": "string", "format": "binary"}
FILES = {"type": "array", "minItems": 1, "items": FILE}


def form(required: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Describe a form of just these fields, of which one must be there."""
    shape = {"type": "object", "required": [required], "additionalProperties": False}
    return {"schema": {**shape, "properties": fields}}
