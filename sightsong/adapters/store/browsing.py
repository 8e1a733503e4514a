"""Lists of jobs, newest first, by keyset: each page costs the same, however many there are."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, func, select, tuple_

from sightsong.adapters.store import rows
from sightsong.adapters.store.schema import (
    is_canceled,
    is_failed,
    is_queued,
    is_running,
    jobs,
)
from sightsong.core.jobs import Job, JobFilter, JobId, JobKind, JobState
from sightsong.core.tenancy import NOBODY

#: Up to so many waiting jobs are gone through; of more, the newest of all jobs will show enough.
_FEW = 2000
#: More than any job has spawned: only there to keep the planner from other indexes.
_MANY = 10_000_000


def listed(
    connection: Connection, where: JobFilter, *, limit: int, before: JobId | None
) -> list[Job]:
    """Read a page. Each kind is read by itself, as the index has them apart.

    Those of a named user or of a batch are read together: their index has all kinds in one. After
    what is not of the tenant there is nothing; what was erased there keeps its place.
    """
    last: Row[Any] | None = None
    if before is not None:
        age: Select[Any] = select(jobs.c.created_at, jobs.c.sequence).where(jobs.c.id == before)
        if where.tenant is not None:
            age = age.where(jobs.c.tenant == where.tenant)
        last = connection.execute(age).first()
        if last is None:
            return []
    found: list[Row[Any]] = []
    kinds = tuple(dict.fromkeys(where.kinds or JobKind))
    is_by_age = bool(where.user) or where.parent_id is not None
    for some in [kinds] if is_by_age else [(kind,) for kind in kinds]:
        source = _source(connection, some, where)
        wanted = _conditions(source, some, where, last)
        found += connection.execute(_page(source, *wanted).limit(limit))
    newest = sorted(found, key=lambda row: (row.created_at, row.sequence), reverse=True)
    return [rows.job(row) for row in newest[:limit]]


def _page(source: FromClause, *wanted: ColumnElement[bool]) -> Select[Any]:
    columns = [source.c[column.name] for column in rows.SHOWN]
    newest_first = (source.c.created_at.desc(), source.c.sequence.desc())
    return select(source.c.sequence, *columns).where(*wanted).order_by(*newest_first)


def _conditions(
    source: FromClause, kinds: Sequence[JobKind], where: JobFilter, last: Row[Any] | None
) -> Iterator[ColumnElement[bool]]:
    yield source.c.kind == kinds[0] if len(kinds) == 1 else source.c.kind.in_(kinds)
    yield source.c.erased_at.is_(None)
    if where.tenant is not None:
        yield source.c.tenant == where.tenant
    if where.user is not None:
        is_nobody = source.c.user_id.is_(None)
        yield is_nobody if where.user == NOBODY else source.c.user_id == where.user
    if where.parent_id is not None:
        yield source.c.parent_id == where.parent_id
    if where.state is not None:
        yield _in_state(source, where.state)
    if where.custom_id is not None:
        yield source.c.custom_id == where.custom_id
    if where.created_after is not None:
        yield source.c.created_at > where.created_after
    if last is not None:
        age = tuple_(source.c.created_at, source.c.sequence)
        yield age < tuple_(last.created_at, last.sequence)


def _in_state(source: FromClause, state: JobState) -> ColumnElement[bool]:
    """Say a state, in the words of the index that knows the jobs in it if there is one."""
    named = {JobState.FAILED: is_failed, JobState.CANCELED: is_canceled}
    return named.get(state, source.c.state == state)


def _source(connection: Connection, kinds: Sequence[JobKind], where: JobFilter) -> FromClause:
    """Choose what to look through: all jobs, or the few of a batch or in a state, however old."""
    if where.parent_id is not None:
        return _few(jobs.c.parent_id == where.parent_id, most=_MANY)
    if where.state is JobState.RUNNING:
        return _few(is_running)
    if where.state is not JobState.QUEUED:
        return jobs  # of ended ones, those that have succeeded are most and are soon found
    waiting = (is_queued, jobs.c.queue.in_(sorted({kind.queue for kind in kinds})))
    first = select(jobs.c.sequence).where(*waiting).limit(_FEW).subquery()
    counted = connection.execute(select(func.count()).select_from(first)).scalar_one()
    return _few(*waiting) if counted < _FEW else jobs


def _few(*which: ColumnElement[bool], most: int = _FEW) -> FromClause:
    """Read jobs apart: planners do not see through the limit, to some other index."""
    return select(jobs).where(*which).limit(most).subquery()
