"""Pausing, resuming and canceling ingests.

What is asked for is noted first and at once; the rows of the tracks' jobs follow, some thousands in
each transaction, so that nobody waits long for an ingest of 100,000. Whoever does it again goes on
where it ended. In each transaction the ingest's row is locked first, then jobs by their sequence.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, or_, select

from sightsong.adapters.store import canceling
from sightsong.adapters.store.connect import Database
from sightsong.adapters.store.inserting import HELD_S
from sightsong.adapters.store.schema import ingests, jobs
from sightsong.core.errors import Conflict, JobNotFound
from sightsong.core.jobs import JobId

#: Jobs that are changed in one transaction: some tenths of a second.
_CHUNK = 5000
_IS_HOT = jobs.c.available_at < HELD_S
_IS_HELD = jobs.c.available_at >= HELD_S


def pause(database: Database, ingest_id: JobId) -> None:
    """Let all open jobs of an ingest wait until it is resumed.

    Raises:
        JobNotFound: there is none.
        Conflict: nothing of it is left to do, and it was not paused.
    """
    with database.write() as connection:
        row = find(connection, ingest_id)
        if not row.is_paused and not _is_open(connection, ingest_id):
            raise Conflict
        _note(connection, ingest_id, is_paused=True)
        _shift(connection, jobs.c.id == ingest_id, _IS_HOT, by_s=HELD_S)

    def hold(connection: Connection) -> int:
        return _shift(connection, jobs.c.parent_id == ingest_id, _IS_HOT, by_s=HELD_S)

    _go_through(database, ingest_id, lambda row: row.is_paused, hold)


def resume(database: Database, ingest_id: JobId) -> None:
    """Let all open jobs of an ingest go on, each at its old place in the queue.

    Raises:
        JobNotFound: there is none.
    """
    with database.write() as connection:
        find(connection, ingest_id)
        _note(connection, ingest_id, is_paused=False)
        _shift(connection, jobs.c.id == ingest_id, _IS_HELD, by_s=-HELD_S)

    def let_go(connection: Connection) -> int:
        return _shift(connection, jobs.c.parent_id == ingest_id, _IS_HELD, by_s=-HELD_S)

    _go_through(database, ingest_id, lambda row: not row.is_paused, let_go)


def cancel(database: Database, ingest_id: JobId) -> None:
    """Cancel all open jobs of an ingest.

    Raises:
        JobNotFound: there is none.
        Conflict: nothing of it was left to do, and it was neither paused nor canceled.
    """
    with database.write() as connection:
        row = find(connection, ingest_id)
        # Of a paused one others may have taken over all that was left.
        is_asked = row.is_canceled or row.is_paused
        if not is_asked and not _is_open(connection, ingest_id):
            raise Conflict
        _note(connection, ingest_id, is_canceled=True, is_paused=False)
        canceling.cancel(connection, jobs.c.id == ingest_id)

    def give_up(connection: Connection) -> int:
        return canceling.cancel(connection, jobs.c.parent_id == ingest_id, limit=_CHUNK)

    _go_through(database, ingest_id, lambda row: row.is_canceled, give_up)


def find(connection: Connection, ingest_id: JobId) -> Row[Any]:
    """Read and lock an ingest's row.

    Raises:
        JobNotFound: there is none.
    """
    this = select(ingests).where(ingests.c.job_id == ingest_id)
    row = connection.execute(this.with_for_update()).first()
    if row is None:
        raise JobNotFound
    return row


def _go_through(
    database: Database,
    ingest_id: JobId,
    is_wanted: Callable[[Row[Any]], bool],
    change: Callable[[Connection], int],
) -> None:
    """Change the jobs, chunk by chunk, unless somebody asks for something else meanwhile."""
    while True:
        with database.write() as connection:
            if not is_wanted(find(connection, ingest_id)) or change(connection) < _CHUNK:
                return


def _is_open(connection: Connection, ingest_id: JobId) -> bool:
    is_open = jobs.c.state.in_(canceling.OPEN)
    found: bool = connection.execute(
        select(
            or_(
                exists().where(jobs.c.id == ingest_id, is_open),
                exists().where(jobs.c.parent_id == ingest_id, is_open),
            )
        )
    ).scalar_one()
    return found


def _note(connection: Connection, ingest_id: JobId, **flags: bool) -> None:
    connection.execute(ingests.update().where(ingests.c.job_id == ingest_id).values(**flags))


def _shift(
    connection: Connection, whose: ColumnElement[bool], which: ColumnElement[bool], *, by_s: float
) -> int:
    chosen = (
        select(jobs.c.sequence)
        .where(whose, jobs.c.state.in_(canceling.OPEN), which)
        .order_by(jobs.c.sequence)
        .limit(_CHUNK)
        .with_for_update()
        .cte("chosen")
        .prefix_with("MATERIALIZED")
    )
    shifted = (
        jobs.update()
        .where(jobs.c.sequence.in_(select(chosen.c.sequence)))
        .values(available_at=jobs.c.available_at + by_s)
        .returning(jobs.c.sequence)  # Python's SQLite counts no rows of a statement with a CTE
    )
    return len(connection.execute(shifted).all())
