"""The batches in memory."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from sightsong.adapters.memory import answered, ended, erasing, jobs, usage
from sightsong.adapters.memory.batching import close_ended
from sightsong.adapters.memory.state import BatchRow, KeyRow, Row, State
from sightsong.core.batches import Batch, BatchId, Gathered, Item, NewBatch, in_order, version_of
from sightsong.core.errors import BatchErased, BatchNotFound, Conflict, IdempotencyMismatch
from sightsong.core.jobs import BlobId, Idempotency, JobId
from sightsong.core.ports.jobs import IDEMPOTENCY_S
from sightsong.core.tenancy import NOBODY, TenantId, UserId


class MemoryBatches:
    """The `Batches` port in memory."""

    def __init__(self, state: State) -> None:
        self._state = state

    def submit(self, new: NewBatch, key: Idempotency | None = None) -> Gathered:
        """Store a batch, all its jobs and its key, or none of it.

        Raises:
            IdempotencyMismatch: the key was used for another batch.
            BatchErased: the batch of this submit was erased.
        """
        with self._state.lock:
            if key is not None and (there := self._found(key)) is not None:
                return Gathered(batch=there, is_replay=True)
            usage.refuse_more(self._state, new.tenant, new.account, jobs=len(new.jobs))
            batch_id = self._add(new)
            usage.count(self._state, new.tenant, new.account, photos=new.photos, texts=new.texts)
            if key is not None:
                self._state.batch_keys[_name(key)] = KeyRow(
                    fingerprint=key.fingerprint, job_id=batch_id, created_at=self._state.clock()
                )
            return Gathered(batch=self._read(batch_id))

    def replay(self, key: Idempotency) -> Batch | None:
        """Find the batch that a submit of this key has made already.

        Raises:
            IdempotencyMismatch: the key was used for another batch.
            BatchErased: the batch of this submit was erased.
        """
        with self._state.lock:
            return self._found(key)

    def get(self, batch_id: BatchId, *, tenant: TenantId | None = None) -> Batch:
        """Read a batch, and count its jobs.

        Raises:
            BatchNotFound: there is none.
            BatchErased: there was one, and what it held is gone.
        """
        with self._state.lock:
            return self._read(batch_id, tenant)

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
        with self._state.lock:
            last = None if before is None else self._state.batches.get(before)
            if before is not None and last is None:
                return []
            found = [
                (row.sequence, batch_id)
                for batch_id, row in self._state.batches.items()
                if tenant is None or row.new.tenant == tenant
                if user is None or (row.new.user or NOBODY) == user
                if last is None or row.sequence < last.sequence
                if not self._is_erased(batch_id, row)
            ]
            newest = sorted(found, reverse=True)[:limit]
            return [self._read(batch_id) for _, batch_id in newest]

    def items(self, batch_id: BatchId, *, first: int, limit: int) -> list[Item]:
        """Read the items at `limit` positions from `first` on, in order, with their results.

        Raises:
            BatchNotFound: there is none.
            BatchErased: there was one, and what it held is gone.
        """
        positions = range(first, first + limit)
        with self._state.lock:
            row = self._kept(batch_id, None)
            found = [
                _item(one.position, child)
                for one, child in zip(row.new.jobs, self._state.children(batch_id), strict=True)
                if one.position is not None and one.position in positions
            ]
        return list(in_order(found, [one for one in row.new.refused if one.position in positions]))

    def versions(self, batch_ids: Iterable[JobId]) -> Mapping[JobId, int]:
        """Read the `version` of many batches at once; unknown and erased ones are left out."""
        with self._state.lock:
            named = [BatchId(one) for one in batch_ids]
            there = [(one, self._state.batches.get(one)) for one in named]
            return {
                one: self._read(one).version
                for one, row in there
                if row is not None and not self._is_erased(one, row)
            }

    def cancel(self, batch_id: BatchId, *, tenant: TenantId | None = None) -> Batch:
        """Give up all of its jobs that have not ended. Again is fine.

        Raises:
            BatchNotFound: there is none.
            BatchErased: there was one, and what it held is gone.
            Conflict: all of them had ended before.
        """
        with self._state.lock:
            row = self._kept(batch_id, tenant)
            if row.finished_at is not None and not row.is_canceled:
                raise Conflict("This batch has ended; there is nothing left to cancel.")
            row.is_canceled = True
            for child in self._state.children(batch_id):
                self._state.cancel(child)
            return self._read(batch_id)

    def erase(self, batch_id: BatchId, *, tenant: TenantId | None = None) -> list[BlobId]:
        """Erase a batch and all its jobs. Again is fine.

        Returns:
            The blobs whose bytes are to be deleted now.

        Raises:
            BatchNotFound: there is none.
        """
        with self._state.lock:
            self._row(batch_id, tenant)
            gone = [erasing.erase(self._state, one) for one in self._state.children(batch_id)]
            close_ended(self._state, [batch_id])
            self._state.forget_deliveries(lambda told: told.subject_id == batch_id)
            return [blob_id for blob_id in gone if blob_id is not None]

    def _add(self, new: NewBatch) -> BatchId:
        batch_id = BatchId(JobId(str(uuid.uuid4())))
        for one in new.jobs:  # before any is stored: nothing here is undone
            answered.copied(self._state, one, self._state.clock())
        for one in new.jobs:
            jobs.insert(self._state, replace(one, parent_id=batch_id))
        self._state.batches[batch_id] = BatchRow(
            new=new, sequence=next(self._state.sequence), created_at=self._state.clock()
        )
        ended.close_batch(self._state, batch_id)  # if all of it was answered before
        return batch_id

    def _found(self, key: Idempotency) -> Batch | None:
        used = self._state.batch_keys.get(_name(key))
        if used is None or used.created_at <= self._state.clock() - IDEMPOTENCY_S:
            return None
        there = self._read(BatchId(used.job_id))
        if used.fingerprint != key.fingerprint:
            raise IdempotencyMismatch
        return there

    def _row(self, batch_id: BatchId, tenant: TenantId | None) -> BatchRow:
        row = self._state.batches.get(batch_id)
        if row is None or (tenant is not None and row.new.tenant != tenant):
            raise BatchNotFound
        return row

    def _kept(self, batch_id: BatchId, tenant: TenantId | None) -> BatchRow:
        row = self._row(batch_id, tenant)
        if self._is_erased(batch_id, row):
            raise BatchErased
        close_ended(self._state, [batch_id])
        return row

    def _is_erased(self, batch_id: BatchId, row: BatchRow) -> bool:
        """Whether none of its jobs is kept any more."""
        if row.erased_at is None and all(
            one.erased_at is not None for one in self._state.children(batch_id)
        ):
            row.erased_at = self._state.clock()
            self._state.forget_deliveries(lambda told: told.subject_id == batch_id)
        return row.erased_at is not None

    def _read(self, batch_id: BatchId, tenant: TenantId | None = None) -> Batch:
        row = self._kept(batch_id, tenant)
        found = [one.job for one in self._state.children(batch_id)]
        changes = sum(job.state_version for job in found)
        return Batch(
            id=batch_id,
            tenant=row.new.tenant,
            user=row.new.user,
            custom_id=row.new.custom_id,
            total=row.new.total,
            refused=len(row.new.refused),
            counts=dict(Counter(job.state for job in found)),
            version=version_of(changes, is_canceled=row.is_canceled),
            created_at=row.created_at,
            finished_at=row.finished_at,
            is_canceled=row.is_canceled,
        )


def _item(position: int, child: Row) -> Item:
    is_erased = child.erased_at is not None
    return Item(
        position=position, custom_id=child.job.custom_id, job=child.job, is_erased=is_erased
    )


def _name(key: Idempotency) -> str:
    return f"{key.tenant}\n{key.key}"
