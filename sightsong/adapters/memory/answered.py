"""Answers that were given before, in memory. The caller holds the lock."""

from typing import Any

from sightsong.adapters.memory.state import Row, State
from sightsong.core.errors import JobErased, JobNotFound
from sightsong.core.jobs import Job, JobState, NewJob
from sightsong.core.tenancy import TenantId


def find(state: State, digest: str, *, tenant: TenantId, max_age_s: float) -> Job | None:
    """Find the newest job of a tenant that has answered the same."""
    since = state.clock() - max_age_s

    def is_meant(row: Row) -> bool:
        asked = (row.asked_digest, row.job.tenant, row.job.state)
        return asked == (digest, tenant, JobState.SUCCEEDED) and _ended_at(row) > since

    found = [row for row in state.rows.values() if is_meant(row)]
    return max(found, key=lambda row: (_ended_at(row), row.sequence)).job if found else None


def copied(state: State, new: NewJob, now: float) -> dict[str, Any]:
    """Tell what a new job has of the one that it copies, if it does; and its state.

    Raises:
        JobNotFound: its tenant has no such job to copy, or that has no answer.
        JobErased: the job to copy was erased.
    """
    if new.copy_of is None:
        return {"state": JobState.QUEUED}
    source = state.rows.get(new.copy_of)
    if source is None or source.job.tenant != new.tenant:
        raise JobNotFound
    if source.erased_at is not None:
        raise JobErased
    if source.job.result is None:
        raise JobNotFound
    return {
        "state": JobState.SUCCEEDED,
        "finished_at": now,
        "result": source.job.result,
        "cached_from": new.copy_of,
    }


def _ended_at(row: Row) -> float:
    return row.job.finished_at or 0.0
