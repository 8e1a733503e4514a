"""Reading batches, and counting their jobs."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Integer,
    Row,
    Select,
    bindparam,
    cast,
    func,
    select,
)

from sightsong.adapters.store import rows
from sightsong.adapters.store.batching import IS_ITEM
from sightsong.adapters.store.schema import batches, jobs, results
from sightsong.core.batches import Batch, BatchId, Item, Refused, version_of
from sightsong.core.errors import BatchErased, BatchNotFound
from sightsong.core.jobs import JobError, JobId, JobState
from sightsong.core.tenancy import TenantId, UserId


def find(connection: Connection, batch_id: BatchId, tenant: TenantId | None) -> Row[Any]:
    """Find the row of a batch.

    Raises:
        BatchNotFound: there is none.
        BatchErased: there was one, and what it held is gone.
    """
    row = find_any(connection, batch_id, tenant)
    if row.erased_at is not None:
        raise BatchErased
    return row


def find_any(connection: Connection, batch_id: BatchId, tenant: TenantId | None) -> Row[Any]:
    """Find the row of a batch, be it erased.

    Raises:
        BatchNotFound: there is none.
    """
    this: Select[Any] = select(batches).where(batches.c.id == batch_id)
    row = connection.execute(this).first()
    if row is None or (tenant is not None and row.tenant != tenant):
        raise BatchNotFound
    return row


def read(connection: Connection, found: Sequence[Row[Any]]) -> list[Batch]:
    """Make batches of their rows, with the counts of all of them from one query."""
    ids = [row.id for row in found]
    tallies: dict[str, list[Row[Any]]] = {one: [] for one in ids}
    for chunk in rows.chunks(ids):
        for tally in connection.execute(_COUNT, {"batch_ids": chunk}):
            tallies[tally.parent_id].append(tally)
    return [_batch(row, tallies[row.id]) for row in found]


def versions(connection: Connection, batch_ids: Iterable[JobId]) -> dict[JobId, int]:
    """Read the versions of batches that are not erased."""
    found: dict[JobId, int] = {}
    for chunk in rows.chunks(batch_ids):
        for row in connection.execute(_VERSIONS, {"batch_ids": chunk}):
            version = version_of(row.state_versions, is_canceled=row.is_canceled)
            found[JobId(row.id)] = version
    return found


def items(connection: Connection, batch_id: BatchId, positions: range) -> list[Item]:
    """Read the items of jobs at some positions, in order."""
    joined = jobs.outerjoin(results, results.c.job_id == jobs.c.id)
    page: Select[Any] = (
        select(jobs, results.c.payload)
        .select_from(joined)
        .where(jobs.c.parent_id == batch_id, IS_ITEM)
        .where(jobs.c.position >= positions.start, jobs.c.position < positions.stop)
        .order_by(jobs.c.position)
    )
    return [
        Item(
            position=row.position,
            custom_id=row.custom_id,
            job=rows.job(row),
            is_erased=row.erased_at is not None,
        )
        for row in connection.execute(page)
    ]


def refused(row: Row[Any]) -> list[Refused]:
    """Read the refused items of a batch."""
    return [Refused(**one | {"error": JobError(**one["error"])}) for one in row.refused]


def _batch(row: Row[Any], tallies: Sequence[Row[Any]]) -> Batch:
    changes = sum(tally.state_versions for tally in tallies)
    return Batch(
        id=BatchId(JobId(row.id)),
        tenant=TenantId(row.tenant),
        user=None if row.user_id is None else UserId(row.user_id),
        custom_id=row.custom_id,
        total=row.total,
        refused=len(row.refused),
        counts={JobState(one.state): one.jobs for one in tallies},
        version=version_of(changes, is_canceled=row.is_canceled),
        created_at=row.created_at,
        finished_at=row.finished_at,
        is_canceled=row.is_canceled,
    )


# Built once: that costs more than to run them.
_IN_THESE: BindParameter[Any] = bindparam("batch_ids", expanding=True)
_STATE_VERSIONS = cast(func.sum(jobs.c.state_version), Integer).label("state_versions")
_COUNT: Select[Any] = (
    select(jobs.c.parent_id, jobs.c.state, func.count().label("jobs"), _STATE_VERSIONS)
    .where(jobs.c.parent_id.in_(_IN_THESE), IS_ITEM)
    .group_by(jobs.c.parent_id, jobs.c.state)
)
_VERSIONS: Select[Any] = (
    select(batches.c.id, batches.c.is_canceled, _STATE_VERSIONS)
    .join_from(batches, jobs, (jobs.c.parent_id == batches.c.id) & IS_ITEM)
    .where(batches.c.id.in_(_IN_THESE), batches.c.erased_at.is_(None))
    .group_by(batches.c.id, batches.c.is_canceled)
)
