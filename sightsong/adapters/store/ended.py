"""What follows when jobs end: batches may have ended with them, and webhooks are told.

All of it is written in the transaction in which they end, or not at all.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, exists, or_, select

from sightsong.adapters.store import announcing, batching
from sightsong.adapters.store.schema import batches, jobs, webhooks
from sightsong.core.jobs import Queue
from sightsong.core.tenancy import TenantId
from sightsong.core.webhooks import Event, Subject


def ended(connection: Connection, sequences: Sequence[int]) -> None:
    """Go through jobs that have just ended; their rows are locked and say so already.

    Most concern nobody, and one small query finds that out.
    """
    if not sequences:
        return
    found = connection.execute(_CONCERNED, {"sequences": list(sequences)})
    # What is done to the library is no tenant's, whoever asked for it.
    concerned = [row for row in found if row.queue == Queue.PHOTOS]
    if not concerned:
        return
    told = [row for row in concerned if row.erased_at is None]
    announcing.announce(connection, [(TenantId(row.tenant), _job(row)) for row in told])
    close_batches(connection, [row.parent_id for row in concerned])


def close_batches(connection: Connection, parent_ids: Iterable[str | None]) -> None:
    """End those of some parents that are batches none of whose jobs is open, and tell of it."""
    closed = batching.close_ended(connection, parent_ids)
    if not closed:
        return
    found = connection.execute(select(batches).where(batches.c.id.in_(closed))).all()
    announcing.announce(connection, [(TenantId(row.tenant), _batch(row)) for row in found])


def _job(row: Row[Any]) -> Subject:
    return Subject(
        event=Event(f"job.{row.state}"),
        id=row.id,
        kind=row.kind,
        state=row.state,
        ended_at=row.finished_at,
        custom_id=row.custom_id,
        batch_id=row.parent_id,
        webhook_id=row.webhook_id,
    )


def _batch(row: Row[Any]) -> Subject:
    return Subject(
        event=Event.BATCH_COMPLETED,
        id=row.id,
        kind="batch",
        state="canceled" if row.is_canceled else "completed",
        ended_at=row.finished_at,
        custom_id=row.custom_id,
        batch_id=row.id,
        webhook_id=row.webhook_id,
    )


def _concerned() -> Select[Any]:
    """Select those of some jobs that a batch or a webhook has to do with."""
    listens = exists().where(
        webhooks.c.tenant == jobs.c.tenant, webhooks.c.is_enabled, webhooks.c.removed_at.is_(None)
    )
    return select(
        jobs.c.id,
        jobs.c.kind,
        jobs.c.state,
        jobs.c.finished_at,
        jobs.c.custom_id,
        jobs.c.tenant,
        jobs.c.parent_id,
        jobs.c.webhook_id,
        jobs.c.erased_at,
        jobs.c.queue,
    ).where(
        # No more conditions: for each that an index knows, SQLite leaves the row ids for that.
        jobs.c.sequence.in_(bindparam("sequences", expanding=True)),
        or_(jobs.c.parent_id.is_not(None), listens),
    )


_CONCERNED = _concerned()  # built once: that costs more than to run it
