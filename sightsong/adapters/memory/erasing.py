"""Erasing what jobs hold, in memory. The caller holds the lock."""

from dataclasses import replace

from sightsong.adapters.memory import keys
from sightsong.adapters.memory.state import Row, State
from sightsong.core.errors import Conflict
from sightsong.core.jobs import BlobId, Expired, Queue
from sightsong.core.tenancy import NOBODY, TenantId, UserId


def erase(state: State, row: Row) -> BlobId | None:
    """Erase a job; returns the blob whose bytes are to go.

    Raises:
        Conflict: it is no photo or text.
    """
    if row.job.kind.queue is not Queue.PHOTOS:
        raise Conflict("Only photos and texts can be erased.")
    if row.erased_at is not None:
        return None
    return _erase(state, row)


def expired(state: State, *, limit: int, job_keep_s: float) -> Expired:
    """Erase what has been kept long enough; tells what went."""
    now = state.clock()
    found = [row for row in state.rows.values() if row.job.kind.queue is Queue.PHOTOS]
    old = [row for row in found if row.erased_at is None and _has_ended(row, now - job_keep_s)]
    gone = [_erase(state, row) for row in old[:limit]]
    seen = [row for row in found if row.image_until is not None and row.image_until <= now]
    gone += [_drop_image(row) for row in seen[:limit]]
    keys.forget_old(state)
    blob_ids = tuple(blob_id for blob_id in gone if blob_id is not None)
    return Expired(blobs=blob_ids, changed=len(gone))


def of_somebody(state: State, tenant: TenantId, user: UserId | None, *, limit: int) -> Expired:
    """Erase photos and texts of a tenant, or of one of its users (`NOBODY`: the tenant itself)."""
    theirs = [
        row
        for row in state.rows.values()
        if row.job.kind.queue is Queue.PHOTOS and row.erased_at is None
        if row.job.tenant == tenant and user in (None, row.job.user or NOBODY)
    ]
    gone = [_erase(state, row) for row in theirs[:limit]]
    blob_ids = tuple(blob_id for blob_id in gone if blob_id is not None)
    return Expired(blobs=blob_ids, changed=len(gone))


def _has_ended(row: Row, before: float) -> bool:
    finished_at = row.job.finished_at
    return finished_at is not None and finished_at <= before


def _erase(state: State, row: Row) -> BlobId | None:
    """Leave nothing of its sender's."""
    blob_id = row.job.blob_id
    version = row.job.state_version
    state.cancel(row)
    row.job = replace(
        row.job,
        state_version=version + 1,
        params={},
        blob_id=None,
        error=None,
        result=None,
        custom_id=None,
        deadline_at=None,
        user=None,  # of whose tenant it was stays: to others it was never there
        cached_from=None,
    )
    row.webhook_id, row.asked_digest = None, None
    row.keep_image_s, row.image_until, row.erased_at = None, None, state.clock()
    state.queries.pop(row.job.id, None)
    state.forget_deliveries(lambda told: told.subject_id == row.job.id)
    for used in state.keys.values():
        if used.job_id == row.job.id:
            used.fingerprint = None
    return blob_id


def _drop_image(row: Row) -> BlobId | None:
    """Forget an image while its job stays. Nothing that is shown of the job changes by it."""
    blob_id = row.job.blob_id
    row.job = replace(row.job, blob_id=None)
    row.image_until = None
    return blob_id
