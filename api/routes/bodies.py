"""JSON bodies: what they may hold, how they are read, and how the document tells of them."""

import base64
from typing import Any, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from api import access, errors, uploads
from api.dependencies import Door
from sightsong.core.errors import InvalidRequest

#: Of a body that says what one thing is to be: more than all that is known there.
SMALL_BYTES = 64 * 1024
#: Values that a body may hold which asks for one thing; ten times what any has. Each costs two
#: microseconds and a hundred bytes once it is read, and its sender two bytes.
MOST_VALUES = 20_000
#: Of a body that asks for a thousand things.
MOST_VALUES_OF_MANY = 200_000
#: What a value begins with or follows; base64, which makes bodies large, has none of it.
_SIGNS = (b",", b"[", b"{")
#: Longer bodies are read by a thread: they take milliseconds, and megabytes.
_LONG_BYTES = 64 * 1024
#: Wrong parts that are looked at each; a body has room for hundreds of thousands of them.
_MOST_WRONG = 100

_Model = TypeVar("_Model", bound=BaseModel)


async def read_json(
    request: Request,
    door: Door,
    model: type[_Model],
    *,
    max_bytes: int = SMALL_BYTES,
    most_values: int = MOST_VALUES,
) -> _Model:
    """Read a body as JSON of a certain shape.

    Strictly `application/json`: a page of another site cannot send that without being asked.

    Raises:
        UnsupportedMediaType: it is announced as something else.
        BodyTooLarge: it has more than `max_bytes`.
        InvalidRequest: it has more values than anybody needs.
        RequestValidationError: it has another shape.
        TooManyRequests: enough long ones wait to be read already.
    """
    if media_type(request) != "application/json":
        raise errors.UnsupportedMediaType("Send application/json.")
    body = await uploads.read_body(
        request,
        max_bytes=max_bytes,
        timeout_s=door.settings.upload_timeout_s,
        too_large=errors.BodyTooLarge(),
    )
    if is_crowded(body, most=most_values):
        raise InvalidRequest(f"The body has more than {most_values:,} values.")
    if len(body) <= _LONG_BYTES:
        return _read(model, body)
    async with door.reading.take():
        return await run_in_threadpool(_read, model, body)


async def read_optional(
    request: Request, door: Door, model: type[_Model], *, max_bytes: int = SMALL_BYTES
) -> _Model:
    """Read a body as `read_json` does; one that is left out asks for nothing in particular."""
    if not request.headers.get("content-type") and not access.has_body(request):
        return model()
    return await read_json(request, door, model, max_bytes=max_bytes)


def described(
    model: type[BaseModel], *, required: bool = True, example: object = None
) -> dict[str, Any]:
    """Tell of a JSON body in the OpenAPI document."""
    content: dict[str, Any] = {"schema": model.model_json_schema()}
    if example is not None:
        content["example"] = example
    return {"requestBody": {"required": required, "content": {"application/json": content}}}


def is_crowded(body: bytes, *, most: int = MOST_VALUES) -> bool:
    """Whether some JSON holds more values than are read; tells without reading it.

    Piece by piece: what is crowded is known to be so after the first of them.
    """
    found = 0
    for begin in range(0, len(body), _LONG_BYTES):
        found += sum(body.count(sign, begin, begin + _LONG_BYTES) for sign in _SIGNS)
        if found > most:
            return True
    return False


def from_base64(text: str) -> bytes:
    """Read an image from base64, with or without the `=` at its end.

    Raises:
        ValueError: it is none.
    """
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def media_type(request: Request) -> str:
    """What the body is announced as, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def refused(error: ValidationError, *, where: str) -> RequestValidationError:
    """Say which part of a request is wrong; of thousands, that it is that many."""
    if error.error_count() > _MOST_WRONG:
        told = f"has {error.error_count():,} wrong parts; see /docs for its shape"
        return RequestValidationError([{"loc": (where,), "msg": told}])
    return RequestValidationError([{**one, "loc": (where, *one["loc"])} for one in error.errors()])


def _read(model: type[_Model], body: bytes) -> _Model:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise refused(error, where="body") from error
