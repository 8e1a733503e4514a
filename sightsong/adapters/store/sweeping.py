"""Maintenance of the job rows: leases and deadlines that passed, bells that were not heard."""

from collections.abc import Callable, Sequence

from sqlalchemy import ColumnElement, Connection, and_, exists, select

from sightsong.adapters.store import rows, settling
from sightsong.adapters.store.clock import db_now, db_now_once
from sightsong.adapters.store.connect import Database
from sightsong.adapters.store.schema import (
    bells,
    has_deadline,
    has_not_begun,
    is_queued,
    is_running,
    jobs,
)
from sightsong.adapters.store.upserts import upsert
from sightsong.core import transitions
from sightsong.core.jobs import Job, Queue, Swept
from sightsong.core.transitions import Settled

#: Jobs changed in one transaction; the next round takes the rest.
_MOST = 500


def sweep(database: Database, *, ring_after_s: float) -> Swept:
    """Do one round. It reads first: most rounds find nothing and take no lock."""
    with database.read() as connection:
        lost = connection.execute(select(exists().where(_is_lost()))).scalar_one()
        overdue = connection.execute(select(exists().where(_is_overdue()))).scalar_one()
        waiting = [queue for queue in Queue if _is_waiting(connection, queue, ring_after_s)]
    requeued, failed, unrung = 0, 0, frozenset[Queue]()
    if lost:
        with database.write() as connection:
            requeued, failed = _give_back(connection)
    if overdue:
        with database.write() as connection:
            failed += len(_end(connection, _is_overdue(), transitions.overdue))
    if waiting:
        with database.write() as connection:
            unrung = _mark_rung(connection, waiting, ring_after_s)
    return Swept(requeued=requeued, failed=failed, unrung=unrung)


def _give_back(connection: Connection) -> tuple[int, int]:
    endings = _end(connection, _is_lost(), transitions.crash)
    failed = sum(ending.settled.gave_up for ending in endings)
    return len(endings) - failed, failed


def _end(
    connection: Connection, which: ColumnElement[bool], settle: Callable[[Job], Settled]
) -> list[settling.Ending]:
    """Write what becomes of some jobs."""
    found = select(jobs).where(which).order_by(jobs.c.sequence).limit(_MOST)
    # Locked rows are being claimed, completed, prolonged or swept by others right now.
    locked = connection.execute(found.with_for_update(skip_locked=True)).all()
    endings = []
    for row in locked:
        job = rows.job(row)
        endings.append(settling.Ending(sequence=row.sequence, job=job, settled=settle(job)))
    settling.write(connection, endings)
    return endings


def _is_lost() -> ColumnElement[bool]:
    return and_(is_running, jobs.c.lease_until <= db_now())


def _is_overdue() -> ColumnElement[bool]:
    late = jobs.c.deadline_at <= db_now_once()
    return and_(is_queued, has_deadline, late, has_not_begun)


def _is_waiting(connection: Connection, queue: Queue, ring_after_s: float) -> bool:
    """Whether a queue has a job that has waited long, and was not rung for since."""
    long_ago = db_now() - ring_after_s
    has_waited = exists().where(is_queued, jobs.c.queue == queue, jobs.c.available_at <= long_ago)
    was_rung = exists().where(bells.c.queue == queue, bells.c.rung_at > long_ago)
    found: bool = connection.execute(select(and_(has_waited, ~was_rung))).scalar_one()
    return found


def _mark_rung(
    connection: Connection, waiting: Sequence[Queue], ring_after_s: float
) -> frozenset[Queue]:
    """Note the ring once for a whole queue: a ring is for all jobs that wait in it.

    Marking each job would rewrite a backlog of 100,000 rows every few seconds. Of two sweepers at
    once, one finds the queue rung already.
    """
    new = upsert(connection, bells).values(
        [{"queue": queue, "rung_at": db_now()} for queue in sorted(waiting)]
    )
    ring = new.on_conflict_do_update(
        index_elements=[bells.c.queue],
        set_={"rung_at": db_now()},
        where=bells.c.rung_at <= db_now() - ring_after_s,
    )
    rung = connection.execute(ring.returning(bells.c.queue)).scalars()
    return frozenset(Queue(queue) for queue in rung)
