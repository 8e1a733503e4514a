"""What a queued job may expect. The statements are made once: clients ask at each poll."""

from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Double,
    Integer,
    Row,
    Select,
    bindparam,
    func,
    select,
    tuple_,
    union_all,
)

from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.inserting import HELD_S
from sightsong.adapters.store.schema import has_ended, is_queued, is_suspect, jobs
from sightsong.core import rates
from sightsong.core.jobs import JobId, Outlook, Queue
from sightsong.core.rates import end_in_s

_RANK = (jobs.c.priority, jobs.c.available_at, jobs.c.sequence)
_MY_RANK: tuple[BindParameter[Any], ...] = (
    bindparam("p", type_=Integer),
    bindparam("a", type_=Double),
    bindparam("s"),
)
#: The jobs that the speed of a queue is taken from.
_LAST = 200


def outlook(connection: Connection, job_id: JobId, *, limit: int) -> Outlook | None:
    """Work out what a job may expect; None where it is not queued."""
    me = connection.execute(_ME, {"of_id": job_id}).first()
    if me is None:
        return None
    ahead = _ahead(connection, me, limit)
    if me.available_at >= HELD_S:
        return Outlook(ahead=ahead, eta_s=None)
    ended = _ended_lately(connection, me.queue, now=me.now)
    eta_s = end_in_s(ended, ahead=ahead, available_at=me.available_at, now=me.now)
    return Outlook(ahead=ahead, eta_s=eta_s)


def pace(connection: Connection, queue: Queue) -> float | None:
    """Work out how many jobs of a queue end in a second, of late; None where that is not known."""
    now = connection.execute(select(db_now())).scalar_one()
    return rates.pace(_ended_lately(connection, queue, now=now), now=now)


def _ended_lately(connection: Connection, queue: str, *, now: float) -> list[tuple[float, float]]:
    ended = connection.execute(_ENDED, {"of_queue": queue, "since": now - rates.LATELY_S})
    return [(row.started_at, row.finished_at) for row in ended]


def _ahead(connection: Connection, me: Row[Any], limit: int) -> int:
    """Count what is claimed before a job: suspects before all others."""
    values = {"of_queue": me.queue, "p": me.priority, "a": me.available_at, "s": me.sequence}

    def count(statement: Select[Any], most: int) -> int:
        return int(connection.execute(statement, values | {"most": most}).scalar_one())

    if me.crash_count > 0:
        return count(_SUSPECTS_BEFORE, limit)
    before = count(_BEFORE, limit)
    return before + count(_SUSPECTS_AFTER, limit - before) if before < limit else limit


def _counted(*which: ColumnElement[bool]) -> Select[Any]:
    is_hot = jobs.c.available_at < HELD_S
    found = select(jobs.c.sequence).where(
        is_queued, jobs.c.queue == bindparam("of_queue"), is_hot, *which
    )
    most = bindparam("most", type_=Integer)
    return select(func.count()).select_from(found.limit(most).subquery())


def _ended(is_there: ColumnElement[bool]) -> Select[Any]:
    since = bindparam("since", type_=Double)
    last = (
        select(jobs.c.started_at, jobs.c.finished_at)
        .where(has_ended, jobs.c.queue == bindparam("of_queue"), is_there)
        .where(jobs.c.finished_at > since, jobs.c.started_at.is_not(None))
        .order_by(jobs.c.finished_at.desc())
        .limit(_LAST)
    )
    return select(last.subquery())


_ME = select(jobs.c.queue, jobs.c.crash_count, *_RANK, db_now().label("now")).where(
    jobs.c.id == bindparam("of_id"), is_queued
)
_BEFORE = _counted(tuple_(*_RANK) < tuple_(*_MY_RANK))
_SUSPECTS_BEFORE = _counted(is_suspect, tuple_(*_RANK) < tuple_(*_MY_RANK))
_SUSPECTS_AFTER = _counted(is_suspect, tuple_(*_RANK) > tuple_(*_MY_RANK))
#: What was erased since it ended counts as well: some clients do so at once.
_ENDED = union_all(
    _ended(jobs.c.erased_at.is_(None)),
    _ended(jobs.c.erased_at > bindparam("since", type_=Double)),
)
