"""Claims and the fence: which rows an attempt may take, and which it still holds.

The statements are made once: to build one costs more than to run it.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Double,
    Integer,
    Row,
    Select,
    Update,
    and_,
    bindparam,
    func,
    or_,
    select,
    tuple_,
)

from sightsong.adapters.store import rows
from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.schema import (
    has_deadline,
    has_not_begun,
    is_fresh,
    is_queued,
    is_running,
    is_suspect,
    jobs,
)
from sightsong.core import transitions
from sightsong.core.jobs import Job, JobId, JobState, Owner, Queue

_ORDER = (jobs.c.priority, jobs.c.available_at, jobs.c.sequence)
_LEASE_S = bindparam("lease_s", type_=Double)


def claim(
    connection: Connection, queue: Queue, *, owner: Owner, limit: int, lease_s: float
) -> list[Job]:
    """Lease one suspect of a queue, or else up to `limit` fresh jobs."""
    values = {"of_queue": queue, "new_owner": owner, "lease_s": lease_s}
    for statement, most in ((_CLAIM_SUSPECT, 1), (_CLAIM_FRESH, limit)):
        claimed = connection.execute(statement, values | {"most": most}).all()
        if claimed:
            return [rows.job(row) for row in sorted(claimed, key=_rank)]
    return []


def hold(connection: Connection, attempts: Sequence[Job]) -> dict[JobId, Row[Any]]:
    """Lock the rows whose leases these very attempts hold; by id, what may have changed since."""
    locked = connection.execute(_HELD, {"attempts": _keys(attempts)})
    return {JobId(row.id): row for row in locked}


def forgive(connection: Connection, job: Job) -> None:
    """Let what befell a running job so far count no more. The caller holds its row."""
    clean = transitions.forgiven(job)
    counters = {"crash_count": clean.crash_count, "max_attempts": clean.max_attempts}
    connection.execute(jobs.update().where(jobs.c.id == job.id).values(**counters))


def prolong(connection: Connection, attempts: Sequence[Job], *, lease_s: float) -> frozenset[JobId]:
    """Prolong the leases that these very attempts hold; returns their ids."""
    values = {"attempts": _keys(attempts), "lease_s": lease_s}
    kept = connection.execute(_PROLONG, values).scalars()
    return frozenset(JobId(job_id) for job_id in kept)


def _rank(row: Row[Any]) -> tuple[int, float, int]:
    """The place in the queue: RETURNING promises no order."""
    return row.priority, row.available_at, row.sequence


def _keys(attempts: Sequence[Job]) -> list[tuple[JobId, int, Owner | None]]:
    return [(job.id, job.attempt, job.owner) for job in attempts]


def _materialized(statement: Select[Any]) -> CTE:
    """Make a CTE that is run once, before what uses it.

    Postgres might otherwise run a locking LIMIT again for each row that it joins to, and so lock
    and change more rows than the limit says.
    """
    return statement.cte("chosen").prefix_with("MATERIALIZED")


def _claim(suspicion: ColumnElement[bool]) -> Update:
    in_queue = jobs.c.queue == bindparam("of_queue")
    has_begun = ~has_not_begun  # in time: its deadline matters no more
    in_time = or_(~has_deadline, has_begun, jobs.c.deadline_at > db_now())
    ready = and_(is_queued, suspicion, in_queue, jobs.c.available_at <= db_now(), in_time)
    first = (
        select(jobs.c.sequence)
        .where(ready)
        .order_by(*_ORDER)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True)  # SQLite needs and knows none: it has one writer
    )
    return _start(_materialized(first))


def _start(chosen: CTE) -> Update:
    return (
        jobs.update()
        .where(jobs.c.sequence.in_(select(chosen.c.sequence)))
        .values(
            state=JobState.RUNNING,
            state_version=jobs.c.state_version + 1,
            attempt=jobs.c.attempt + 1,
            owner=bindparam("new_owner"),
            lease_until=db_now() + _LEASE_S,
            started_at=func.coalesce(jobs.c.started_at, db_now()),
        )
        .returning(jobs.c.available_at, jobs.c.sequence, *rows.OF_JOB)
    )


def _held() -> Select[tuple[int, str, int, int]]:
    """Select and lock what `attempts` hold: the fence of every write.

    In the order of the sequence, so that two transactions over the same rows cannot deadlock.
    """
    attempt = tuple_(jobs.c.id, jobs.c.attempt, jobs.c.owner)
    return (
        select(jobs.c.sequence, jobs.c.id, jobs.c.crash_count, jobs.c.max_attempts)
        .where(
            is_running,
            jobs.c.lease_until > db_now(),
            attempt.in_(bindparam("attempts", expanding=True)),
        )
        .order_by(jobs.c.sequence)
        .with_for_update()
    )


def _prolong() -> Update:
    mine = _materialized(_HELD)
    return (
        jobs.update()
        .where(jobs.c.sequence.in_(select(mine.c.sequence)))
        .values(lease_until=db_now() + _LEASE_S)
        .returning(jobs.c.id)
    )


_CLAIM_SUSPECT = _claim(is_suspect)
_CLAIM_FRESH = _claim(is_fresh)
_HELD = _held()
_PROLONG = _prolong()
