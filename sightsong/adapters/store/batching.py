"""Ending batches with their last jobs, and erasing them with those.

Who locks a batch has locked its jobs before, in the order of their sequence; several batches are
locked in the order of their ids. What ends jobs imports this, so that it imports none of them.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, exists, func, select

from sightsong.adapters.store import deliveries, rows
from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.schema import batches, idempotency, is_kept, jobs
from sightsong.core.jobs import JobState

#: In the words of the index of batches' jobs; those of ingests have no position.
IS_ITEM = jobs.c.position.is_not(None)
IS_OPEN = jobs.c.state.in_((JobState.QUEUED, JobState.RUNNING))


def close_ended(connection: Connection, parent_ids: Iterable[str | None]) -> list[str]:
    """Note the end of those of some parents that are batches whose last job has ended by now.

    The rows are locked: of two transactions that end the last two jobs, one waits here for the
    other, and sees then what that has done.

    Args:
        connection: in a transaction that has changed (and so locked) the jobs that ended.
        parent_ids: of those jobs; ids of ingests and None are passed over.

    Returns:
        The ids of the batches that have ended with this, each told once in all.
    """
    closed: list[str] = []
    for chunk in rows.chunks(sorted({one for one in parent_ids if one is not None})):
        running = select(batches.c.id).where(
            batches.c.id.in_(chunk), batches.c.finished_at.is_(None)
        )
        locked = (
            connection.execute(running.order_by(batches.c.id).with_for_update()).scalars().all()
        )
        if locked:
            closed += connection.execute(_CLOSE, {"batch_ids": locked}).scalars().all()
    return sorted(closed)


def erase_emptied(connection: Connection, parent_ids: Iterable[str | None]) -> None:
    """Erase those of some parents that are batches none of whose jobs is kept any more.

    The caller has locked the jobs that it has erased.
    """
    is_item_kept = exists().where(jobs.c.parent_id == batches.c.id, IS_ITEM, is_kept)
    for chunk in rows.chunks(sorted({one for one in parent_ids if one is not None})):
        these = select(batches.c.id).where(batches.c.id.in_(chunk), batches.c.erased_at.is_(None))
        locked = connection.execute(these.order_by(batches.c.id).with_for_update()).scalars().all()
        if not locked:
            continue
        empty = select(batches.c.id).where(batches.c.id.in_(locked), ~is_item_kept)
        if gone := connection.execute(empty).scalars().all():
            _mark_erased(connection, gone)


def _mark_erased(connection: Connection, batch_ids: Sequence[str]) -> None:
    """Leave nothing of their senders' in some batches, whose jobs are erased."""
    kept = batches.c.id.in_(batch_ids) & batches.c.erased_at.is_(None)
    blank: dict[str, Any] = {
        "custom_id": None,
        "user_id": None,
        "webhook_id": None,
        "refused": [],
        "erased_at": db_now(),
        "finished_at": func.coalesce(batches.c.finished_at, db_now()),
    }
    connection.execute(batches.update().where(kept).values(blank))
    of_these = idempotency.c.job_id.in_(batch_ids)
    connection.execute(idempotency.update().where(of_these).values(fingerprint=None))
    deliveries.forget(connection, batch_ids)


# Built once: that costs more than to run them.
_IN_THESE: BindParameter[Any] = bindparam("batch_ids", expanding=True)
_CLOSE = (
    batches.update()
    .where(batches.c.id.in_(_IN_THESE))
    .where(~exists().where(jobs.c.parent_id == batches.c.id, IS_OPEN))
    .values(finished_at=db_now())
    .returning(batches.c.id)
)
