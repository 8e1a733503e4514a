"""Jobs by their ids, with their results."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from sightsong.adapters.store import rows
from sightsong.adapters.store.schema import jobs, results
from sightsong.core.jobs import Job, JobId
from sightsong.core.tenancy import TenantId


def jobs_of(
    connection: Connection, job_ids: Sequence[JobId]
) -> dict[tuple[JobId, TenantId], Job | None]:
    """Read what there is of some jobs, each under its tenant; None for erased ones."""
    found: dict[tuple[JobId, TenantId], Job | None] = {}
    for chunk in rows.chunks(job_ids):
        for row in connection.execute(_FIND, {"these": chunk}):
            is_erased = row.erased_at is not None
            found[JobId(row.id), TenantId(row.tenant)] = None if is_erased else rows.job(row)
    return found


# Built once: that costs more than to run it.
_FIND: Select[Any] = (
    select(*rows.SHOWN, jobs.c.erased_at, results.c.payload)
    .outerjoin_from(jobs, results, results.c.job_id == jobs.c.id)
    .where(jobs.c.id.in_(bindparam("these", expanding=True)))
)
