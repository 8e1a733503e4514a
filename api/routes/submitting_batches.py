"""`/v1/batches`: hand in many photos and words at once."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import anyio
import anyio.to_thread
from fastapi import APIRouter, Query
from python_multipart.multipart import parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api import access, deliveries, errors, idempotency, streams
from api.access import TheCaller
from api.dependencies import Door, TheDoor
from api.examples import batches as examples
from api.replies import of_submit
from api.routes import batch_views, bodies, form_fields
from api.routes.batch_bodies import Reader
from api.routes.batch_items import Asked, Items
from api.schemas.batches import BatchParams, BatchRequest, BatchView
from api.streams import Source
from sightsong.core.batches import Gathered
from sightsong.core.gathering import Album, Gathering
from sightsong.core.tenancy import Scope

router = APIRouter(
    prefix="/v1/batches",
    tags=["batches"],
    dependencies=access.guarded(Scope.JOBS, Scope.LIBRARY),
)

#: A blob without a row is taken for garbage after an hour: all of a batch has come before.
_LONGEST_S = 45 * 60.0
#: Of one JSON, besides one photo in it.
_JSON_ROOM_BYTES = 8 * 1024 * 1024
_NDJSON = "application/x-ndjson"
_ZIPS = frozenset({"application/zip", "application/x-zip-compressed"})
_LINES = frozenset({_NDJSON, "application/jsonl", "application/ndjson"})
_BYTES = {"schema": form_fields.FILE}
_FORM = form_fields.form(
    "image",
    {
        "image": form_fields.FILES,
        "items": {
            "type": "string",
            "description": "A JSON list with an object for each photo, in order: its "
            "`custom_id` (else the name of its file) and wishes of its own.",
        },
        **form_fields.WISHES,
        "priority": {**form_fields.WISHES["priority"], "default": 2},
    },
)
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": _FORM,
            "application/zip": _BYTES,
            _NDJSON: {**_BYTES, "example": examples.BATCH_LINES},
            "application/json": {
                "schema": BatchRequest.model_json_schema(),
                "example": examples.BATCH_REQUEST,
            },
        },
    }
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    202: {"content": {"application/json": {"example": examples.NEW_BATCH}}},
    200: {"model": BatchView, "description": "All of it has an answer already"},
}


@router.post(
    "",
    status_code=202,
    summary="Submit Batch",
    response_model=BatchView,
    responses=_ANSWERS,
    openapi_extra=_BODY | {"parameters": [idempotency.PARAMETER]},
)
async def submit(
    request: Request,
    door: TheDoor,
    who: TheCaller,
    params: Annotated[BatchParams, Query()],
) -> Response:
    """Hand in up to a thousand photos and words; each becomes a job, and all of them one batch.

    Send photos as the fields `image` of a form, or as a zip; or send lines of JSON, each as for one
    job. What cannot be a job is refused by itself and told in the results; the others are safe from
    now on. What is wished in the address or beside the photos holds for all of them.
    """
    key = idempotency.read_key(request.headers.getlist(idempotency.HEADER))
    asked = Asked(who=who, params=params, key=key)
    # No key has a line end: those of jobs are others.
    with door.in_flight.alone(key and f"batch\n{key}", who.tenant):
        gathered = await _received(request, door, asked)
    applied = {"Idempotent-Replayed": "true"} if gathered.is_replay else {}
    view, location = batch_views.batch_view(gathered.batch), f"/v1/batches/{gathered.batch.id}"
    return of_submit(view, location, has_ended=gathered.batch.state.is_final, applied=applied)


async def _received(request: Request, door: Door, asked: Asked) -> Gathered:
    """Read a batch as it is sent, and store it.

    Raises:
        UnsupportedMediaType: it is sent as something else.
        SightsongError: nothing of it can be taken; nothing is left of it.
    """
    media_type = bodies.media_type(request)
    if media_type == "application/json":
        most = door.settings.max_image_bytes * 4 // 3 + _JSON_ROOM_BYTES
        content = await bodies.read_json(
            request, door, BatchRequest, max_bytes=most, most_values=bodies.MOST_VALUES_OF_MANY
        )
        return await _stored(door, asked, content)
    errors.note_unread(request, is_unread=True)
    read = _reading(request, media_type)
    async with door.albums.take(asked.who.turns):
        gathered = await _pulled(request, door, asked, read)
    errors.note_unread(request, is_unread=False)
    return gathered


async def _stored(door: Door, asked: Asked, content: BatchRequest) -> Gathered:
    """Store what came as one JSON: a slow sender of such a body has kept nobody waiting.

    One that has photos fetched holds its thread for minutes: that is the turn of an upload.
    """
    work = partial(_store, door, asked, lambda reader: reader.items(content))
    if not any("image_url" in one for one in content.items):
        return await run_in_threadpool(work)
    async with door.albums.take(asked.who.turns):
        return await anyio.to_thread.run_sync(work, limiter=anyio.CapacityLimiter(1))


async def _pulled(
    request: Request, door: Door, asked: Asked, read: Callable[[Source, Reader], None]
) -> Gathered:
    """Store a batch while it comes, by a thread of its own."""
    limits = streams.Limits(
        max_bytes=door.settings.max_music_bytes,
        patience_s=door.settings.upload_timeout_s,
        longest_s=_LONGEST_S,
    )
    return await streams.pull(
        request, limits, lambda source: _store(door, asked, partial(read, source))
    )


def _reading(request: Request, media_type: str) -> Callable[[Source, Reader], None]:
    """Choose how a body is read.

    Raises:
        UnsupportedMediaType: it is announced as something else.
    """
    if media_type == deliveries.FORM:
        _, options = parse_options_header(request.headers.get("content-type", ""))
        boundary = options.get(b"boundary")
        return lambda source, reader: reader.form(source, boundary)
    if media_type in _ZIPS:
        return lambda source, reader: reader.zip(source)
    if media_type in _LINES:
        return lambda source, reader: reader.lines(source)
    raise errors.UnsupportedMediaType(
        "Send photos in the fields 'image' of a multipart/form-data form or as application/zip, or "
        "items as application/x-ndjson or application/json."
    )


def _store(door: Door, asked: Asked, read: Callable[[Reader], None]) -> Gathered:
    """Take in what is read, and store it all at once."""
    with Gathering(door.stores) as gathering:
        items = Items(door, asked, gathering)
        read(Reader(door.settings, items))
        wished = items.params
        album = Album(
            whose=asked.who.whose,
            account=asked.who.account,
            custom_id=wished.custom_id,
            webhook_id=wished.webhook,
            key=asked.key,
        )
        return gathering.submit(album, door.doorbell, queue_limit=door.settings.queue_limit)
