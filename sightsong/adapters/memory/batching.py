"""Ending batches with their last jobs, in memory. The caller holds the lock."""

from collections.abc import Iterable

from sightsong.adapters.memory.state import State
from sightsong.core.batches import BatchId
from sightsong.core.jobs import JobId


def close_ended(state: State, parent_ids: Iterable[str | None]) -> list[str]:
    """Note the end of those of some parents that are batches whose last job has ended by now."""
    closed = []
    for parent_id in sorted({one for one in parent_ids if one is not None}):
        row = state.batches.get(BatchId(JobId(parent_id)))
        ends = [one.job.finished_at for one in state.children(JobId(parent_id))]
        known = [at for at in ends if at is not None]
        if row is not None and row.finished_at is None and len(known) == len(ends):
            row.finished_at = max([row.created_at, *known])
            closed.append(parent_id)
    return closed
