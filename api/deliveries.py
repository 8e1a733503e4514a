"""Deliveries: uploads of music, written to a tray of the inbox as they come."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.requests import Request

from api import errors
from api.forms import FileBegins, Form, Piece, TextField
from api.streams import Limits, Source, pull
from sightsong.core import ports, sniff
from sightsong.core.errors import InvalidRequest, StoreUnavailable

__all__ = [
    "FORM",
    "MOST_FILES",
    "Delivery",
    "Limits",
    "discard",
    "is_taken",
    "receive",
    "tidy_name",
]

MOST_FILES = 1000

_LONGEST_NAME = 255
_MOST_FIELDS = 16
#: Endings for bodies that come without a name.
_SUFFIXES: Mapping[str, str] = {
    "application/zip": ".zip",
    "application/x-zip-compressed": ".zip",
    "application/x-tar": ".tar",
    "application/gzip": ".tar.gz",
    "application/x-gzip": ".tar.gz",
    "text/csv": ".csv",
    "application/x-ndjson": ".jsonl",
    "application/jsonl": ".jsonl",
    "audio/aac": ".aac",
    "audio/aiff": ".aiff",
    "audio/flac": ".flac",
    "audio/mp4": ".m4a",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/wav": ".wav",
    "audio/x-wav": ".wav",
}
FORM = "multipart/form-data"
#: Said of bytes of which the sender does not know, or does not say, what they are.
_UNSAID = frozenset({"", "application/octet-stream"})


@dataclass(kw_only=True)
class Delivery:
    """What came: a tray with files, and the fields of the form beside them."""

    tray: str | None = None  #: None until the first file comes.
    files: int = 0
    fields: dict[str, str] = field(default_factory=dict)


def is_taken(media_type: str) -> bool:
    """Whether a body of this type is music, or may hold some."""
    is_named = media_type == FORM or media_type in _SUFFIXES or media_type in _UNSAID
    return is_named or media_type.startswith("audio/")


async def receive(
    request: Request, inbox: ports.Inbox, *, name: str | None, limits: Limits
) -> Delivery:
    """Write what is sent into a new tray. Nothing is left of an upload that breaks off.

    Args:
        request: a form with fields `file`, or the bytes of one file.
        inbox: where trays are.
        name: of that one file.
        limits: of the body.

    Raises:
        UnsupportedMediaType: nothing says what the bytes are, and they do not look like music.
        BodyTooLarge: more bytes than are taken.
        UploadTimeout: the sender is too slow.
        UploadIncomplete: the sender went away.
        InvalidRequest: the form is damaged, or holds no file.
        StorageFull: less room than the reserve would be left.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    media_type = kind.decode("latin-1")

    def work(source: Source) -> Delivery:
        if media_type == FORM:
            return _take_form(inbox, source, options.get(b"boundary"))
        return _take_file(inbox, _Body(source, media_type=media_type, name=name))

    return await pull(request, limits, work)


@contextlib.contextmanager
def _kept(inbox: ports.Inbox, delivery: Delivery) -> Iterator[None]:
    """Throw the tray away unless all went well."""
    try:
        yield
    except BaseException:
        if delivery.tray is not None:
            inbox.discard(delivery.tray)
        raise


def discard(inbox: ports.Inbox, delivery: Delivery, error: Exception) -> None:
    """Throw a tray away whose ingest could not be stored.

    When the database went away in its commit, the ingest may be stored: then it needs its tray.
    """
    if delivery.tray is not None and not isinstance(error, StoreUnavailable):
        inbox.discard(delivery.tray)


class _Body:
    """A body that is one file."""

    def __init__(self, source: Iterable[Piece], *, media_type: str, name: str | None) -> None:
        self._pieces = iter(source)
        self._media_type = media_type
        self._name = name or "upload"
        self._head = b""

    def content(self) -> Iterator[Piece]:
        """All of its bytes, piece by piece."""
        if self._head:
            yield self._head
        yield from self._pieces

    def name(self) -> str:
        """What to call it: as the sender does, with an ending by its type or its first bytes.

        Raises:
            InvalidRequest: it is empty.
            UnsupportedMediaType: nothing says what it is.
        """
        if PurePosixPath(self._name).suffix:
            return self._name
        ending = _SUFFIXES.get(self._media_type) or self._sniffed()
        if ending is None and self._media_type in _UNSAID:
            raise _nameless() if self._head else _empty()
        return f"{self._name}{ending or ''}"

    def _sniffed(self) -> str | None:
        while len(self._head) < sniff.MUSIC_HEAD_BYTES and (piece := next(self._pieces, b"")):
            self._head += piece
        return sniff.music_ending(self._head)


def _take_file(inbox: ports.Inbox, body: _Body) -> Delivery:
    delivery = Delivery()
    name = body.name()
    with _kept(inbox, delivery):
        if not _put(inbox, delivery, name, body.content()):
            raise _empty()
    return delivery


def _take_form(inbox: ports.Inbox, source: Source, boundary: bytes | None) -> Delivery:
    delivery = Delivery()
    with _kept(inbox, delivery), _readable():
        form = Form(iter(source), boundary or b"")
        for part in form.parts():
            if isinstance(part, FileBegins):
                _take_part(inbox, delivery, part, form.content)
            else:
                _take_field(delivery, part)
        if not delivery.files:
            raise InvalidRequest("The form must have at least one field 'file' with a file.")
    return delivery


def _take_part(
    inbox: ports.Inbox,
    delivery: Delivery,
    part: FileBegins,
    content: Callable[[], Iterator[Piece]],
) -> None:
    if part.field != "file":
        raise InvalidRequest(f"Files go in the field 'file', not in {part.field[:80]!r}.")
    if delivery.files >= MOST_FILES:
        raise InvalidRequest(f"The form holds more than {MOST_FILES} files.")
    if part.name:
        _put(inbox, delivery, part.name, content())
    elif any(content()):  # a form's field in which nothing was chosen comes without name and bytes
        raise InvalidRequest("A file of the form has no name.")


def _put(inbox: ports.Inbox, delivery: Delivery, name: str, content: Iterator[bytes]) -> int:
    if delivery.tray is None:
        delivery.tray = inbox.open_tray()
    size_bytes = inbox.put(delivery.tray, tidy_name(name), content)
    delivery.files += 1
    return size_bytes


def _take_field(delivery: Delivery, part: TextField) -> None:
    if len(delivery.fields) >= _MOST_FIELDS:
        raise InvalidRequest(f"The form has more than {_MOST_FIELDS} fields besides its files.")
    delivery.fields[part.field] = part.text


@contextlib.contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except FormParserError as error:
        raise InvalidRequest("The multipart form is damaged.") from error


def tidy_name(name: str) -> str:
    """Make a name fit to be shown: no way up, no control characters, not too long.

    Folders stay in it, because rows of a manifest may name files by them.
    """
    printable = "".join(char for char in name.replace("\\", "/") if char.isprintable())
    steps = [step for step in printable.split("/") if step not in {"", ".", ".."}]
    return "/".join(steps)[-_LONGEST_NAME:] or "upload"


def _empty() -> InvalidRequest:
    return InvalidRequest("The body is empty; it must be the bytes of a file.")


def _nameless() -> errors.UnsupportedMediaType:
    return errors.UnsupportedMediaType(
        "These bytes do not look like music. Say what they are: by a Content-Type such as "
        "audio/mpeg, or by the name of the file in the parameter name; or send JSON as "
        "application/json."
    )
