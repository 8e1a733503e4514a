"""Lists of jobs, and what those that wait may expect, in memory. The caller holds the lock."""

from dataclasses import replace

from sightsong.adapters.memory.state import Row, State
from sightsong.core import rates
from sightsong.core.jobs import Job, JobFilter, JobId, JobState, Outlook, Queue
from sightsong.core.rates import end_in_s
from sightsong.core.tenancy import NOBODY


def listed(state: State, where: JobFilter, *, limit: int, before: JobId | None) -> list[Job]:
    """List jobs, newest first, without results."""
    found = [row for row in state.rows.values() if row.erased_at is None and _is_in(row, where)]
    if before is not None:
        last = state.rows.get(before)
        if last is not None and where.tenant not in (None, last.job.tenant):
            last = None
        found = [row for row in found if last is not None and _age(row) < _age(last)]
    newest = sorted(found, key=_age, reverse=True)
    return [replace(row.job, result=None) for row in newest[:limit]]


def outlook(state: State, row: Row, *, limit: int) -> Outlook | None:
    """Work out what a job may expect; None where it is not queued."""
    if row.job.state is not JobState.QUEUED:
        return None
    queue = row.job.kind.queue
    ahead = [one for one in state.queued(queue) if not one.is_held and _turn(one) < _turn(row)]
    counted = min(limit, len(ahead))
    if row.is_held:
        return Outlook(ahead=counted, eta_s=None)
    now = state.clock()
    ended = _ended_lately(state, queue, now=now)
    eta_s = end_in_s(ended, ahead=counted, available_at=row.available_at, now=now)
    return Outlook(ahead=counted, eta_s=eta_s)


def pace(state: State, queue: Queue) -> float | None:
    """Work out how many jobs of a queue end in a second, of late; None where that is not known."""
    now = state.clock()
    return rates.pace(_ended_lately(state, queue, now=now), now=now)


def _ended_lately(state: State, queue: Queue, *, now: float) -> list[tuple[float, float]]:
    return [
        (job.started_at, job.finished_at)
        for job in (one.job for one in state.rows.values())
        if job.kind.queue is queue and job.started_at is not None
        if job.finished_at is not None and job.finished_at > now - rates.LATELY_S
    ]


def _is_in(row: Row, where: JobFilter) -> bool:
    job = row.job
    return (
        (not where.kinds or job.kind in where.kinds)
        and (where.state is None or job.state is where.state)
        and (where.custom_id is None or job.custom_id == where.custom_id)
        and (where.created_after is None or job.created_at > where.created_after)
        and (where.tenant is None or job.tenant == where.tenant)
        and (where.user is None or (job.user or NOBODY) == where.user)
        and (where.parent_id is None or job.parent_id == where.parent_id)
    )


def _age(row: Row) -> tuple[float, int]:
    return row.job.created_at, row.sequence


def _turn(row: Row) -> tuple[bool, bool, tuple[int, float, int]]:
    """When a job is claimed: suspects before all others, those of paused ingests last."""
    return row.is_held, row.job.crash_count == 0, row.rank
