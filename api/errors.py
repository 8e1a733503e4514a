"""Errors at the HTTP door: one table from codes to statuses, one shape for all (RFC 9457)."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response

from sightsong.core.errors import (
    InputError,
    LimitReached,
    NotFound,
    QueueFull,
    SightsongError,
    Unauthorized,
    Unavailable,
)

MEDIA_TYPE = "application/problem+json"
#: Of a request's state: its connection came when all places of the process were taken.
CROWDED = "is_crowded"


class BadRequest(InputError):
    """The request is not well-formed HTTP."""

    code = "bad_request"


class BodyTooLarge(InputError):
    """The request's body has more bytes than this operation takes."""

    code = "body_too_large"


class AddressTooLong(InputError):
    """The request's address is longer than this service reads."""

    code = "address_too_long"


class HeadersTooLarge(InputError):
    """The request's headers are more or longer than this service reads."""

    code = "headers_too_large"


class UploadTimeout(InputError):
    """The upload took longer than this service waits."""

    code = "upload_timeout"


class UploadIncomplete(InputError):
    """The connection closed before the upload was complete."""

    code = "upload_incomplete"


class UnsupportedMediaType(InputError):
    """The request's Content-Type is not one that this operation takes."""

    code = "unsupported_media_type"


class HostNotAllowed(InputError):
    """The request's Host is not one that this service answers to."""

    code = "host_not_allowed"


class CrossSiteRefused(InputError):
    """Pages of other sites may not change anything here."""

    code = "cross_site_refused"


class PathNotFound(NotFound):
    """There is nothing at this path."""

    code = "path_not_found"


class MethodNotAllowed(InputError):
    """This method is not offered at this path."""

    code = "method_not_allowed"


class RangeNotSatisfiable(InputError):
    """The requested range lies outside the file."""

    code = "range_not_satisfiable"


class RebuildPending(InputError):
    """A rebuild of the index is waiting or running already."""

    code = "rebuild_pending"


class IdempotencyInFlight(InputError):
    """Another request with this Idempotency-Key is being handled; try again in a moment."""

    code = "idempotency_in_flight"
    retryable = True


class TrackFileGone(NotFound):
    """The file of this track is not there any more."""

    code = "track_file_gone"


class TooManyRequests(Unavailable):
    """Too many requests; try again later."""

    code = "too_many_requests"


class NotInTime(Unavailable):
    """The photo was not done in the time that this request is held; its job goes on."""

    code = "not_in_time"


class TooManyWaiters(Unavailable):
    """Too many requests wait for a change already; poll without waiting, or try again later."""

    code = "too_many_waiters"


#: Code to HTTP status: of every class here and in `sightsong.core.errors`.
STATUS: Mapping[str, int] = {
    "bad_request": 400,
    "upload_incomplete": 400,
    "host_not_allowed": 400,
    "unauthorized": 401,
    "denied": 403,
    "missing_scope": 403,
    "cross_site_refused": 403,
    "not_found": 404,
    "path_not_found": 404,
    "job_not_found": 404,
    "track_not_found": 404,
    "track_file_gone": 404,
    "blob_not_found": 404,
    "no_cover": 404,
    "snapshot_not_found": 404,
    "batch_not_found": 404,
    "key_not_found": 404,
    "webhook_not_found": 404,
    "delivery_not_found": 404,
    "feedback_not_found": 404,
    "job_erased": 410,
    "batch_erased": 410,
    "method_not_allowed": 405,
    "upload_timeout": 408,
    "rebuild_pending": 409,
    "idempotency_in_flight": 409,
    "conflict": 409,
    "track_not_ready": 409,
    "not_refinable": 409,
    "snapshot_refused": 409,
    "image_too_large": 413,
    "body_too_large": 413,
    "address_too_long": 414,
    "unsupported_image": 415,
    "unsupported_media_type": 415,
    "range_not_satisfiable": 416,
    "headers_too_large": 431,
    "invalid_input": 422,
    "invalid_request": 422,
    "too_many_pixels": 422,
    "image_broken": 422,
    "unsupported_audio": 422,
    "audio_broken": 422,
    "audio_silent": 422,
    "audio_too_long": 422,
    "audio_too_short": 422,
    "audio_protected": 422,
    "archive_refused": 422,
    "unsafe_member": 422,
    "manifest_broken": 422,
    "unreadable": 422,
    "url_not_allowed": 422,
    "path_not_allowed": 422,
    "unknown_mood": 422,
    "nothing_understood": 422,
    "idempotency_mismatch": 422,
    "webhook_unknown": 422,
    "batch_refused": 422,
    "limit_reached": 429,
    "rate_limited": 429,
    "quota_exceeded": 429,
    "too_many_requests": 429,
    "internal": 500,
    "worker_crashed": 500,
    "deadline_exceeded": 500,
    "task_failed": 500,
    "embedding_broken": 500,
    "configuration": 500,
    "models_missing": 500,
    "unavailable": 503,
    "store_unavailable": 503,
    "queue_full": 503,
    "fetch_failed": 503,
    "index_unavailable": 503,
    "too_many_waiters": 503,
    "not_in_time": 503,
    "insufficient_storage": 503,
}

#: What the framework's own refusals are called.
_OF_FRAMEWORK: Mapping[int, type[SightsongError]] = {
    400: BadRequest,
    404: PathNotFound,
    405: MethodNotAllowed,
    413: BodyTooLarge,
    415: UnsupportedMediaType,
    416: RangeNotSatisfiable,
    429: TooManyRequests,
    503: Unavailable,
}
#: Answers after which a half-sent body may still be on its way.
_CLOSING = frozenset({400, 408, 413})
#: Seconds after which a refused client may try again, by status.
_RETRY_AFTER_S: Mapping[int, int] = {429: 5, 503: 5}
#: Nobody is sent away for longer, in seconds: by then there may be more workers.
_LONGEST_PAUSE_S = 600


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One refusal, before it is put into words."""

    media_type: ClassVar[str] = MEDIA_TYPE

    error: SightsongError
    status: int | None = None  #: None: as the table says.
    errors: Sequence[Mapping[str, Any]] = ()  #: Which part of the request is wrong, if known.
    headers: Mapping[str, str] = field(default_factory=dict)


def of_status(status: int) -> SightsongError:
    """Name a refusal that the framework made."""
    if status in _OF_FRAMEWORK:
        return _OF_FRAMEWORK[status]()
    return InputError() if status < 500 else SightsongError()  # noqa: PLR2004 - HTTP's own border


def of_error(error: SightsongError) -> dict[str, str]:
    """What the headers of a refusal tell of the error itself: when to come again, or with what."""
    if isinstance(error, Unauthorized):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, LimitReached):
        return {"Retry-After": str(max(1, math.ceil(error.retry_after_s)))}
    if isinstance(error, QueueFull) and error.retry_after_s is not None:
        pause_s = min(max(1, math.ceil(error.retry_after_s)), _LONGEST_PAUSE_S)
        return {"Retry-After": str(pause_s)}
    return {"Retry-After": "1"} if isinstance(error, IdempotencyInFlight) else {}


def response(request: Request, problem: Problem) -> Response:
    """Put a refusal into the shape of RFC 9457."""
    error = problem.error
    status = problem.status or STATUS.get(error.code, 500)
    body = content_of(
        error, status=status, instance=request.url.path, request_id=request_id(request)
    )
    if problem.errors:
        body["errors"] = list(problem.errors)
    return Response(
        json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"),
        status_code=status,
        headers={**advice(request, status), **of_error(error), **problem.headers},
        media_type=MEDIA_TYPE,
    )


def content_of(
    error: SightsongError, *, status: int, instance: str, request_id: str
) -> dict[str, Any]:
    """What a refusal says, in the members of RFC 9457 and two of ours."""
    return {
        "type": f"urn:sightsong:error:{error.code}",
        "title": title(type(error)),
        "status": status,
        "detail": error.detail,
        "instance": instance,
        "code": error.code,
        "request_id": request_id,
    }


def title(kind: type[SightsongError]) -> str:
    """Say what an error is, the same for each of its cases."""
    return (kind.__doc__ or "").partition("\n")[0].removesuffix(".")


def request_id(request: Request) -> str:
    """The id that the envelope gave to this request."""
    return str(getattr(request.state, "request_id", ""))


def tell(request: Request, headers: Mapping[str, str]) -> None:
    """Note headers that the answer of a request gets, whatever it becomes."""
    request.state.told = {**told(request), **headers}


def told(request: Request) -> Mapping[str, str]:
    """The headers that were noted for the answer of a request."""
    noted: Mapping[str, str] = getattr(request.state, "told", {})
    return noted


def note_unread(request: Request, *, is_unread: bool) -> None:
    """Note whether a part of the body may be on its way still: then a refusal hangs up."""
    request.state.is_unread = is_unread


def advice(request: Request, status: int) -> dict[str, str]:
    """What the headers of a refusal tell its sender to do."""
    told = {}
    if status in _RETRY_AFTER_S:
        told["Retry-After"] = str(_RETRY_AFTER_S[status])
    if status in _CLOSING or getattr(request.state, "is_unread", False):
        told["Connection"] = "close"
    return told
