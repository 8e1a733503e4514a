"""`/v1/jobs`: hand in a photo, and ask how it is."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api import examples, preferences, schemas, uploads, views
from api.dependencies import TheDoor
from api.replies import Reply, accepted
from sightsong.adapters import image_header
from sightsong.core import errors, intake, jobs, labels

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
#: Parameters of one value each.
_PLAIN = ("top_k", "alpha", "duplicates")
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_FORM = {
    "schema": {
        "type": "object",
        "required": ["image"],
        "properties": {
            "image": {"type": "string", "format": "binary"},
            "top_k": {"type": "integer", "minimum": 1, "maximum": 50, "default": 5},
            "alpha": {"type": "number", "minimum": 0, "maximum": 1},
            "moods": {
                "type": "string",
                "description": "Mood labels with commas between them.",
                "examples": ["happy,sad,anxious"],
            },
            "duplicates": {"type": "boolean", "default": False},
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
        },
    }
}


async def photo_body(request: Request, door: TheDoor) -> bytes:
    """Read the body of a submit, within the door's limits."""
    limit = door.settings.max_image_bytes
    return await uploads.read_body(
        request,
        max_bytes=limit + uploads.FORM_OVERHEAD_BYTES,
        timeout_s=door.settings.upload_timeout_s,
        too_large=_too_large(limit),
    )


_ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {"content": {"application/json": {"example": examples.QUEUED}}}
}


@router.post(
    "",
    status_code=202,
    response_model=schemas.JobView,
    responses=_ACCEPTED,
    openapi_extra=_BODY,
)
def submit_photo(
    request: Request,
    door: TheDoor,
    body: Annotated[bytes, Depends(photo_body)],
    params: Annotated[schemas.PhotoParams, Query()],
) -> Response:
    """Hand in a photo; the answer is a job that is safe from now on.

    Send the bytes as the body, or as the field `image` of a form. JPEG, PNG and WebP are taken;
    what they are is read from the bytes.
    """
    settings = door.settings
    sent = uploads.submission(request.headers.get("content-type", ""), body)
    if len(sent.content) > settings.max_image_bytes:
        raise _too_large(settings.max_image_bytes)
    wishes = _merged(params, sent)
    if settings.moods:
        labels.refuse_unknown(wishes.moods, settings.moods)
    header = image_header.read_header(sent.content, max_pixels=settings.max_image_pixels)
    job = intake.submit_photo(
        door.stores,
        door.doorbell,
        content=sent.content,
        media_type=header.media_type,
        params=wishes.model_dump(),
        queue_limit=settings.queue_limit,
    )
    return accepted(views.job_view(job), f"/v1/jobs/{job.id}")


@router.get("/{job_id}", response_model=schemas.JobView, responses={304: {"description": "As is"}})
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
    preferred = preferences.preferred_wait_s(", ".join(request.headers.getlist("prefer")))
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


def find(door: TheDoor, job_id: str) -> jobs.Job:
    """Read a job by what may be its id.

    Raises:
        JobNotFound: it is none.
    """
    if not _ID.fullmatch(job_id):
        raise errors.JobNotFound
    return door.stores.jobs.get(jobs.JobId(job_id))


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
    last = {name: texts[-1] for name, texts in sent.fields.items()}
    known: dict[str, object] = {name: last[name] for name in _PLAIN if last.get(name)}
    if any(sent.fields.get("moods", ())):
        known["moods"] = sent.fields["moods"]
    try:
        return schemas.PhotoParams.model_validate(params.model_dump() | known)
    except ValidationError as error:
        parts = [{**one, "loc": ("form", *one["loc"])} for one in error.errors()]
        raise RequestValidationError(parts) from error


def _too_large(limit: int) -> errors.ImageTooLarge:
    return errors.ImageTooLarge(f"The image has more than {limit:,} bytes, the most that is taken.")
