"""The keys that batches are sent under: rows of the same table, under names of their own.

As with those of jobs, a key is kept as its digest, and without a fingerprint once its batch is
erased.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select

from sightsong.adapters.store import keys
from sightsong.adapters.store.schema import batches, idempotency
from sightsong.core.batches import BatchId
from sightsong.core.errors import BatchErased, IdempotencyMismatch
from sightsong.core.jobs import Idempotency


def take(connection: Connection, key: Idempotency, batch_id: BatchId) -> bool:
    """Note that a key stands for a batch; False if it stands for one already.

    Whoever takes the key at the same moment waits here until this transaction has ended.
    """
    return keys.take(connection, _name(key), fingerprint=key.fingerprint, stands_for=batch_id)


def find(connection: Connection, key: Idempotency) -> Row[Any] | None:
    """Find the row of the batch that a key stands for.

    Raises:
        IdempotencyMismatch: the key was used for another batch.
        BatchErased: the batch of this submit was erased.
    """
    row = connection.execute(_FIND_FRESH, {"of_key": _name(key)}).first()
    if row is None:
        return None
    if row.erased_at is not None:
        raise BatchErased
    if row.fingerprint != key.fingerprint:
        raise IdempotencyMismatch
    return row


def _name(key: Idempotency) -> str:
    """Name the row of a key. No key has a line end: those of jobs are others."""
    return keys.digest(replace(key, key=f"batch\n{key.key}"))


# Built once: that costs more than to run it.
_FIND_FRESH: Select[Any] = (
    select(batches, idempotency.c.fingerprint)
    .join_from(idempotency, batches, batches.c.id == idempotency.c.job_id)
    .where(idempotency.c.key == bindparam("of_key"), ~keys.IS_OLD)
)
