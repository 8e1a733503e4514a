"""JSON bodies."""

from typing import TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from api import errors, uploads
from api.dependencies import Door

#: Wrong parts that are looked at each; a body has room for hundreds of thousands of them.
_MOST_WRONG = 100

_Model = TypeVar("_Model", bound=BaseModel)


async def read_json(request: Request, door: Door, model: type[_Model], *, max_bytes: int) -> _Model:
    """Read a body as JSON of a certain shape.

    Strictly `application/json`: a page of another site cannot send that without being asked.

    Raises:
        UnsupportedMediaType: it is announced as something else.
        BodyTooLarge: it has more than `max_bytes`.
        RequestValidationError: it has another shape.
    """
    if media_type(request) != "application/json":
        raise errors.UnsupportedMediaType("Send application/json.")
    body = await uploads.read_body(
        request,
        max_bytes=max_bytes,
        timeout_s=door.settings.upload_timeout_s,
        too_large=errors.BodyTooLarge(),
    )
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise refused(error, where="body") from error


def media_type(request: Request) -> str:
    """What the body is announced as, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def refused(error: ValidationError, *, where: str) -> RequestValidationError:
    """Say which part of a request is wrong; of thousands, that it is that many."""
    if error.error_count() > _MOST_WRONG:
        told = f"has {error.error_count():,} wrong parts; see /docs for its shape"
        return RequestValidationError([{"loc": (where,), "msg": told}])
    return RequestValidationError([{**one, "loc": (where, *one["loc"])} for one in error.errors()])
