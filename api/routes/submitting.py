"""`/v1/jobs`: hand in a photo or words."""

import contextlib
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api import access, examples, idempotency, preferences, schemas, uploads, views
from api.access import Caller, TheCaller
from api.dependencies import Door, TheDoor
from api.replies import of_submit
from api.routes import bodies, form_fields, polled, quick, wishes
from api.routes import jobs as job_routes
from sightsong.core import errors, jobs
from sightsong.core.tenancy import Scope

_SCOPES = (Scope.JOBS, Scope.LIBRARY)


async def _plain(request: Request) -> Response:
    door, who = await access.let_in(request, *_SCOPES)
    parcel = await submitted(request, door)
    return await submit(request, door, who, parcel, schemas.PhotoParams())


router = APIRouter(
    prefix="/v1/jobs",
    tags=["jobs"],
    dependencies=access.guarded(*_SCOPES),
    route_class=quick.route(_plain),
)

#: Parameters of one value each.
_PLAIN = (
    "top_k", "alpha", "diversity", "per_artist", "duplicates", "filters", "caption", "priority",
    "deadline_s", "custom_id", "keep_image_s", "personal", "webhook", "cache",
)  # fmt: skip
#: Beside an image in JSON.
_JSON_ROOM_BYTES = 64 * 1024
_BYTES = {"schema": form_fields.FILE}
_FORM = form_fields.form("image", {"image": form_fields.FILE, **form_fields.WISHES})
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
        too_large=wishes.too_large(limit),
    )


_ANSWERS: dict[int | str, dict[str, Any]] = {
    202: {"content": {"application/json": {"example": examples.QUEUED}}},
    200: {
        "model": schemas.JobView,
        "description": "Has ended in the time of `Prefer: wait=n`, or has an answer already",
    },
}


@router.post(
    "",
    status_code=202,
    summary="Submit Job",
    response_model=schemas.JobView,
    responses=_ANSWERS,
    openapi_extra=_BODY | {"parameters": [preferences.PARAMETER, idempotency.PARAMETER]},
)
async def submit(
    request: Request,
    door: TheDoor,
    who: TheCaller,
    parcel: Annotated[Parcel, Depends(submitted)],
    params: Annotated[schemas.PhotoParams, Query()],
) -> Response:
    """Hand in a photo or words; the answer is a job that is safe from now on.

    Send the bytes of a photo as the body, or as the field `image` of a form. JPEG, PNG and WebP are
    taken; what they are is read from the bytes. Send words as JSON.

    With `Prefer: wait=n` (25 seconds at most) the answer is held back until the job has ended, and
    is then 200; after that time it is 202 as ever. What was asked and answered before is answered
    at once, 200, as long as nothing has changed since; `cached_from` names the job that did.
    """
    key = idempotency.read_key(request.headers.getlist(idempotency.HEADER))
    content = parcel.take()
    with door.in_flight.alone(key, who.tenant):
        stored = await _stored(request, door, _Asked(who=who, params=params, key=key), content)
    del content
    return await _answer(request, door, who, stored)


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What a request says besides its body."""

    who: Caller
    params: schemas.PhotoParams
    key: str | None  #: Under which it may be sent again.


async def _stored(
    request: Request, door: Door, asked: _Asked, content: schemas.JsonRequest | bytes
) -> jobs.Submitted:
    if not isinstance(content, schemas.JsonRequest):
        sent_as = request.headers.get("content-type", "")
        return await door.askers.ask(_store_body, door, asked, content, sent_as)
    if content.image_url is None:
        return await door.askers.ask(_store_json, door, asked, content)
    photo = await fetched(door, content.image_url)
    return await door.askers.ask(_store_json, door, asked, content, photo)


def _store_body(door: Door, asked: _Asked, content: bytes, sent_as: str) -> jobs.Submitted:
    sent = uploads.submission(sent_as, content)
    wished = _merged(asked.params, sent)
    return wishes.submit_photo(door, asked.who, sent.content, wished, key=asked.key)


def _store_json(
    door: Door, asked: _Asked, content: schemas.JsonRequest, photo: bytes | None = None
) -> jobs.Submitted:
    wished = wishes.of_json(asked.params, content)
    if content.text is not None:
        return wishes.submit_text(door, asked.who, content.text, wished, key=asked.key)
    if photo is None:
        photo = _photo(content.image or "")
    return wishes.submit_photo(door, asked.who, photo, wished, key=asked.key)


async def fetched(door: Door, url: str) -> bytes:
    """Fetch a photo; a few at once, since each takes a thread.

    Raises:
        UrlNotAllowed: this service fetches nothing, or not this.
        FetchFailed: it cannot be had now.
        TooManyRequests: enough wait for theirs already.
    """
    if not door.settings.fetches_urls:
        raise errors.UrlNotAllowed(
            "This service fetches no photos (SIGHTSONG_FETCH_URLS is off); send its bytes."
        )
    async with door.fetching.take():
        try:
            return await run_in_threadpool(door.fetch_photo, url)
        except (errors.UrlNotAllowed, errors.FetchFailed) as error:
            raise type(error)(_sentence(error.detail)) from error


def _sentence(reason: str) -> str:
    """Make a sentence of a reason, as it also stands behind the name of a file."""
    return f"The photo was not fetched: {reason.rstrip('.')}."


def _photo(image: str) -> bytes:
    """Read an image from base64.

    Raises:
        RequestValidationError: it is none.
    """
    try:
        return bodies.from_base64(image)
    except ValueError as error:
        part = {"loc": ("body", "image"), "msg": "must be base64"}
        raise RequestValidationError([part]) from error


async def _answer(request: Request, door: Door, who: Caller, submitted: jobs.Submitted) -> Response:
    """Answer a submit, at once or when its job has ended.

    The job is stored: whatever keeps it from being waited for must not make it look refused.
    """
    job, preferred = submitted.job, polled.preferred_wait_s(request)
    applied = {"Idempotent-Replayed": "true"} if submitted.is_replay else {}
    if preferred is not None:
        with contextlib.suppress(errors.Unavailable):
            job = await job_routes.until_ended(door, who, job, wait_s=preferred)
            applied |= polled.applied(preferred)
    view, location = views.job_view(job), f"/v1/jobs/{job.id}"
    return of_submit(view, location, has_ended=job.state.is_final, applied=applied)


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
