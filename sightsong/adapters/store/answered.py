"""Answers that were given before: found by what was asked, and copied to who asks it again."""

from typing import Any

from sqlalchemy import Connection, Double, Row, Select, bindparam, select

from sightsong.adapters.store import rows
from sightsong.adapters.store.clock import db_now_once
from sightsong.adapters.store.schema import is_kept, jobs, queries, results
from sightsong.core.errors import JobErased, JobNotFound
from sightsong.core.jobs import Job, JobId, JobState
from sightsong.core.tenancy import TenantId


def find(connection: Connection, digest: str, *, tenant: TenantId, max_age_s: float) -> Job | None:
    """Read the newest job of a tenant that has answered the same, with its result."""
    asked = {"digest": digest, "of_tenant": tenant, "max_age_s": max_age_s}
    row = connection.execute(_FIND, asked).first()
    return None if row is None else rows.job(row)


def hold(connection: Connection, job_id: JobId, *, tenant: TenantId) -> Row[Any]:
    """Read an answer that is to be copied; its job is not erased before this transaction ends.

    Raises:
        JobNotFound: the tenant has no such job, or it has no answer.
        JobErased: it was erased.
    """
    row = connection.execute(_HOLD, {"of_id": job_id, "of_tenant": tenant}).first()
    if row is None:
        raise JobNotFound
    if row.erased_at is not None:
        raise JobErased
    answer = connection.execute(_ANSWER, {"of_id": job_id}).first()
    if answer is None:
        raise JobNotFound
    return answer


def copy(connection: Connection, source: JobId, job_id: JobId) -> None:
    """Give a job the result and the query of one whose answer is held."""
    both = {"source": source, "copy": job_id}
    for statement in _COPIES:
        connection.execute(statement, both)


# Built once: that costs more than to run them.
_FIND: Select[Any] = (
    select(*rows.SHOWN, results.c.payload)
    .join_from(jobs, results, results.c.job_id == jobs.c.id)
    .where(
        jobs.c.asked_digest == bindparam("digest"),
        is_kept,
        jobs.c.tenant == bindparam("of_tenant"),
        jobs.c.state == JobState.SUCCEEDED,
        jobs.c.finished_at > db_now_once() - bindparam("max_age_s", type_=Double),
    )
    .order_by(jobs.c.finished_at.desc(), jobs.c.sequence.desc())
    .limit(1)
)
_HOLD: Select[Any] = (
    select(jobs.c.erased_at)
    .where(jobs.c.id == bindparam("of_id"), jobs.c.tenant == bindparam("of_tenant"))
    .with_for_update(read=True)
)
_ANSWER = select(results.c.payload).where(results.c.job_id == bindparam("of_id"))


def _copy(table: Any) -> Any:  # noqa: ANN401 - of any table: its columns are read from it
    others = [column for column in table.c if column.name != "job_id"]
    same = select(bindparam("copy", type_=table.c.job_id.type), *others)
    same = same.where(table.c.job_id == bindparam("source"))
    return table.insert().from_select(["job_id", *(one.name for one in others)], same)


_COPIES = (_copy(results), _copy(queries))
