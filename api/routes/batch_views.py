"""From batches to the JSON of the answers. The same batch always gives the same bytes."""

from typing import Any

from api import views
from sightsong.core.batches import Batch, Item
from sightsong.core.errors import JobErased
from sightsong.core.jobs import Job, JobState


def batch_view(batch: Batch) -> dict[str, Any]:
    """Show a batch."""
    finished_at = batch.finished_at
    counts = {state.value: batch.counts.get(state, 0) for state in JobState}
    return {
        "id": batch.id,
        "custom_id": batch.custom_id,
        "state": batch.state.value,
        "version": batch.version,
        "created_at": views.time_view(batch.created_at),
        "finished_at": None if finished_at is None else views.time_view(finished_at),
        "total": batch.total,
        "counts": {**counts, "refused": batch.refused},
        "cancel_requested": batch.is_canceled,
    }


def line_view(item: Item) -> dict[str, Any]:
    """Show an item with its result, or with why it has none."""
    job = item.job
    line = {"position": item.position, "custom_id": item.custom_id}
    if job is None:
        error = item.error
        told = None if error is None else {"code": error.code, "detail": error.detail}
        return {**line, "job_id": None, "state": "refused", "result": None, "error": told}
    said = {"job_id": job.id, "state": job.state.value}
    if item.is_erased:
        gone = JobErased()
        told = {"code": gone.code, "detail": gone.detail}
        return {**line, **said, "result": None, "error": told}
    result = None if job.result is None else views.with_audio(job.result)
    return {**line, **said, "result": result, "error": _error(job)}


def _error(job: Job) -> dict[str, str] | None:
    """Why a job has failed; of one that is tried again, nothing is to be told yet."""
    if job.state is not JobState.FAILED or job.error is None:
        return None
    return {"code": job.error.code, "detail": job.error.detail}
