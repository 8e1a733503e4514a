"""New job rows of a whole batch: few statements, however many items it has."""

from dataclasses import replace
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from sightsong.adapters.store import ended, inserting
from sightsong.adapters.store.schema import jobs, queries, results
from sightsong.core.batches import BatchId, NewBatch
from sightsong.core.errors import JobErased, JobNotFound
from sightsong.core.jobs import JobId, NewJob
from sightsong.core.tenancy import TenantId


def add_jobs(connection: Connection, new: NewBatch, batch_id: BatchId) -> None:
    """Insert the jobs of a batch: queued, or as copies of others with the answers of those.

    Raises:
        JobNotFound: the tenant has no such job to copy, or that has no answer.
        JobErased: a job to copy was erased.
    """
    sources = {one.copy_of for one in new.jobs if one.copy_of is not None}
    if sources:
        _hold(connection, sources, new.tenant)
    blobs = [one.blob for one in new.jobs if one.blob is not None and one.copy_of is None]
    if blobs:
        rows = [inserting.columns_of_blob(one) for one in blobs]
        connection.execute(inserting.ADD_BLOBS, rows)
    if new.jobs:
        connection.execute(inserting.ADD_JOBS, [_columns(one, batch_id) for one in new.jobs])
    if sources:
        _copy(connection, batch_id)


def _hold(connection: Connection, sources: set[JobId], tenant: TenantId) -> None:
    """Keep answers from being erased before this transaction ends.

    Their jobs are locked in the order of their sequence, as by all who lock several.
    """
    found = connection.execute(_HOLD, {"sources": sorted(sources), "of_tenant": tenant}).all()
    if any(row.erased_at is not None for row in found):
        raise JobErased
    answers = connection.execute(_ANSWERED, {"sources": sorted(sources)}).scalars().all()
    if len(found) < len(sources) or len(answers) < len(sources):
        raise JobNotFound


def _columns(new: NewJob, batch_id: BatchId) -> dict[str, Any]:
    one = replace(new, parent_id=batch_id)
    make = inserting.columns if new.copy_of is None else inserting.columns_of_copy
    return make(inserting.new_id(), one)


def _copy(connection: Connection, batch_id: BatchId) -> None:
    """Give all copies in a batch their results and queries; with that they have ended."""
    for statement in _COPIES:
        connection.execute(statement, {"of_batch": batch_id})
    copies = connection.execute(_SEQUENCES, {"of_batch": batch_id}).scalars().all()
    ended.ended(connection, copies)


# Built once: that costs more than to run them.
_THESE: Any = bindparam("sources", expanding=True)
_IS_COPY = (jobs.c.parent_id == bindparam("of_batch")) & jobs.c.cached_from.is_not(None)
_HOLD: Select[Any] = (
    select(jobs.c.erased_at)
    .where(jobs.c.id.in_(_THESE), jobs.c.tenant == bindparam("of_tenant"))
    .order_by(jobs.c.sequence)
    .with_for_update(read=True)
)
_ANSWERED = select(results.c.job_id).where(results.c.job_id.in_(_THESE))
_SEQUENCES = select(jobs.c.sequence).where(_IS_COPY).order_by(jobs.c.sequence)


def _copying(table: Any) -> Any:  # noqa: ANN401 - of any table: its columns are read from it
    others = [column for column in table.c if column.name != "job_id"]
    same = select(jobs.c.id, *others).join_from(jobs, table, table.c.job_id == jobs.c.cached_from)
    names = list(chain(["job_id"], (one.name for one in others)))
    return table.insert().from_select(names, same.where(_IS_COPY))


_COPIES = (_copying(results), _copying(queries))
