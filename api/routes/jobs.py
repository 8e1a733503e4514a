"""`/v1/jobs`: hand in a photo or words, and ask how it is."""

import asyncio
import base64
import contextlib
import re
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api import examples, idempotency, preferences, schemas, uploads, views
from api.dependencies import Door, TheDoor
from api.replies import Reply, accepted
from api.routes import bodies
from sightsong.adapters import image_header
from sightsong.core import errors, intake, jobs, labels

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
#: Parameters of one value each.
_PLAIN = (
    "top_k", "alpha", "diversity", "per_artist", "duplicates", "filters",
    "caption", "priority", "deadline_s", "custom_id", "keep_image_s",
)  # fmt: skip
#: What a job asks is its params; how it is handled is not.
_HANDLING = frozenset(schemas.Handling.model_fields)
#: Jobs ahead of one are counted up to here.
_MOST_AHEAD = 10_000
#: Nobody is told to come back later than in so many seconds.
_LONGEST_PAUSE_S = 30
#: Beside an image in JSON.
_JSON_ROOM_BYTES = 64 * 1024
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_FORM = {
    "schema": {
        "type": "object",
        "required": ["image"],
        "properties": {
            "image": {"type": "string", "format": "binary"},
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
            "deadline_s": {"type": "number", "exclusiveMinimum": 0},
            "custom_id": {"type": "string", "maxLength": 64},
            "keep_image_s": {"type": "number", "minimum": 0},
        },
    }
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "image/jpeg": _BYTES,
            "image/png": _BYTES,
            "image/webp": _BYTES,
            "multipart/form-data": _FORM,
            "application/json": {
                "schema": schemas.JsonRequest.model_json_schema(),
                "example": examples.TEXT_REQUEST,
            },
        },
    }
}


class Parcel:
    """What was handed in: words, or what is to hold a photo.

    It is taken out once: a request that waits for its job must not keep megabytes meanwhile, and
    the framework keeps what it has called the route with.
    """

    def __init__(self, content: schemas.JsonRequest | bytes) -> None:
        self._content = content

    def take(self) -> schemas.JsonRequest | bytes:
        """Take it out."""
        content, self._content = self._content, b""
        return content


async def submitted(request: Request, door: TheDoor) -> Parcel:
    """Read the body of a submit, within the door's limits."""
    if bodies.media_type(request) == "application/json":
        most = door.settings.max_image_bytes * 4 // 3 + _JSON_ROOM_BYTES
        return Parcel(await bodies.read_json(request, door, schemas.JsonRequest, max_bytes=most))
    return Parcel(await read_photo(request, door))


async def read_photo(request: Request, door: Door) -> bytes:
    """Read a body that is a photo, or a form with one, within the door's limits."""
    limit = door.settings.max_image_bytes
    return await uploads.read_body(
        request,
        max_bytes=limit + uploads.FORM_OVERHEAD_BYTES,
        timeout_s=door.settings.upload_timeout_s,
        too_large=_too_large(limit),
    )


_ANSWERS: dict[int | str, dict[str, Any]] = {
    202: {"content": {"application/json": {"example": examples.QUEUED}}},
    200: {
        "model": schemas.JobView,
        "description": "Has ended in the time of `Prefer: wait=n`",
    },
}


@router.post(
    "",
    status_code=202,
    response_model=schemas.JobView,
    responses=_ANSWERS,
    openapi_extra=_BODY | {"parameters": [preferences.PARAMETER]},
)
async def submit(
    request: Request,
    door: TheDoor,
    parcel: Annotated[Parcel, Depends(submitted)],
    params: Annotated[schemas.PhotoParams, Query()],
) -> Response:
    """Hand in a photo or words; the answer is a job that is safe from now on.

    Send the bytes of a photo as the body, or as the field `image` of a form. JPEG, PNG and WebP are
    taken; what they are is read from the bytes. Send words as JSON.

    With `Prefer: wait=n` (25 seconds at most) the answer is held back until the job has ended, and
    is then 200; after that time it is 202 as ever.
    """
    key = idempotency.read_key(request.headers.getlist(idempotency.HEADER))
    with door.in_flight.alone(key):
        submitted = await run_in_threadpool(_submit, request, door, parcel, params, key)
    return await _answer(request, door, submitted)


def _submit(
    request: Request, door: Door, parcel: Parcel, params: schemas.PhotoParams, key: str | None
) -> jobs.Submitted:
    content = parcel.take()
    if not isinstance(content, schemas.JsonRequest):
        sent = uploads.submission(request.headers.get("content-type", ""), content)
        return submit_photo(door, sent.content, _merged(params, sent), key)
    known = {*schemas.Choice.model_fields, *_HANDLING, "moods", "caption", "filters"}
    said = content.model_dump(include=known - {"filters"}, exclude_unset=True)
    if content.filters is not None:
        said["filters"] = content.filters
    wishes = params.model_copy(update=said)  # checked already, each by its own model
    if content.image is not None:
        return submit_photo(door, _decoded(content.image), wishes, key)
    asked = wishes.model_dump(include=set(schemas.Choice.model_fields))
    return intake.submit_text(
        door.stores,
        door.doorbell,
        _ask(wishes, {"text": content.text, **asked, **_said(wishes.filters)}, key),
        queue_limit=door.settings.queue_limit,
    )


def submit_photo(
    door: Door, content: bytes, wishes: schemas.PhotoParams, key: str | None
) -> jobs.Submitted:
    """See that some bytes are a photo within the door's limits, and store its job."""
    settings = door.settings
    if len(content) > settings.max_image_bytes:
        raise _too_large(settings.max_image_bytes)
    if settings.moods:
        labels.refuse_unknown(wishes.moods, settings.moods)
    header = image_header.read_header(content, max_pixels=settings.max_image_pixels)
    asked = wishes.model_dump(exclude={"filters", *_HANDLING})
    keep_s = settings.image_keep_s if wishes.keep_image_s is None else wishes.keep_image_s
    return intake.submit_photo(
        door.stores,
        door.doorbell,
        replace(_ask(wishes, {**asked, **_said(wishes.filters)}, key), keep_image_s=keep_s),
        content=content,
        media_type=header.media_type,
        queue_limit=settings.queue_limit,
    )


def _ask(wishes: schemas.PhotoParams, params: dict[str, Any], key: str | None) -> intake.Ask:
    """Make a submit of what was validated, and note what of it its sender has said."""
    told = wishes.model_dump(exclude={"filters"}, exclude_unset=True, exclude_none=True)
    said = {name: value for name, value in told.items() if value != []}
    said |= {name: params[name] for name in ("text", "filters") if name in params}
    handling = wishes.model_dump(include=set(_HANDLING))
    return intake.Ask(params=params, key=key, said=said, **handling)


def _decoded(image: str) -> bytes:
    """Read an image from base64.

    Raises:
        RequestValidationError: it is none.
    """
    try:
        return base64.b64decode(image + "=" * (-len(image) % 4), validate=True)
    except ValueError as error:
        part = {"loc": ("body", "image"), "msg": "must be base64"}
        raise RequestValidationError([part]) from error


def _said(filters: schemas.FiltersBody | None) -> dict[str, Any]:
    said = {} if filters is None else filters.said()
    return {"filters": said} if said else {}


async def _answer(request: Request, door: Door, submitted: jobs.Submitted) -> Response:
    """Answer a submit, at once or when its job has ended.

    The job is stored: whatever keeps it from being waited for must not make it look refused.
    """
    job, preferred = submitted.job, _preferred_wait_s(request)
    applied = {"Idempotent-Replayed": "true"} if submitted.is_replay else {}
    if preferred is not None:
        with contextlib.suppress(errors.Unavailable):
            job = await until_ended(door, job, wait_s=preferred)
            applied["Preference-Applied"] = f"wait={preferred}"
    view, location = views.job_view(job), f"/v1/jobs/{job.id}"
    if job.state.is_final:
        headers = {"Location": location, "Cache-Control": "no-store", **applied}
        return Reply(view, headers=headers)
    answer = accepted(view, location)
    answer.headers.update(applied)
    return answer


async def until_ended(door: Door, job: jobs.Job, *, wait_s: float) -> jobs.Job:
    """Wait until a job has ended, or the time has; holds no thread and no connection meanwhile."""
    clock = asyncio.get_running_loop().time
    until = clock() + wait_s
    while (
        not job.state.is_final
        and not door.waiting.asked_to_stop()
        and (left_s := until - clock()) > 0
    ):
        await door.waiting.change(job.id, seen=job.state_version, timeout_s=left_s)
        job = await run_in_threadpool(find, door, job.id)
    return job


@router.get(
    "/{job_id}",
    response_model=schemas.JobView,
    responses={304: {"description": "As is"}},
    openapi_extra={"parameters": [preferences.PARAMETER]},
)
async def read_job(
    request: Request,
    door: TheDoor,
    job_id: str,
    wait: Annotated[float | None, Query(ge=0, le=preferences.LONGEST_WAIT_S)] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Ask how a job is. With `wait` (or `Prefer: wait=n`), be answered when it changes.

    The answer is 200 as long as the job exists, however it ended: `state` says that.
    """
    job = await run_in_threadpool(find, door, job_id)
    preferred = _preferred_wait_s(request)
    wait_s = wait if wait is not None else preferred or 0
    seen = if_none_match is None or preferences.has_state(if_none_match, job.state_version)
    if wait_s > 0 and seen and not job.state.is_final:
        await door.waiting.change(job.id, seen=job.state_version, timeout_s=wait_s)
        job = await run_in_threadpool(find, door, job_id)
    applied = {}
    if wait is None and preferred is not None:
        applied = {"Preference-Applied": f"wait={preferred}"}
    outlook = await run_in_threadpool(outlook_of, door, job)
    headers = {**headers_of(job, outlook), **applied}
    if preferences.has(if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Reply(views.job_view(job, outlook), headers=headers)


def outlook_of(door: Door, job: jobs.Job) -> jobs.Outlook | None:
    """Tell what a job may expect; None where it is not queued."""
    if job.state is not jobs.JobState.QUEUED:
        return None
    return door.stores.jobs.outlook(job.id, limit=_MOST_AHEAD)


def find(door: Door, job_id: str) -> jobs.Job:
    """Read a job by what may be its id.

    Raises:
        JobNotFound: it is none.
        JobErased: it was one.
    """
    return door.stores.jobs.get(checked(job_id))


def checked(job_id: str) -> jobs.JobId:
    """See that something may be the id of a job.

    Raises:
        JobNotFound: it cannot.
    """
    if not _ID.fullmatch(job_id):
        raise errors.JobNotFound
    return jobs.JobId(job_id)


def _preferred_wait_s(request: Request) -> int | None:
    return preferences.preferred_wait_s(", ".join(request.headers.getlist("prefer")))


def headers_of(job: jobs.Job, outlook: jobs.Outlook | None) -> dict[str, str]:
    """What the headers of an answer say of a job."""
    position = None if outlook is None else outlook.ahead + 1
    headers = {
        "ETag": preferences.etag(job.state_version, position),
        "Cache-Control": "private, no-cache",
    }
    if not job.state.is_final:
        eta_s = outlook.eta_s if outlook and outlook.eta_s else 0
        headers["Retry-After"] = str(min(max(round(eta_s / 2), 1), _LONGEST_PAUSE_S))
    return headers


def _merged(params: schemas.PhotoParams, sent: uploads.Submission) -> schemas.PhotoParams:
    """Take the form's fields before those of the query."""
    if not sent.fields:
        return params
    last = {name: texts[-1] for name, texts in sent.fields.items() if name != "moods"}
    # An empty field of ours says nothing; a name that is not ours is refused, whatever it says.
    known: dict[str, object] = {
        name: text for name, text in last.items() if text or name not in _PLAIN
    }
    if any(sent.fields.get("moods", ())):
        known["moods"] = sent.fields["moods"]
    try:
        return schemas.PhotoParams.model_validate(params.model_dump(exclude_unset=True) | known)
    except ValidationError as error:
        raise bodies.refused(error, where="form") from error


def _too_large(limit: int) -> errors.ImageTooLarge:
    return errors.ImageTooLarge(f"The image has more than {limit:,} bytes, the most that is taken.")
