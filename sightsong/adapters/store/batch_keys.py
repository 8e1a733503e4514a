"""The keys that batches are sent under: rows of the same table, under names of their own.

As with those of jobs, a key is kept as its digest, and without a fingerprint once its batch is
erased.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from sightsong.adapters.store import keys
from sightsong.adapters.store.clock import db_now, db_now_once
from sightsong.adapters.store.schema import batches, idempotency
from sightsong.core.batches import BatchId
from sightsong.core.errors import BatchErased, IdempotencyMismatch
from sightsong.core.jobs import Idempotency
from sightsong.core.ports.jobs import IDEMPOTENCY_S


def take(connection: Connection, key: Idempotency, batch_id: BatchId) -> bool:
    """Note that a key stands for a batch; False if it stands for one already.

    Whoever takes the key at the same moment waits here until this transaction has ended.
    """
    taken = {"key": _name(key), "fingerprint": key.fingerprint, "job_id": batch_id}
    return connection.execute(_TAKE[connection.dialect.name], taken).first() is not None


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


_IS_OLD = idempotency.c.created_at <= db_now_once() - IDEMPOTENCY_S


# Built once: that costs more than to run them.
def _take(insert: Any) -> Any:  # noqa: ANN401 - INSERT … ON CONFLICT is another type for each database
    new = insert(idempotency).values(created_at=db_now())
    anew = {name: new.excluded[name] for name in ("fingerprint", "job_id", "created_at")}
    return new.on_conflict_do_update(
        index_elements=[idempotency.c.key], set_=anew, where=_IS_OLD
    ).returning(idempotency.c.key)


_TAKE = {"sqlite": _take(sqlite.insert), "postgresql": _take(postgresql.insert)}
_FIND_FRESH: Select[Any] = (
    select(batches, idempotency.c.fingerprint)
    .join_from(idempotency, batches, batches.c.id == idempotency.c.job_id)
    .where(idempotency.c.key == bindparam("of_key"), ~_IS_OLD)
)
