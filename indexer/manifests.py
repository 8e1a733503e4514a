"""Manifests: lists of music files, with what is known of each, as CSV or JSON lines."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sightsong.core.errors import ManifestBroken
from sightsong.core.tracks import Tags

_ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson")
_DELIMITERS = ",;\t"
_MOST_ROWS = 1_000_000
_LONGEST_LINE = 64 * 1024  #: Bytes.
_LONGEST_PLACE = 4096  #: Characters of a path or an address: what Linux takes of a path.
#: Longer tags are cut, as those of the files are (`indexer.tags`).
_LONGEST_TAG = 300
_MOST_LABELS = 100

_PLACES = {"file": ("path", "file"), "url": ("url",)}
_TAGS = {
    **{name: (name,) for name in ("title", "artist", "album", "genre", "mood", "library")},
    "licence": ("licence", "license"),
}
_LABELS = ("labels", "tags")
_TRUTHS: Mapping[str, bool] = {
    **dict.fromkeys(("yes", "true", "1"), True),
    **dict.fromkeys(("no", "false", "0"), False),
}

_NEEDED = (
    "a manifest is UTF-8 text: CSV whose first line names its columns, or a JSON object on each "
    "line; one of `path`, `file` or `url` says where the music lies"
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """What a manifest says of one file."""

    line: int  #: Where it stands; the first line is 1.
    file: str | None  #: A path, as it was written: mind `..` and absolute ones.
    url: str | None  #: An address, as it was written.
    given: Tags


@dataclass(frozen=True, kw_only=True)
class RowProblem:
    """A row that cannot be read."""

    line: int
    detail: str


class _BadRow(Exception):
    """What is wrong with a row."""


def is_manifest(name: str) -> bool:
    """Whether a file is a manifest by its name. Whether it reads as one, `rows` finds out."""
    return name.lower().endswith(_ENDINGS)


def rows(path: Path) -> Iterator[Row | RowProblem]:
    """Read a manifest, one row at a time. A bad row comes as a problem; the next ones follow.

    Unknown columns are ignored; an empty cell says nothing.

    Raises:
        ManifestBroken: the file is no manifest, or has too many rows.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        lines = _Lines(file)
        first = lines.first()
        is_json = first.startswith("{")
        read = _json_rows(first, lines) if is_json else _csv_rows(first, lines)
        for count, row in enumerate(read, start=1):
            if count > _MOST_ROWS:
                raise ManifestBroken(f"the manifest has more than {_MOST_ROWS} rows")
            yield row


class _Lines:
    """The lines of a file; a bad one is told, and the next ones follow."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.number = 0  #: Of the line that was read last.
        self._again: str | None = None

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        self.number += 1
        if self._again is not None:
            again, self._again = self._again, None
            return again
        return self._read()

    def put_back(self, line: str) -> None:
        """Let the line that was read last come again."""
        self._again = line
        self.number -= 1

    def _read(self) -> str:
        line = self._file.readline(_LONGEST_LINE + 1)
        if not line:
            raise StopIteration
        if len(line) > _LONGEST_LINE:
            while line and not line.endswith(b"\n"):
                line = self._file.readline(_LONGEST_LINE)
            raise _BadRow("the line is too long")
        try:
            return line.decode("utf-8-sig" if self.number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise _BadRow("the line is not UTF-8") from error

    def first(self) -> str:
        """Read the first line that is not empty.

        Raises:
            ManifestBroken: there is none that can be read.
        """
        try:
            line = next((line for line in self if line.strip()), "")
        except _BadRow as error:
            raise ManifestBroken(f"{error}; {_NEEDED}") from error
        if not line:
            raise ManifestBroken(f"the file is empty; {_NEEDED}")
        return line.lstrip()


def _csv_rows(header: str, lines: _Lines) -> Iterator[Row | RowProblem]:
    delimiter, columns = _columns(header)
    cells = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    while True:
        begin = lines.number + 1
        try:
            row = next(cells, None)
            if row is None:
                return
            if any(cell.strip() for cell in row):
                yield _row(begin, _by_name(columns, row))
        except (_BadRow, csv.Error) as error:
            yield RowProblem(line=begin, detail=str(error))


def _columns(header: str) -> tuple[str, list[str]]:
    """Find out what separates the columns, and their names in small letters.

    Raises:
        ManifestBroken: none of them says where the music lies.
    """
    places = {name for names in _PLACES.values() for name in names}
    split = [(delimiter, _names(header, delimiter)) for delimiter in _DELIMITERS]
    found = [(delimiter, names) for delimiter, names in split if places & set(names)]
    if not found:
        raise ManifestBroken(_NEEDED)
    return max(found, key=lambda one: len(one[1]))


def _names(header: str, delimiter: str) -> list[str]:
    try:
        cells = next(csv.reader([header], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error as error:
        raise ManifestBroken(_NEEDED) from error
    return [cell.strip().lower() for cell in cells]


def _by_name(columns: list[str], cells: list[str]) -> dict[str, str]:
    """Give cells the names of their columns; of two with one name, the first that says anything.

    Raises:
        _BadRow: there are more cells than columns.
    """
    if any(cell.strip() for cell in cells[len(columns) :]):
        raise _BadRow("the row has more cells than the header has columns")
    said = [(name, cell) for name, cell in zip(columns, cells, strict=False) if cell.strip()]
    return dict(reversed(said))


def _json_rows(first: str, lines: _Lines) -> Iterator[Row | RowProblem]:
    try:
        _object(first)
    except _BadRow as error:
        raise ManifestBroken(f"{error}; {_NEEDED}") from error
    lines.put_back(first)
    while True:
        try:
            line = next(lines, None)
            if line is None:
                return
            if line.strip():
                yield _row(lines.number, _object(line))
        except _BadRow as error:
            yield RowProblem(line=lines.number, detail=str(error))


def _object(line: str) -> dict[str, Any]:
    try:
        read = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _BadRow("the line is not JSON") from error
    if not isinstance(read, dict):
        raise _BadRow("the line is not a JSON object")
    return {name.strip().lower(): value for name, value in read.items()}


def _row(line: int, fields: Mapping[str, Any]) -> Row:
    """Read a row.

    Raises:
        _BadRow: it says not where the music lies, or a value is not of its kind.
    """
    places = {name: _place(fields, names) for name, names in _PLACES.items()}
    if not any(places.values()):
        raise _BadRow("the row has no `path`, `file` or `url`")
    tags = {name: _tag(_text(fields, names)) for name, names in _TAGS.items()}
    given = Tags(labels=_labels(fields), explicit=_truth(fields, "explicit"), **tags)
    return Row(line=line, given=given, **places)


def _text(fields: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """What the first of some columns that says anything says."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, (dict, list, bool)):
            raise _BadRow(f"`{name}` must be text")
        if value is not None and str(value).strip():
            return str(value).strip()
    return ""


def _place(fields: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    text = _text(fields, names)
    if len(text) > _LONGEST_PLACE:
        raise _BadRow(f"`{names[0]}` is too long")
    if not text.isprintable():
        raise _BadRow(f"`{names[0]}` holds characters that no name has")
    return text or None


def _tag(text: str) -> str | None:
    """One line of printable text; None if there is none."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(plain.split())[:_LONGEST_TAG] or None


def _truth(fields: Mapping[str, Any], name: str) -> bool | None:
    """A yes or a no, as JSON or people write it; None where a column says nothing."""
    value = fields.get(name)
    said = "" if value is None else str(value).strip().lower()
    if isinstance(value, (dict, list)) or said not in {"", *_TRUTHS}:
        raise _BadRow(f"`{name}` must be yes or no")
    return _TRUTHS.get(said)


def _labels(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """The words of the label columns: a JSON list, or text with `;` between them; each once."""
    words = [_tag(word) for name in _LABELS for word in _words(name, fields.get(name))]
    return tuple(dict.fromkeys(word for word in words if word))[:_MOST_LABELS]


def _words(name: str, value: object) -> list[str]:
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise _BadRow(f"`{name}` begins like a JSON list, and is none") from error
    if isinstance(value, str):
        return value.split(";")
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise _BadRow(f"`{name}` must be a list of words")
    return value
