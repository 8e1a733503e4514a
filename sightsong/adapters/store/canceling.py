"""Canceling jobs, whoever runs them: their attempts are fenced from then on."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select

from sightsong.adapters.store import rows
from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.ended import ended
from sightsong.adapters.store.schema import jobs
from sightsong.core.errors import Conflict, JobErased, JobNotFound
from sightsong.core.jobs import Job, JobId, JobState
from sightsong.core.tenancy import TenantId

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
            image_until=db_now() + jobs.c.keep_image_s,
        )
        .returning(jobs.c.sequence)  # Python's SQLite counts no rows of a statement with a CTE
    )
    sequences = connection.execute(canceled).scalars().all()
    ended(connection, sequences)
    return len(sequences)


def cancel_one(connection: Connection, job_id: JobId, *, tenant: TenantId | None = None) -> Job:
    """Cancel a job unless that was done already.

    Raises:
        JobNotFound: there is none, or it is not of this tenant.
        JobErased: there was one, and what it held is gone.
        Conflict: it has ended otherwise.
    """
    this: Select[Any] = select(*rows.OF_JOB, jobs.c.erased_at).where(jobs.c.id == job_id)
    row = connection.execute(this.with_for_update()).first()
    if row is None or tenant not in (None, row.tenant):
        raise JobNotFound
    if row.erased_at is not None:
        raise JobErased
    if JobState(row.state) in OPEN:
        cancel(connection, jobs.c.id == job_id)
        row = connection.execute(this).one()
    if row.state != JobState.CANCELED:
        raise Conflict("This job has ended.")
    return rows.job(row)


def cancel_all(
    connection: Connection, job_ids: Iterable[str | None], *, states: tuple[JobState, ...] = OPEN
) -> None:
    """Cancel those of some jobs that are in the given states."""
    for chunk in rows.chunks(sorted({one for one in job_ids if one is not None})):
        cancel(connection, jobs.c.id.in_(chunk), jobs.c.state.in_(states))
