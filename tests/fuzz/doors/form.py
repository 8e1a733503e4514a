"""Multipart forms, by both readers: the one of a photo in memory, and the one that streams.

The first line is the Content-Type, the rest the body.
"""

import io
import itertools
from collections.abc import Iterator

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from api import uploads
from api.errors import UnsupportedMediaType
from api.forms import FileBegins, Form
from sightsong.core.errors import InvalidRequest
from tests.fuzz.door import Door

_PIECE_BYTES = 7


def knock(content: bytes) -> bool:
    """Read a form whole and in pieces, which must come to the same."""
    said, _, body = content.partition(b"\n")
    kind = said.decode("latin-1")
    _, options = parse_options_header(kind)
    boundary = options.get(b"boundary", b"")
    whole, pieces = _streamed([body], boundary), _streamed(_cut(body), boundary)
    assert whole == pieces
    try:
        found = uploads.submission(kind, body)
    except (InvalidRequest, UnsupportedMediaType):
        return False
    assert 0 < len(found.content) <= len(body)
    assert all(isinstance(text, str) for texts in found.fields.values() for text in texts)
    return True


def _cut(body: bytes) -> Iterator[bytes]:
    file = io.BytesIO(body)
    return iter(lambda: file.read(_PIECE_BYTES), b"")


def _streamed(pieces: object, boundary: bytes) -> list[tuple[str, str, bytes]] | None:
    """List the parts of a form: name, file's name or text, content; None if it is damaged."""
    found: list[tuple[str, str, bytes]] = []
    try:
        form = Form(iter(pieces), boundary)  # type: ignore[call-overload]
        for part in form.parts():
            if isinstance(part, FileBegins):
                content = b"".join(itertools.islice(form.content(), 10_000))
                found.append((part.field, part.name, content))
            else:
                found.append((part.field, part.text, b""))
    except FormParserError:
        return None
    return found


def seeds() -> dict[str, bytes]:
    """Forms as browsers and clients send them, and a bare photo."""
    return {
        "photo": b"image/jpeg\n\xff\xd8\xff",
        "form": b"multipart/form-data; boundary=b\n"
        b'--b\r\nContent-Disposition: form-data; name="image"; filename="a%22.jpg"\r\n'
        b"Content-Type: image/jpeg\r\n\r\n\xff\xd8\xff\r\n--b\r\n"
        b'Content-Disposition: form-data; name="top_k"\r\n\r\n3\r\n--b--\r\n',
        "quoted boundary": b'multipart/form-data; boundary="a b"\n--a b\r\n'
        b"Content-Disposition: form-data; name=image; filename*=UTF-8''%e2%82%ac.png\r\n"
        b"\r\n\x89PNG--a\r\n--a b--",
    }


DOOR = Door(
    knock=knock,
    seeds=seeds,
    longest=2048,
    words=(
        *(b"\r\n--b\r\n", b"--b--\r\n", b"Content-Disposition: form-data; name=", b'"image"'),
        *(b"filename*=utf-8''", b"; filename=", b"\r\n\r\n", b"boundary=", b"multipart/form-data;"),
        b"Content-Transfer-Encoding: base64",
    ),
)
