"""Erasing: rows first, then bytes. What stays of those, the indexer removes in time."""

import contextlib
from collections.abc import Iterable

from sightsong.core import errors, ports
from sightsong.core.batches import BatchId
from sightsong.core.jobs import BlobId, JobId
from sightsong.core.tenancy import TenantId, UserId

#: Rows that go in one transaction: others must not wait for a large history.
_AT_ONCE = 200


def erase_job(stores: ports.Stores, job_id: JobId, *, tenant: TenantId | None = None) -> None:
    """Erase a job, with all that it holds; again is fine.

    Raises:
        JobNotFound: there is none, or it is not of this tenant.
        Conflict: it is no photo or text.
    """
    blob_id = stores.jobs.erase(job_id, tenant=tenant)
    discard(stores, () if blob_id is None else (blob_id,))


def erase_batch(stores: ports.Stores, batch_id: BatchId, *, tenant: TenantId | None = None) -> None:
    """Erase a batch, with all of its jobs; again is fine.

    Raises:
        BatchNotFound: there is none, or it is not of this tenant.
    """
    discard(stores, stores.batches.erase(batch_id, tenant=tenant))


def erase_user(stores: ports.Stores, tenant: TenantId, user: UserId | None) -> None:
    """Erase the jobs of a user, and what is remembered of them; again is fine.

    Args:
        stores: where it all is.
        tenant: whose user it is.
        user: `NOBODY`: the tenant itself; None: the tenant with all of its users.

    Raises:
        StoreUnavailable: the database does not answer; what was erased by then is gone.
    """
    while (gone := stores.people.erase(tenant, user, limit=_AT_ONCE)).changed:
        discard(stores, gone.blobs)


def discard(stores: ports.Stores, blob_ids: Iterable[BlobId]) -> None:
    """Remove bytes that no row names any more, as far as that can be done now."""
    for blob_id in blob_ids:
        with contextlib.suppress(OSError, errors.SightsongError):
            stores.blobs.delete(blob_id)
