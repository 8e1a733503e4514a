"""The folders that are kept in step."""

import uuid
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.schema import watched_folders
from sightsong.adapters.store.upserts import upsert
from sightsong.core.errors import NotFound
from sightsong.core.ingests import Watched
from sightsong.core.jobs import JobId


def add(connection: Connection, path: str) -> Watched:
    """Add a folder, or read it if it is watched already."""
    new = upsert(connection, watched_folders).values(
        id=str(uuid.uuid4()), path=path, added_at=db_now()
    )
    connection.execute(new.on_conflict_do_nothing(index_elements=["path"]))
    this = select(watched_folders).where(watched_folders.c.path == path)
    return _watched(connection.execute(this).one())


def drop(connection: Connection, watched_id: str) -> None:
    """Drop a folder.

    Raises:
        NotFound: it is not watched.
    """
    gone = connection.execute(delete(watched_folders).where(watched_folders.c.id == watched_id))
    if not gone.rowcount:
        raise NotFound


def listed(connection: Connection) -> list[Watched]:
    """Read all folders, the oldest first."""
    oldest = select(watched_folders).order_by(watched_folders.c.added_at, watched_folders.c.id)
    return [_watched(row) for row in connection.execute(oldest)]


def note(connection: Connection, watched_id: str, ingest_id: JobId) -> None:
    """Note the last ingest of a folder; one that is not watched is left alone."""
    this = watched_folders.update().where(watched_folders.c.id == watched_id)
    connection.execute(this.values(ingest_id=ingest_id))


def _watched(row: Row[Any]) -> Watched:
    return Watched(
        id=row.id,
        path=row.path,
        added_at=row.added_at,
        ingest_id=None if row.ingest_id is None else JobId(row.ingest_id),
    )
