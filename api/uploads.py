"""Uploads: a request's body within limits of size and time, and the photo in it."""

import asyncio
import contextlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File, FormParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from api import errors
from api.streams import LEAST_BYTES_PER_S
from sightsong.core.errors import InvalidRequest, SightsongError

#: What a form may weigh besides its photo: boundaries, part headers, small fields.
FORM_OVERHEAD_BYTES = 64 * 1024

#: Before the least rate counts, and between two pieces: a stalled upload is given up after this.
_PATIENCE_S = 10.0
_FORM = b"multipart/form-data"
_MAX_PARTS = 16
_PHOTO = ("image",)


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What was sent: the photo's bytes, and the form fields beside it."""

    content: bytes
    #: By name; a field may come several times.
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)


async def read_body(
    request: Request, *, max_bytes: int, timeout_s: float, too_large: SightsongError
) -> bytes:
    """Read a body, however it is sent, and give up on one that is too large or too slow.

    The server under us has no limit of its own: 300 MB or a day would both be taken.

    Raises:
        SightsongError: `too_large`, as soon as the body is.
        UploadTimeout: it was not complete in time, or comes at less than 16 kB/s.
        UploadIncomplete: the client went away.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and (len(declared) > len(str(max_bytes)) or int(declared) > max_bytes):
        raise too_large
    body = bytearray()
    clock, patience_s = asyncio.get_running_loop().time, min(_PATIENCE_S, timeout_s)
    began = clock()
    try:
        async with (
            asyncio.timeout(patience_s) as limit,
            contextlib.aclosing(request.stream()) as chunks,
        ):
            async for chunk in chunks:
                body += chunk
                if len(body) > max_bytes:
                    raise too_large
                in_time_s = min(timeout_s, patience_s + len(body) / LEAST_BYTES_PER_S)
                limit.reschedule(min(began + in_time_s, clock() + patience_s))
    except TimeoutError as error:
        raise errors.UploadTimeout from error
    except ClientDisconnect as error:
        raise errors.UploadIncomplete from error
    return bytes(body)


def submission(content_type: str, body: bytes, *, photo_in: Collection[str] = _PHOTO) -> Submission:
    """Find the photo in a body: the body itself, or a field of a form.

    What the sender calls the bytes only tells a form from a photo; what they are is sniffed later.

    Args:
        content_type: as the request says it.
        body: all of it.
        photo_in: the fields of a form that may hold the photo.

    Raises:
        UnsupportedMediaType: neither a form nor a photo is announced.
        InvalidRequest: there is no photo, or more than one, or the form is damaged.
    """
    kind, options = parse_options_header(content_type)
    if kind == _FORM:
        return _from_form(body, options.get(b"boundary"), photo_in)
    if not is_photo(kind.decode("latin-1")):
        raise errors.UnsupportedMediaType(
            "Send the photo as image/jpeg, image/png or image/webp, or in the field 'image' of a "
            "multipart/form-data form; or send words as application/json."
        )
    if not body:
        raise InvalidRequest("The body is empty; it must be the bytes of the photo.")
    return Submission(content=body)


def is_photo(media_type: str) -> bool:
    """Whether a body that is announced as this may be a photo."""
    return media_type.startswith("image/") or media_type == "application/octet-stream"


def _from_form(body: bytes, boundary: bytes | None, photo_in: Collection[str]) -> Submission:
    parts = _parts(body, boundary)
    photos = [content for name, content in parts if name in photo_in]
    named = " or ".join(f"'{name}'" for name in photo_in)
    if len(photos) != 1:
        found = "has none" if not photos else f"has {len(photos)}"
        raise InvalidRequest(f"The form must have one field {named} with the photo; it {found}.")
    if not photos[0]:
        raise InvalidRequest(f"The field {named} is empty; it must hold the bytes of the photo.")
    fields: dict[str, list[str]] = {}
    for name, content in parts:
        if name not in photo_in:
            fields.setdefault(name, []).append(content.decode(errors="replace"))
    return Submission(content=photos[0], fields=fields)


def _parts(body: bytes, boundary: bytes | None) -> list[tuple[str, bytes]]:
    """Take a form apart, in memory: a photo never touches a temporary file."""
    parts: list[tuple[str, bytes]] = []

    def keep(name: bytes | None, content: bytes | None) -> None:
        if len(parts) >= _MAX_PARTS:
            raise FormParserError("too many parts")
        parts.append(((name or b"").decode(errors="replace"), content or b""))

    def on_field(part: Field) -> None:
        keep(part.field_name, part.value)

    def on_file(part: File) -> None:
        part.file_object.seek(0)
        keep(part.field_name, part.file_object.read())
        part.close()

    config = {"MAX_MEMORY_FILE_SIZE": len(body) + 1}
    try:
        parser = FormParser(_FORM.decode(), on_field, on_file, boundary=boundary, config=config)
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise InvalidRequest("The multipart form is damaged.") from error
    return parts
