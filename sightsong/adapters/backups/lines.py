"""Rows as lines of JSON, their vectors beside them, and back."""

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, Column, LargeBinary, Table

from sightsong.adapters.backups import layout
from sightsong.adapters.backups.refusals import BackupRefused

#: Of SQLite and Postgres.
_LARGEST = 2**63 - 1


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some rows of a table."""

    rows: int
    lines: bytes
    vectors: bytes


def has_vectors(table: Table) -> bool:
    """Whether some of its columns are bytes."""
    return any(isinstance(column.type, LargeBinary) for column in table.columns)


def parts(rows: Iterable[Sequence[Any]]) -> Iterator[Part]:
    """Write rows in parts of a size that fits into memory many times over.

    Raises:
        BackupRefused: a row is too large to be read back.
    """
    lines: list[str] = []
    vectors: list[bytes] = []
    size = 0
    for row in rows:
        line = json.dumps([_written(value, vectors) for value in row], allow_nan=False)
        lines.append(line)
        size += len(line) + sum(len(value) for value in row if isinstance(value, bytes))
        if len(lines) >= layout.PART_ROWS or size >= layout.PART_BYTES:
            yield _part(lines, vectors)
            lines, vectors, size = [], [], 0
    if lines:
        yield _part(lines, vectors)


def read(table: Table, *, lines: bytes, vectors: bytes) -> list[dict[str, Any]]:
    """Read what `parts` wrote.

    Raises:
        BackupRefused: it is not of this table.
    """
    left = io.BytesIO(vectors)
    rows = [_row(table, layout.value(line), left) for line in lines.splitlines()]
    if left.tell() != len(vectors):
        raise _damaged(table)
    return rows


def _row(table: Table, values: object, vectors: io.BytesIO) -> dict[str, Any]:
    if not isinstance(values, list) or len(values) != len(table.columns):
        raise _damaged(table)
    row: dict[str, Any] = {}
    for column, value in zip(table.columns, values, strict=True):
        if not _fits(column, value):
            raise _damaged(table)
        row[column.name] = value
        if isinstance(column.type, LargeBinary) and value is not None:
            row[column.name] = vectors.read(value)
            if len(row[column.name]) < value:
                raise _damaged(table)
    return row


def _written(value: object, vectors: list[bytes]) -> object:
    if isinstance(value, bytes):
        vectors.append(value)
        return len(value)
    return value


def _part(lines: list[str], vectors: list[bytes]) -> Part:
    part = Part(
        rows=len(lines),
        lines="".join(f"{line}\n" for line in lines).encode(),
        vectors=b"".join(vectors),
    )
    if len(part.lines) > layout.MOST_LINES or len(part.vectors) > layout.MOST_VECTORS:
        raise BackupRefused("a row of the database is larger than a backup takes")
    return part


def _fits(column: Column[Any], value: object) -> bool:
    """Whether a value is of the type of its column; the database checks the rest."""
    if value is None:
        return bool(column.nullable)
    if isinstance(column.type, JSON):
        return True
    if isinstance(column.type, LargeBinary):
        return type(value) is int and value >= 0  # its length
    kind = column.type.python_type
    if kind is int:
        return type(value) is int and abs(value) <= _LARGEST
    return type(value) in ((int, float) if kind is float else (kind,))


def _damaged(table: Table) -> BackupRefused:
    return BackupRefused(f"it is damaged: a row of {table.name} is none")
