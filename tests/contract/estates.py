"""Services without processes, for backups: a database with a row of everything, and its files."""

import hashlib
import io
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Column, LargeBinary, Table, insert, select

from sightsong.adapters.backups import (
    Estate,
    Header,
    Summary,
    TapeReader,
    layout,
    read_header,
    restore,
    save,
)
from sightsong.adapters.blobs import FolderBlobs
from sightsong.adapters.inbox import FolderInbox
from sightsong.adapters.store import fitness, migrate
from sightsong.adapters.store.connect import open_database
from sightsong.adapters.store.jobs import SqlJobs
from sightsong.core.jobs import BlobId

SCHEMA = fitness.newest()
MADE_AT = 1_700_000_000.25
PHOTO = b"\xff\xd8 a photo"
SONG = b"ID3 a song"
TRAY = str(uuid.UUID(int=7))
OPEN, RUNNING, ENDED = ("a" * 32, "b" * 32, "c" * 32)
#: What JSON can hold and text of a database cannot.
_ODD = {"said": ["\x00", "\udc80", "é", 0.1 + 0.2, 5e-324, 2**53 + 1, None, True, {"": []}]}


def new_estate(url: str, folder: Path) -> Estate:
    """A service with nothing in it."""
    migrate.upgrade(url)
    return Estate(
        database=open_database(url),
        blobs=FolderBlobs(folder / "blobs", reserve_bytes=0),
        inbox=FolderInbox(folder / "inbox", reserve_bytes=0),
        shelf_dir=folder / "music",
    )


def about(estate: Estate) -> Header:
    return Header.of(release="0.1.0", schema=SCHEMA, made_at=MADE_AT, shelf=str(estate.shelf_dir))


def saved(estate: Estate, *, told: Callable[[int, int], None] = lambda _done, _all: None) -> bytes:
    """A backup."""
    file = io.BytesIO()
    save(estate, file, about=about(estate), told=told)
    return file.getvalue()


def submitter(estate: Estate) -> SqlJobs:
    """What stores jobs in it."""
    return SqlJobs(estate.database)


def restored(estate: Estate, backup: bytes) -> Summary:
    tape = TapeReader(io.BytesIO(backup))
    return restore(estate, tape, read_header(tape, schema=SCHEMA))


def rows_of(estate: Estate, table: Table) -> list[dict[str, Any]]:
    query = select(table).order_by(*table.primary_key.columns)
    with estate.database.read() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def files_of(estate: Estate) -> dict[str, bytes]:
    """All photos and uploads, by their names."""
    folder = estate.shelf_dir.parent
    found = [path for one in ("blobs", "inbox") for path in (folder / one).rglob("*")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in found if path.is_file()}


def live_in(estate: Estate) -> None:
    """Put two rows into each table, with values that are easily lost, and what they refer to."""
    folder = estate.inbox.open_tray()
    (estate.shelf_dir.parent / "inbox" / folder).rename(estate.shelf_dir.parent / "inbox" / TRAY)
    estate.inbox.put(TRAY, "song.mp3", [SONG])
    for blob_id in (OPEN, RUNNING, ENDED):
        estate.blobs.put_back(BlobId(blob_id), len(PHOTO), [PHOTO])
    with estate.database.write() as connection:
        for table in layout.TABLES:
            connection.execute(insert(table), [_row(table, i) for i in range(1, 4)])


def _row(table: Table, number: int) -> dict[str, Any]:
    row = {column.name: _value(column, number) for column in table.columns}
    return row | _MEANT.get(table.name, {}).get(number, {})


def _value(column: Column[Any], number: int) -> object:
    if column.foreign_keys:
        (key,) = column.foreign_keys
        return _value(key.column, number)
    if column.nullable and number == 3:
        return None
    if isinstance(column.type, JSON):
        return _ODD | {"number": number}
    kind = bytes if isinstance(column.type, LargeBinary) else column.type.python_type
    values: dict[type, object] = {
        bytes: bytes(range(number, 200)),
        bool: number == 1,
        float: number + 0.1,
        int: number,
        str: f"é{column.table.name[:2]}{number}",
    }
    return values[kind]


_BLOB = {"sha256": hashlib.sha256(PHOTO).hexdigest(), "size_bytes": len(PHOTO)}
_MEANT: dict[str, dict[int, dict[str, Any]]] = {
    "blobs": {
        number: {"id": blob_id, **_BLOB} for number, blob_id in enumerate((OPEN, RUNNING, ENDED), 1)
    },
    "jobs": {
        1: {
            "kind": "ingest",
            "state": "queued",
            "finished_at": None,
            "blob_id": OPEN,
            "params": {"inbox": TRAY},
            "owner": None,
            "lease_until": None,
        },
        2: {"state": "running", "attempt": 2, "finished_at": None, "blob_id": RUNNING},
        3: {"state": "succeeded", "finished_at": 3.5, "image_until": 9.5, "blob_id": ENDED},
    },
}
