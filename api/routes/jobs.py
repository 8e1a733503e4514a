"""`/v1/jobs`: hand in a photo or words, and ask how it is."""

import asyncio
import contextlib
import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api import examples, preferences, schemas, uploads, views
from api.dependencies import Door, TheDoor
from api.replies import Reply, accepted
from api.routes import bodies
from sightsong.adapters import image_header
from sightsong.core import errors, intake, jobs, labels

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
#: Parameters of one value each.
_PLAIN = ("top_k", "alpha", "diversity", "per_artist", "duplicates", "filters")
_MAX_JSON_BYTES = 64 * 1024
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
                "schema": schemas.TextRequest.model_json_schema(),
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

    def __init__(self, content: schemas.TextRequest | bytes) -> None:
        self._content = content

    def take(self) -> schemas.TextRequest | bytes:
        """Take it out."""
        content, self._content = self._content, b""
        return content


async def submitted(request: Request, door: TheDoor) -> Parcel:
    """Read the body of a submit, within the door's limits."""
    if bodies.media_type(request) == "application/json":
        return Parcel(
            await bodies.read_json(request, door, schemas.TextRequest, max_bytes=_MAX_JSON_BYTES)
        )
    limit = door.settings.max_image_bytes
    return Parcel(
        await uploads.read_body(
            request,
            max_bytes=limit + uploads.FORM_OVERHEAD_BYTES,
            timeout_s=door.settings.upload_timeout_s,
            too_large=_too_large(limit),
        )
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
    job = await run_in_threadpool(_submit, request, door, parcel, params)
    return await _answer(request, door, job)


def _submit(request: Request, door: Door, parcel: Parcel, params: schemas.PhotoParams) -> jobs.Job:
    content = parcel.take()
    if isinstance(content, schemas.TextRequest):
        return _submit_text(door, content, params)
    content_type = request.headers.get("content-type", "")
    return _submit_photo(door, uploads.submission(content_type, content), params)


def _submit_text(door: Door, asked: schemas.TextRequest, params: schemas.PhotoParams) -> jobs.Job:
    """Store the words; what their body says of the choice weighs more than the query."""
    known = set(schemas.Choice.model_fields)
    choice = params.model_dump(include=known) | asked.model_dump(include=known, exclude_unset=True)
    filters = params.filters if asked.filters is None else asked.filters
    return intake.submit_text(
        door.stores,
        door.doorbell,
        params={"text": asked.text} | choice | _said(filters),
        queue_limit=door.settings.queue_limit,
    )


def _submit_photo(door: Door, sent: uploads.Submission, params: schemas.PhotoParams) -> jobs.Job:
    settings = door.settings
    if len(sent.content) > settings.max_image_bytes:
        raise _too_large(settings.max_image_bytes)
    wishes = _merged(params, sent)
    if settings.moods:
        labels.refuse_unknown(wishes.moods, settings.moods)
    header = image_header.read_header(sent.content, max_pixels=settings.max_image_pixels)
    return intake.submit_photo(
        door.stores,
        door.doorbell,
        content=sent.content,
        media_type=header.media_type,
        params=wishes.model_dump(exclude={"filters"}) | _said(wishes.filters),
        queue_limit=settings.queue_limit,
    )


def _said(filters: schemas.FiltersBody | None) -> dict[str, Any]:
    said = {} if filters is None else filters.said()
    return {"filters": said} if said else {}


async def _answer(request: Request, door: Door, job: jobs.Job) -> Response:
    """Answer a submit, at once or when its job has ended.

    The job is stored: whatever keeps it from being waited for must not make it look refused.
    """
    preferred = _preferred_wait_s(request)
    applied = {}
    if preferred is not None:
        with contextlib.suppress(errors.Unavailable):
            job = await _ended(door, job, wait_s=preferred)
            applied = {"Preference-Applied": f"wait={preferred}"}
    view, location = views.job_view(job), f"/v1/jobs/{job.id}"
    if job.state.is_final:
        headers = {"Location": location, "Cache-Control": "no-store", **applied}
        return Reply(view, headers=headers)
    answer = accepted(view, location)
    answer.headers.update(applied)
    return answer


async def _ended(door: Door, job: jobs.Job, *, wait_s: float) -> jobs.Job:
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
    seen = if_none_match is None or preferences.has(
        if_none_match, preferences.etag(job.state_version)
    )
    if wait_s > 0 and seen and not job.state.is_final:
        await door.waiting.change(job.id, seen=job.state_version, timeout_s=wait_s)
        job = await run_in_threadpool(find, door, job_id)
    headers = _headers(job)
    if wait is None and preferred is not None:
        headers["Preference-Applied"] = f"wait={preferred}"
    if preferences.has(if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Reply(views.job_view(job), headers=headers)


def find(door: Door, job_id: str) -> jobs.Job:
    """Read a job by what may be its id.

    Raises:
        JobNotFound: it is none.
    """
    if not _ID.fullmatch(job_id):
        raise errors.JobNotFound
    return door.stores.jobs.get(jobs.JobId(job_id))


def _preferred_wait_s(request: Request) -> int | None:
    return preferences.preferred_wait_s(", ".join(request.headers.getlist("prefer")))


def _headers(job: jobs.Job) -> dict[str, str]:
    headers = {
        "ETag": preferences.etag(job.state_version),
        "Cache-Control": "private, no-cache",
    }
    if not job.state.is_final:
        headers["Retry-After"] = "1"
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
        return schemas.PhotoParams.model_validate(params.model_dump() | known)
    except ValidationError as error:
        raise bodies.refused(error, where="form") from error


def _too_large(limit: int) -> errors.ImageTooLarge:
    return errors.ImageTooLarge(f"The image has more than {limit:,} bytes, the most that is taken.")
