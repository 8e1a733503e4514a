"""The batches: jobs that were handed in together."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from sightsong.core.batches import Batch, BatchId, Gathered, Item, NewBatch
from sightsong.core.jobs import BlobId, Idempotency, JobId
from sightsong.core.tenancy import TenantId, UserId


class Batches(Protocol):
    """The rows of batches. A batch of another tenant is none; `tenant` None: whoever's."""

    def submit(self, new: NewBatch, key: Idempotency | None = None) -> Gathered:
        """Store a batch, all its jobs (with the rows of their blobs) and its key, or none of it.

        Of a key that was used for the same batch within `IDEMPOTENCY_S`, that batch is returned,
        and nothing is stored. Keys of batches are other keys than those of jobs.

        Raises:
            IdempotencyMismatch: the key was used for another batch; not retried.
            BatchErased: the batch of this submit was erased; it is not made again.
            QuotaExceeded: the day's count of its key would be passed by it.
            StoreUnavailable: the database does not answer (503).
        """
        ...

    def replay(self, key: Idempotency) -> Batch | None:
        """Find the batch that a submit of this key has made already.

        Raises:
            IdempotencyMismatch: the key was used for another batch; not retried.
            BatchErased: the batch of this submit was erased.
        """
        ...

    def get(self, batch_id: BatchId, *, tenant: TenantId | None = None) -> Batch:
        """Read a batch, and count its jobs.

        Raises:
            BatchNotFound: there is none.
            BatchErased: there was one, and what it held is gone.
        """
        ...

    def listed(
        self,
        tenant: TenantId | None,
        *,
        user: UserId | None = None,
        limit: int,
        before: BatchId | None = None,
    ) -> list[Batch]:
        """List batches, newest first; those before a given one. No erased ones.

        Those of a user alone, where one is named (`NOBODY`: of the tenant itself).
        """
        ...

    def items(self, batch_id: BatchId, *, first: int, limit: int) -> list[Item]:
        """Read the items at `limit` positions from `first` on, in order, with their results."""
        ...

    def versions(self, batch_ids: Iterable[JobId]) -> Mapping[JobId, int]:
        """Read the `version` of many batches at once; unknown and erased ones are left out."""
        ...

    def cancel(self, batch_id: BatchId, *, tenant: TenantId | None = None) -> Batch:
        """Give up all of its jobs that have not ended. Again is fine.

        Raises:
            BatchNotFound: there is none.
            BatchErased: there was one, and what it held is gone.
            Conflict: all of them had ended before.
        """
        ...

    def erase(self, batch_id: BatchId, *, tenant: TenantId | None = None) -> list[BlobId]:
        """Erase a batch and all its jobs, as `Jobs.erase` does each. Again is fine.

        Returns:
            The blobs whose bytes are to be deleted now.

        Raises:
            BatchNotFound: there is none.
        """
        ...
