"""Prompts, filters and nudges: JSON bodies from their bytes to what a search is given.

The first byte chooses the shape that is asked for.
"""

import contextlib
import json
import math
from typing import Any

import numpy as np
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from api.routes import bodies
from api.schemas import wording
from api.schemas.batches import BatchRequest
from api.schemas.keys import KeyRequest
from api.schemas.people import FeedbackRequest, Preferences
from api.schemas.photos import PhotoParams
from api.schemas.searches import FiltersBody, JsonRequest, RefineRequest
from api.schemas.webhooks import WebhookRequest
from sightsong.core import labels, refining
from sightsong.core.affect import Affect
from sightsong.core.choosing import Taste, filters_of
from sightsong.core.errors import InvalidRequest, UnknownMood
from sightsong.core.facts import Facts
from sightsong.core.tracks import TrackId
from tests.fuzz.door import Door

_SHAPES: tuple[type[BaseModel], ...] = (
    *(JsonRequest, FiltersBody, RefineRequest, PhotoParams, BatchRequest),
    *(Preferences, FeedbackRequest, KeyRequest, WebhookRequest),
)
_TRACK = Facts(terms=("genre:jazz", "mood:calm"), duration_s=180.0, tempo_bpm=90.0)
_QUERY = np.array([0.6, 0.8], dtype=np.float32)
_MIDDLE = Affect(valence=0.0, arousal=0.0)


def knock(content: bytes) -> bool:
    """Read a body; what is taken can be kept as JSON and searched by, what is not is told."""
    shape, body = _SHAPES[content[0] % len(_SHAPES) if content else 0], content[1:]
    _raw(body)
    try:
        said = shape.model_validate_json(body)
    except ValidationError as error:
        _told(bodies.refused(error, where="body"))
        return False
    json.dumps(said.model_dump(mode="json"), allow_nan=False).encode()
    _search(said)
    return True


def _search(said: BaseModel) -> None:
    """Ask what the body asks, as far as that needs no model."""
    filters = said if isinstance(said, FiltersBody) else getattr(said, "filters", None)
    if isinstance(filters, FiltersBody):
        kept = json.loads(json.dumps(filters.said(), allow_nan=False))
        assert Taste.of({"filters": kept}).where.fits(TrackId("t"), _TRACK) in (True, False)
    if isinstance(said, JsonRequest) and said.text is not None:
        assert 0 < len(said.text) <= 1000
    if isinstance(said, RefineRequest):
        Taste.of(said.choice())
        _nudge(refining.Nudge(calmer=said.calmer, happier=said.happier, avoid=tuple(said.avoid)))


def _nudge(nudge: refining.Nudge) -> None:
    try:
        query, affect = refining.nudged(_QUERY, _MIDDLE, nudge, phrases={})
    except UnknownMood:
        return
    assert math.isclose(float(np.linalg.norm(query)), 1, abs_tol=1e-5)
    assert affect is not None


def _raw(body: bytes) -> None:
    """Read filters and labels as they lie in a row, past the door that checks them."""
    try:
        said: Any = json.loads(body)
    except (ValueError, RecursionError):
        return
    with contextlib.suppress(InvalidRequest):
        if isinstance(said, dict):
            filters_of(said)
        if isinstance(said, list):
            assert len(labels.tidy(str(one) for one in said)) <= labels.MOST_LABELS


def _told(error: RequestValidationError) -> None:
    assert all(wording.said(one).encode() for one in error.errors())


def seeds() -> dict[str, bytes]:
    """A fair body of each shape."""
    fair: dict[str, object] = {
        "words": {"text": "calm piano", "top_k": 3, "filters": {"genre": ["jazz"]}},
        "filters": {"genre": "jazz", "duration_s": {"min": 60, "max": 1e3}, "explicit": False},
        "refine": {"calmer": 0.5, "happier": -1, "avoid": ["sad"], "filters": {}},
        "photo": {"moods": ["calm", "rainy night"], "caption": False, "filters": '{"tag":"x"}'},
        "batch": {"items": [{"text": "calm"}, {"image": "aGk"}], "priority": 2},
        "preferences": {"favourite_genres": ["jazz"], "never_play": {"artists": ["Ann"]}},
        "feedback": {
            "job_id": "0198c5f2-7d0a-7c3e-9d55-0a1b2c3d4e5f",
            "track_id": "0198c5f2-7d0a-7c3e-9d55-0a1b2c3d4e5f",
            "action": "skip",
            "position_s": 3.5,
        },
        "key": {"name": "phone", "scopes": ["jobs"]},
        "webhook": {"url": "https://hooks.example.org/in", "events": ["job.failed"]},
    }
    return {
        name: bytes([number]) + json.dumps(body).encode()
        for number, (name, body) in enumerate(fair.items())
    }


DOOR = Door(
    knock=knock,
    seeds=seeds,
    longest=2048,
    words=(
        *(b'"text":', b'"filters":', b'"genre":', b'"mood":', b'"artist":', b'"tag":', b'"min":'),
        *(b'"duration_s":', b'"tempo_bpm":', b'"explicit":', b'"avoid":', b'"custom_id":', b"{}"),
        *(b'"deadline_s":', b'"webhook":', b'"image_url":', b'"image":', b'"keep_image_s":'),
        *(b"1e999", b"-0.0", b"NaN", b"1e-320", b"99999999999999999999", b"\\ud800", b"\\u0000"),
        *(b"null", b"true", b"[]", b"\xc2\x85", b"\xef\xbc\xa1", b"\xe2\x80\x99"),
    ),
)
