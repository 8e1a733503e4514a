"""Multipart forms as streams: parts come as they are read, files piece by piece."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

Piece = bytes
_LONGEST_TEXT = 1024


@dataclass(frozen=True, kw_only=True)
class FileBegins:
    """A file of a form; its content comes next."""

    field: str
    name: str  #: As the sender calls it.


@dataclass(frozen=True, kw_only=True)
class TextField:
    """A field of a form that is no file."""

    field: str
    text: str


class _PartEnds:
    """The end of a file or field."""


_Event = FileBegins | TextField | Piece | _PartEnds


class Form:
    """One form, read from its pieces. Of each file, read the content before the next part."""

    def __init__(
        self, source: Iterator[Piece], boundary: bytes, *, longest_text: int = _LONGEST_TEXT
    ) -> None:
        """Begin to read; a field that is no file has at most `longest_text` bytes."""
        if not boundary:
            raise FormParserError("no boundary")
        self._source = source
        self._longest_text = longest_text
        self._events: deque[_Event] = deque()
        self._header = _Header()
        self._text: bytearray | None = None  # of the field that is being read
        self._is_whole = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._header.clear,
                "on_header_field": self._header.add_name,
                "on_header_value": self._header.add_value,
                "on_header_end": self._header.end_line,
                "on_headers_finished": self._begin_part,
                "on_part_data": self._add_data,
                "on_part_end": self._end_part,
                "on_end": self._end,
            },
        )

    def parts(self) -> Iterator[FileBegins | TextField]:
        """Go through the parts of the form.

        Raises:
            FormParserError: the form is damaged, or ends too soon.
        """
        while (event := self._next()) is not None:
            if isinstance(event, FileBegins | TextField):
                yield event

    def content(self) -> Iterator[Piece]:
        """Read the file that has just begun, to its end.

        Raises:
            FormParserError: the form is damaged, or ends too soon.
        """
        while isinstance(event := self._next(), bytes):
            yield event

    def _next(self) -> _Event | None:
        while not self._events:
            piece = next(self._source, b"")
            if not piece:
                if not self._is_whole:
                    raise FormParserError("the form ends too soon")
                return None
            self._parser.write(piece)
        return self._events.popleft()

    def _begin_part(self) -> None:
        field, name = self._header.read()
        if name is None:
            self._text = bytearray()
            self._field = field
        else:
            self._text = None
            self._events.append(FileBegins(field=field, name=name))

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if self._text is None:
            self._events.append(data[start:end])
            return
        self._text += data[start:end]
        if len(self._text) > self._longest_text:
            raise FormParserError("a field is too long")

    def _end_part(self) -> None:
        if self._text is None:
            self._events.append(_PartEnds())
        else:
            text = self._text.decode(errors="replace")
            self._events.append(TextField(field=self._field, text=text))

    def _end(self) -> None:
        self._is_whole = True


class _Header:
    """The header lines of a part; only what names it is kept."""

    def __init__(self) -> None:
        self._lines: dict[bytes, bytes] = {}
        self._name = bytearray()
        self._value = bytearray()

    def clear(self) -> None:
        """Begin the header of another part."""
        self._lines.clear()

    def add_name(self, data: bytes, start: int, end: int) -> None:
        """Read on in the name of a line."""
        self._name += data[start:end]

    def add_value(self, data: bytes, start: int, end: int) -> None:
        """Read on in the value of a line."""
        self._value += data[start:end]

    def end_line(self) -> None:
        """Keep a line."""
        self._lines[bytes(self._name).lower()] = bytes(self._value)
        self._name.clear()
        self._value.clear()

    def read(self) -> tuple[str, str | None]:
        """Name the field, and the file if it is one.

        Raises:
            FormParserError: the part has no name.
        """
        said = self._lines.get(b"content-disposition", b"").decode("latin-1")
        _, options = parse_options_header(said)
        if b"name" not in options:
            raise FormParserError("a part has no name")
        file_name = options.get(b"filename")
        # As browsers send it (WHATWG): UTF-8, with a quote as %22.
        shown = None if file_name is None else file_name.decode(errors="replace")
        return options[b"name"].decode(errors="replace"), shown and shown.replace("%22", '"')
