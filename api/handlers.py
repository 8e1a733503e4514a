"""From exceptions to problems, for FastAPI to call."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from api import errors
from api.schemas import wording
from sightsong.core.errors import (
    BatchNotFound,
    FeedbackNotFound,
    InvalidRequest,
    JobNotFound,
    KeyNotFound,
    SightsongError,
    SnapshotNotFound,
    TrackNotFound,
    WebhookNotFound,
)

log = structlog.get_logger()

_NOT_FOUND = 404
_METHOD_NOT_ALLOWED = 405
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_SERVER_FAULT = 500
#: What the ids of a path name, by what comes before them; and how many parts there are then.
_NAMED: Mapping[str, Callable[[], SightsongError]] = {
    "batches": BatchNotFound,
    "feedback": FeedbackNotFound,
    "indexes": SnapshotNotFound,
    "ingests": lambda: JobNotFound("There is no ingest with this id."),
    "jobs": JobNotFound,
    "keys": KeyNotFound,
    "tracks": TrackNotFound,
    "webhooks": WebhookNotFound,
}
_WITH_ID = 2
#: Wrong parts of a request that are told; who sends thousands of them need not read of each.
_MOST_PARTS = 20


def install(app: FastAPI) -> None:
    """Have every exception of a route answered as a problem."""
    app.add_exception_handler(SightsongError, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse_form)
    app.add_exception_handler(HTTPException, _refuse_framework)


def _refuse(request: Request, error: Exception) -> Response:
    if not isinstance(error, SightsongError):
        raise error
    answer = errors.response(request, errors.Problem(error=error))
    if answer.status_code >= _SERVER_FAULT:
        log.warning("request.failed", code=error.code, path=request.url.path, reason=error.detail)
    return answer


def _refuse_form(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    parts = [_part(one) for one in error.errors()[:_MOST_PARTS]]
    where = ", ".join(_told(part) for part in parts)
    problem = errors.Problem(
        error=InvalidRequest(f"Invalid request: {where.rstrip('.')}."), errors=parts
    )
    return errors.response(request, problem)


def _refuse_framework(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers or {})
    if error.status_code == _METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_offered(request))
    problem = errors.Problem(
        error=_unnamed(request, error.status_code) or errors.of_status(error.status_code),
        status=error.status_code,
        headers=headers,
    )
    return errors.response(request, problem)


def _offered(request: Request) -> list[str]:
    """Name all methods of a path; the framework names only those of its first route."""
    offered = []
    for method in _METHODS:
        scope = {**request.scope, "method": method}
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes):
            offered.append(method)
    return offered


def _unnamed(request: Request, status: int) -> SightsongError | None:
    """Say what a path should have named where its id can be none: empty, or with slashes in it."""
    path = request.scope.get("raw_path") or b""
    _, version, *rest = path.decode("ascii", "replace").split("/")
    if status != _NOT_FOUND or version != "v1" or len(rest) < _WITH_ID:
        return None
    kind, named = _NAMED.get(rest[0]), unquote(rest[1])
    return None if kind is None or (named and "/" not in named) else kind()


def _part(one: Mapping[str, Any]) -> dict[str, str]:
    """Name one wrong part: where it is, and as a JSON pointer (RFC 6901) which it is."""
    where, *path = one["loc"] or ("body",)
    return {"in": str(where), "pointer": _pointer(path), "detail": wording.said(one)}


def _told(part: Mapping[str, str]) -> str:
    """Say which part is wrong; the whole of a body has no pointer."""
    where = f"{part['in']} {part['pointer']}".strip()
    return f"{where}: {part['detail']}"


def _pointer(path: Sequence[object]) -> str:
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)
