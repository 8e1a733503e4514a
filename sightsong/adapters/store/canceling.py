"""Canceling jobs, whoever runs them: their attempts are fenced from then on."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, select

from sightsong.adapters.store import rows
from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.schema import jobs
from sightsong.core.jobs import JobState

OPEN = (JobState.QUEUED, JobState.RUNNING)


def cancel(connection: Connection, *which: ColumnElement[bool], limit: int | None = None) -> int:
    """Cancel open jobs, the oldest first; returns how many."""
    # Locked in the order of the sequence, as completions do: no two can deadlock.
    chosen = (
        select(jobs.c.sequence)
        .where(jobs.c.state.in_(OPEN), *which)
        .order_by(jobs.c.sequence)
        .limit(limit)
        .with_for_update()
        .cte("chosen")
        .prefix_with("MATERIALIZED")
    )
    canceled = (
        jobs.update()
        .where(jobs.c.sequence.in_(select(chosen.c.sequence)))
        .values(
            state=JobState.CANCELED,
            state_version=jobs.c.state_version + 1,
            owner=None,
            lease_until=None,
            finished_at=db_now(),
        )
        .returning(jobs.c.sequence)  # Python's SQLite counts no rows of a statement with a CTE
    )
    return len(connection.execute(canceled).all())


def cancel_all(
    connection: Connection, job_ids: Iterable[str | None], *, states: tuple[JobState, ...] = OPEN
) -> None:
    """Cancel those of some jobs that are in the given states."""
    for chunk in rows.chunks(sorted({one for one in job_ids if one is not None})):
        cancel(connection, jobs.c.id.in_(chunk), jobs.c.state.in_(states))
