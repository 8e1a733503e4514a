"""The batches in SQL."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Select, insert, select

from sightsong.adapters.store import (
    batch_inserting,
    batch_keys,
    batch_reading,
    batching,
    canceling,
    ended,
    erasing,
    inserting,
    usage,
)
from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.connect import Database
from sightsong.adapters.store.schema import batches, jobs
from sightsong.core.batches import MOST_ITEMS, Batch, BatchId, Gathered, Item, NewBatch, in_order
from sightsong.core.errors import Conflict
from sightsong.core.jobs import BlobId, Idempotency, JobId
from sightsong.core.tenancy import NOBODY, TenantId, UserId


class SqlBatches:
    """The `Batches` port over SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def submit(self, new: NewBatch, key: Idempotency | None = None) -> Gathered:
        """Store a batch, all its jobs and its key, or none of it.

        Raises:
            IdempotencyMismatch: the key was used for another batch.
            BatchErased: the batch of this submit was erased.
            QuotaExceeded: the day's count of its key would be passed by it.
        """
        batch_id = BatchId(inserting.new_id())

        def work(connection: Connection) -> Gathered:
            if key is not None and not batch_keys.take(connection, key, batch_id):
                found = batch_keys.find(connection, key)
                if found is not None:
                    (there,) = batch_reading.read(connection, [found])
                    return Gathered(batch=there, is_replay=True)
            _add(connection, new, batch_id)
            return Gathered(batch=_read(connection, batch_id))

        return self._database.in_write(work)

    def replay(self, key: Idempotency) -> Batch | None:
        """Find the batch that a submit of this key has made already.

        Raises:
            IdempotencyMismatch: the key was used for another batch.
            BatchErased: the batch of this submit was erased.
        """
        with self._database.read() as connection:
            found = batch_keys.find(connection, key)
            return None if found is None else batch_reading.read(connection, [found])[0]

    def get(self, batch_id: BatchId, *, tenant: TenantId | None = None) -> Batch:
        """Read a batch, and count its jobs.

        Raises:
            BatchNotFound: there is none.
            BatchErased: there was one, and what it held is gone.
        """
        with self._database.read() as connection:
            return _read(connection, batch_id, tenant)

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
        page = select(batches).where(batches.c.erased_at.is_(None))
        if tenant is not None:
            page = page.where(batches.c.tenant == tenant)
        if user is not None:
            is_nobody = batches.c.user_id.is_(None)
            page = page.where(is_nobody if user == NOBODY else batches.c.user_id == user)
        if before is not None:
            last = select(batches.c.sequence).where(batches.c.id == before).scalar_subquery()
            page = page.where(batches.c.sequence < last)
        with self._database.read() as connection:
            found = connection.execute(page.order_by(batches.c.sequence.desc()).limit(limit)).all()
            return batch_reading.read(connection, found)

    def items(self, batch_id: BatchId, *, first: int, limit: int) -> list[Item]:
        """Read the items at `limit` positions from `first` on, in order, with their results.

        Raises:
            BatchNotFound: there is none.
            BatchErased: there was one, and what it held is gone.
        """
        positions = range(first, first + limit)
        with self._database.read() as connection:
            refused = batch_reading.refused(batch_reading.find(connection, batch_id, None))
            found = batch_reading.items(connection, batch_id, positions)
        return list(in_order(found, [one for one in refused if one.position in positions]))

    def versions(self, batch_ids: Iterable[JobId]) -> Mapping[JobId, int]:
        """Read the `version` of many batches at once; unknown and erased ones are left out."""
        with self._database.read() as connection:
            return batch_reading.versions(connection, batch_ids)

    def cancel(self, batch_id: BatchId, *, tenant: TenantId | None = None) -> Batch:
        """Give up all of its jobs that have not ended. Again is fine.

        Raises:
            BatchNotFound: there is none.
            BatchErased: there was one, and what it held is gone.
            Conflict: all of them had ended before.
        """

        def work(connection: Connection) -> Batch:
            _cancel(connection, batch_id, tenant)
            return _read(connection, batch_id)

        return self._database.in_write(work)

    def erase(self, batch_id: BatchId, *, tenant: TenantId | None = None) -> list[BlobId]:
        """Erase a batch and all its jobs. Again is fine.

        Returns:
            The blobs whose bytes are to be deleted now.

        Raises:
            BatchNotFound: there is none.
        """

        def work(connection: Connection) -> Sequence[BlobId]:
            batch_reading.find_any(connection, batch_id, tenant)
            of_batch = (jobs.c.parent_id == batch_id) & batching.IS_ITEM
            return erasing.of_somebody(connection, of_batch, limit=MOST_ITEMS).blobs

        erased = self._database.in_write(work)
        self._database.forget_deleted()
        return list(erased)


def _read(connection: Connection, batch_id: BatchId, tenant: TenantId | None = None) -> Batch:
    return batch_reading.read(connection, [batch_reading.find(connection, batch_id, tenant)])[0]


def _add(connection: Connection, new: NewBatch, batch_id: BatchId) -> None:
    """Insert a batch after its jobs: what ends at once must not end it before it is whole."""
    batch_inserting.add_jobs(connection, new, batch_id)
    columns = {
        "id": batch_id,
        "tenant": new.tenant,
        "user_id": new.user,
        "custom_id": new.custom_id,
        "total": new.total,
        "refused": [asdict(one) for one in new.refused],
        "is_canceled": False,
        "webhook_id": new.webhook_id,
    }
    connection.execute(insert(batches).values(created_at=db_now()), columns)
    ended.close_batches(connection, [batch_id])  # if all of it was answered before
    usage.count(connection, new.tenant, new.account, photos=new.photos, texts=new.texts)


def _cancel(connection: Connection, batch_id: BatchId, tenant: TenantId | None) -> None:
    """Give up all jobs of a batch that have not ended."""
    batch_reading.find(connection, batch_id, tenant)
    _lock_open(connection, batch_id)
    this: Select[Any] = select(batches).where(batches.c.id == batch_id)
    row = connection.execute(this.with_for_update()).one()
    if row.finished_at is not None and not row.is_canceled:
        raise Conflict("This batch has ended; there is nothing left to cancel.")
    # Said before its jobs end, so that who is told of the end of the batch is told how.
    connection.execute(batches.update().where(batches.c.id == batch_id).values(is_canceled=True))
    canceling.cancel(connection, jobs.c.parent_id == batch_id, batching.IS_ITEM)


def _lock_open(connection: Connection, batch_id: BatchId) -> None:
    of_batch = select(jobs.c.sequence).where(jobs.c.parent_id == batch_id, batching.IS_OPEN)
    connection.execute(of_batch.order_by(jobs.c.sequence).with_for_update()).all()
