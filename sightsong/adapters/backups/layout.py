"""What is in a backup, under which names.

    backup.json                    who made it, of which schema; tables and columns, counts
    photos/<id>                    images of jobs that have not ended
    uploads/<tray>/<file>          uploads of ingests that have not ended
    tables/<table>/000001.bin      the vectors of the rows that follow, one after another
    tables/<table>/000001.jsonl    rows, an array each; a vector is its length
    manifest.sha256                the SHA-256 of each of those, as `sha256sum -c` reads it

The names are in this order, which is the one in which a restore can use them.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from sqlalchemy import Table

from sightsong.adapters.backups.refusals import BackupRefused
from sightsong.adapters.backups.tape import Member
from sightsong.adapters.store.schema import bells, metadata, snapshots, workers

#: Readers refuse any other.
FORMAT = 1
HEADER = "backup.json"
MANIFEST = "manifest.sha256"
#: Most bytes of the header: it has some 10 kB.
MOST_HEADER = 256 * 1024
#: A part of a table ends when it has so many rows or bytes.
PART_ROWS = 1000
PART_BYTES = 4 * 1024 * 1024
#: And no part is larger, whatever its last row is: vectors of twelve hours are 5 MB. JSON takes
#: some twenty times its size of memory when it means to.
MOST_LINES = 16 * 1024 * 1024
MOST_VECTORS = 64 * 1024 * 1024

#: Of the running processes; and what is made anew of the rest.
_LEFT_OUT = frozenset({workers.name, bells.name, snapshots.name})
#: In an order in which each row finds those that it refers to.
TABLES: tuple[Table, ...] = tuple(
    table for table in metadata.sorted_tables if table.name not in _LEFT_OUT
)

PHOTO = re.compile(r"photos/([0-9a-f]{32})")
UPLOAD = re.compile(r"uploads/([0-9a-f-]{36})/(\d{6,12}(?:\.[a-z0-9]{1,8})?|\.\d{6,12}\.name)")
PART = re.compile(r"tables/([a-z_]{1,32})/(\d{6,9})\.(bin|jsonl)")


def part(table: str, number: int, kind: str) -> str:
    """Name a part of a table."""
    return f"tables/{table}/{number:06}.{kind}"


def manifest(members: Mapping[str, Member]) -> bytes:
    """List the digests of all that is in a backup, in its order."""
    return "".join(f"{one.sha256}  {name}\n" for name, one in members.items()).encode()


@dataclass(frozen=True, kw_only=True)
class Header:
    """What a backup says of itself."""

    format: int
    release: str  #: The version of Sightsong that made it.
    schema: str  #: Of the database.
    made_at: float  #: Seconds since the epoch.
    shelf: str  #: Where the music lay that the service keeps itself.
    tables: dict[str, list[str]]  #: The columns of each table.
    rows: dict[str, int]  #: How many there are of each.
    photos: int
    uploads: int

    @classmethod
    def of(cls, *, release: str, schema: str, made_at: float, shelf: str) -> Self:
        """Begin a header, with nothing counted yet."""
        return cls(
            format=FORMAT,
            release=release,
            schema=schema,
            made_at=made_at,
            shelf=shelf,
            tables=columns(),
            rows={},
            photos=0,
            uploads=0,
        )

    @property
    def things(self) -> int:
        """Everything that is counted, for a bar."""
        return sum(self.rows.values()) + self.photos + self.uploads

    def written(self) -> bytes:
        """As JSON."""
        return json.dumps(asdict(self), indent=1).encode()

    @classmethod
    def read(cls, content: bytes, *, schema: str) -> Self:
        """Read what `written` wrote, and see that this release can restore it.

        Args:
            content: the bytes.
            schema: of this release.

        Raises:
            BackupRefused: it cannot; says which release could.
        """
        said = parsed(content)
        if said.get("format") != FORMAT:
            raise BackupRefused("this is no backup of Sightsong, or one of a newer release")
        if said.get("schema") != schema:
            raise BackupRefused(
                f"the backup is of schema {said.get('schema')!a}, made by Sightsong "
                f"{said.get('release')!a}, and this release has schema {schema!a}: restore it with "
                "that release, then run `sightsong migrate` of this one"
            )
        if {*said} != {one.name for one in fields(cls)} or said["tables"] != columns():
            raise BackupRefused("it does not say what it holds: it is damaged")
        header = cls(**said)
        if not _is_counted(header):
            raise BackupRefused("it does not say how much it holds: it is damaged")
        return header


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What was written to a backup, or read from it."""

    release: str
    schema: str
    made_at: float  #: Seconds since the epoch.
    rows: dict[str, int]  #: By table.
    photos: int
    uploads: int
    size_bytes: int
    digest: str  #: SHA-256 of the manifest, and so of everything.


def columns() -> dict[str, list[str]]:
    """The tables of a backup, each with its columns."""
    return {table.name: [column.name for column in table.columns] for table in TABLES}


def parsed(content: bytes) -> dict[str, Any]:
    """Read an object of JSON.

    Raises:
        BackupRefused: it is none.
    """
    said = value(content)
    if not isinstance(said, dict):
        raise BackupRefused("it is damaged: a list of contents is none")
    return said


def value(content: bytes | str) -> Any:  # noqa: ANN401 - JSON
    """Read JSON as both databases take it: without NaN.

    Raises:
        BackupRefused: it is none.
    """
    try:
        return json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BackupRefused("it is damaged: a line cannot be read") from error


def _no_number(name: str) -> None:
    raise ValueError(name)


def _is_counted(header: Header) -> bool:
    counts: Mapping[str, object] = header.rows if isinstance(header.rows, dict) else {}
    numbers = [*counts.values(), header.photos, header.uploads]
    are_whole = all(type(number) is int and number >= 0 for number in numbers)
    is_timed = type(header.made_at) in (int, float)
    is_named = isinstance(header.shelf, str) and isinstance(header.release, str)
    return are_whole and is_timed and is_named and set(counts) == set(header.tables)
