"""`/predict`: the emotion of a photo in one request, in the shape that users of MoodLens know."""

from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api import access, errors, examples, preferences, schemas, uploads
from api.access import Caller, TheCaller
from api.dependencies import Door, TheDoor
from api.replies import Reply
from api.routes import bodies, jobs, submitting, wishes
from sightsong.core.errors import Conflict, SightsongError, Unavailable
from sightsong.core.jobs import Job, JobError, JobId, JobState
from sightsong.core.tenancy import Scope

log = structlog.get_logger()

router = APIRouter(tags=["moodlens"])

_PHOTO_IN = ("file", "image")
_FORM = "multipart/form-data"
_SERVER_FAULT = 500
#: Only the emotion is asked for, by somebody who will not come back for the photo.
_WISHES = schemas.PhotoParams(top_k=1, caption=False, keep_image_s=0)
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            _FORM: {
                "schema": {
                    "type": "object",
                    "properties": dict.fromkeys(_PHOTO_IN, _BYTES["schema"]),
                }
            },
            "image/jpeg": _BYTES,
            "image/png": _BYTES,
            "image/webp": _BYTES,
        },
    }
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "model": schemas.MoodLensError,
        "description": "Refused; see `code`. Where the key is what is wrong, as everywhere else",
        "content": {errors.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    },
    "5XX": {
        "model": schemas.MoodLensError,
        "description": "Not done in time, or the service cannot do it now",
        "content": {"application/json": {"example": examples.PREDICTION_LATE}},
    },
}


@router.get("/hello", response_model=schemas.HelloView)
async def hello() -> Response:
    """Say hello."""
    return Reply(examples.HELLO)


@router.post(
    "/predict",
    response_model=schemas.PredictionView,
    responses=_ANSWERS,
    openapi_extra=_BODY,
    dependencies=access.guarded(Scope.JOBS),
)
async def predict(request: Request, door: TheDoor, who: TheCaller) -> Response:
    """Read the emotion of a photo, and wait for it, as MoodLens does.

    Send the photo in the field `file` or `image` of a form, or its bytes as the body. What takes
    longer than 25 seconds goes on as a job, which `job_id` names; ask `/v1/jobs/{job_id}`. Use
    `/v1/jobs` for all else: music, several photos, retries that are safe.
    """
    try:
        job = await _submitted(request, door, who)
    except SightsongError as error:
        return _refused(request, error)
    try:
        job = await jobs.until_ended(door, who, job, wait_s=preferences.LONGEST_WAIT_S)
    except Unavailable as error:
        return _refused(request, error, job_id=job.id)
    except SightsongError as error:
        return _refused(request, error)
    return _answer(request, job)


async def _submitted(request: Request, door: Door, who: Caller) -> Job:
    """Store the photo's job; its bytes are kept no longer than for that."""
    kind = bodies.media_type(request)
    if not (kind == _FORM or uploads.is_photo(kind)):
        raise errors.UnsupportedMediaType(
            "Send the photo in the field 'file' or 'image' of a multipart/form-data form, or as "
            "image/jpeg, image/png or image/webp."
        )
    body = await submitting.read_photo(request, door)
    content_type = request.headers["content-type"]
    return await run_in_threadpool(_submit, door, who, content_type, body)


def _submit(door: Door, who: Caller, content_type: str, body: bytes) -> Job:
    sent = uploads.submission(content_type, body, photo_in=_PHOTO_IN)
    return wishes.submit_photo(door, who, sent.content, _WISHES, key=None).job


def _answer(request: Request, job: Job) -> Response:
    if job.result is not None:
        prediction = {"status": "success", "prediction": _prediction(job.result["emotion"])}
        return Reply(prediction, headers={"Cache-Control": "no-store"})
    if job.error is not None and job.state is JobState.FAILED:
        return _told(request, job.error)
    if job.state is JobState.CANCELED:
        return _refused(request, Conflict("The job of this photo was canceled."))
    late = errors.NotInTime("The photo was not done in time; ask for its job.")
    return _refused(request, late, job_id=job.id)


def _prediction(emotion: Mapping[str, Any]) -> dict[str, Any]:
    shares: Mapping[str, float] = emotion["distribution"]
    ordered = sorted(shares.items(), key=lambda share: -share[1])
    return {
        "dominant_emotion": emotion["dominant"],
        "confidence": emotion["confidence"],
        "probability_distribution": dict(shares),
        "all_emotions": [{"emotion": name, "probability": share} for name, share in ordered],
    }


def _refused(request: Request, error: SightsongError, *, job_id: JobId | None = None) -> Response:
    told = JobError(code=error.code, detail=error.detail)
    return _told(request, told, job_id=job_id, more=errors.of_error(error))


def _told(
    request: Request,
    error: JobError,
    *,
    job_id: JobId | None = None,
    more: Mapping[str, str] | None = None,
) -> Response:
    """Tell what went wrong, in this door's shape."""
    status = errors.STATUS.get(error.code, _SERVER_FAULT)
    if status >= _SERVER_FAULT:
        log.warning("request.failed", code=error.code, path=request.url.path, reason=error.detail)
    body = {"status": "error", "message": error.detail, "code": error.code}
    if job_id is not None:
        body["job_id"] = job_id
    headers = {"Cache-Control": "no-store", **errors.advice(request, status), **(more or {})}
    return Reply(body, status_code=status, headers=headers)
