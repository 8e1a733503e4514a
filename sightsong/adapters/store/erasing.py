"""Erasing what jobs hold: on request, and when it has been kept long enough.

The row of an erased job stays as a mark, so that whoever waits for it learns that it is gone.
"""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal_column,
    select,
)

from sightsong.adapters.store import batching, deliveries, ended, keys
from sightsong.adapters.store.canceling import OPEN
from sightsong.adapters.store.clock import db_now, db_now_once
from sightsong.adapters.store.connect import Database
from sightsong.adapters.store.schema import (
    blobs,
    has_ended,
    has_image_until,
    idempotency,
    is_kept,
    jobs,
    queries,
    results,
)
from sightsong.core.errors import Conflict, JobNotFound
from sightsong.core.jobs import BlobId, Expired, JobId, JobKind, Queue
from sightsong.core.tenancy import TenantId

#: Jobs that are changed in one transaction.
_CHUNK = 200
_OF_ERASED = (
    jobs.c.sequence,
    jobs.c.id,
    jobs.c.queue,
    jobs.c.blob_id,
    jobs.c.erased_at,
    jobs.c.tenant,
    jobs.c.parent_id,
)

_Change = Callable[[Connection, Sequence[Row[Any]]], None]


def erase(
    connection: Connection, job_id: JobId, *, tenant: TenantId | None = None
) -> BlobId | None:
    """Erase a job; returns the blob whose bytes are to go.

    Raises:
        JobNotFound: there is none, or it is not of this tenant.
        Conflict: it is no photo or text.
    """
    this: Select[Any] = select(*_OF_ERASED).where(jobs.c.id == job_id)
    row = connection.execute(this.with_for_update()).first()
    if row is None or tenant not in (None, row.tenant):
        raise JobNotFound
    if row.queue != Queue.PHOTOS:
        raise Conflict("Only photos and texts can be erased.")
    if row.erased_at is not None:
        return None
    _erase(connection, [row])
    return None if row.blob_id is None else BlobId(row.blob_id)


def expired(database: Database, *, limit: int, job_keep_s: float) -> Expired:
    """Erase what has been kept long enough; tells what went.

    It reads first: most rounds find nothing. The last call of a round, which finds nothing, clears
    the log: once for all that the round has erased, and for what could not be cleared before.
    """
    old = and_(
        jobs.c.queue == Queue.PHOTOS,
        is_kept,
        has_ended,
        jobs.c.finished_at <= db_now_once() - job_keep_s,
    )
    seen = and_(has_image_until, jobs.c.image_until <= db_now_once())
    # In the whole order of their indexes, or Postgres takes the limit for a sign to read the table.
    over = select(jobs.c.sequence).order_by(jobs.c.queue, jobs.c.erased_at, jobs.c.finished_at)
    images = select(jobs.c.sequence).order_by(jobs.c.image_until)
    gone = _go_through(database, over.where(old).limit(limit), old, _erase)
    gone += _go_through(database, images.where(seen).limit(limit), seen, _drop_images)
    keys.forget_old(database, limit=limit)
    if not gone:
        database.forget_deleted()
    blob_ids = tuple(BlobId(row.blob_id) for row in gone if row.blob_id is not None)
    return Expired(blobs=blob_ids, changed=len(gone))


def of_somebody(connection: Connection, whose: ColumnElement[bool], *, limit: int) -> Expired:
    """Erase photos and texts that a condition names; waits for whoever works on one of them.

    Args:
        connection: in a transaction.
        whose: of which tenant, and of which of its users.
        limit: as many go at once at most.
    """
    of_theirs = and_(whose, jobs.c.kind.in_([JobKind.PHOTO, JobKind.TEXT]), is_kept)
    first: Select[Any] = select(*_OF_ERASED).where(of_theirs).order_by(jobs.c.sequence)
    gone = list(connection.execute(first.limit(limit).with_for_update()))
    if gone:
        _erase(connection, gone)
    blob_ids = tuple(BlobId(row.blob_id) for row in gone if row.blob_id is not None)
    return Expired(blobs=blob_ids, changed=len(gone))


def _go_through(
    database: Database, first: Select[tuple[int]], which: ColumnElement[bool], change: _Change
) -> list[Row[Any]]:
    """Change jobs in batches, those that still are what they were; returns their rows before."""
    with database.read() as connection:
        sequences = iter(sorted(connection.execute(first).scalars()))
    changed: list[Row[Any]] = []
    while chunk := list(islice(sequences, _CHUNK)):
        still: Select[Any] = select(*_OF_ERASED).where(jobs.c.sequence.in_(chunk), which)
        locked = still.order_by(jobs.c.sequence).with_for_update(skip_locked=True)
        with database.write() as connection:
            if batch := list(connection.execute(locked)):
                change(connection, batch)
        changed += batch
    return changed


def _erase(connection: Connection, batch: Sequence[Row[Any]]) -> None:
    """Leave nothing of its sender's. The caller has locked the rows."""
    connection.execute(_MARK, {"sequences": [row.sequence for row in batch]})
    ids = [row.id for row in batch]
    for table in (results, queries):
        connection.execute(delete(table).where(table.c.job_id.in_(ids)))
    of_these = idempotency.c.job_id.in_(ids)
    connection.execute(idempotency.update().where(of_these).values(fingerprint=None))
    _drop_blobs(connection, batch)
    deliveries.forget(connection, ids)
    ended.ended(connection, [row.sequence for row in batch])  # of batches that waited for it
    batching.erase_emptied(connection, [row.parent_id for row in batch])


def _drop_images(connection: Connection, batch: Sequence[Row[Any]]) -> None:
    """Forget images while their jobs stay. Nothing that is shown of a job changes by it."""
    of_these = jobs.c.sequence.in_([row.sequence for row in batch])
    connection.execute(jobs.update().where(of_these).values(blob_id=None, image_until=None))
    _drop_blobs(connection, batch)


def _drop_blobs(connection: Connection, batch: Sequence[Row[Any]]) -> None:
    gone = [row.blob_id for row in batch if row.blob_id is not None]
    if gone:
        connection.execute(delete(blobs).where(blobs.c.id.in_(gone)))


_IS_OPEN = jobs.c.state.in_(OPEN)
_MARK = (
    jobs.update()
    .where(jobs.c.sequence.in_(bindparam("sequences", expanding=True)))
    .values(
        state=case((_IS_OPEN, literal_column("'canceled'")), else_=jobs.c.state),
        state_version=jobs.c.state_version + 1,
        owner=None,
        lease_until=None,
        finished_at=func.coalesce(jobs.c.finished_at, db_now()),
        params={},
        blob_id=None,
        error=None,
        custom_id=None,
        deadline_at=None,
        keep_image_s=None,
        image_until=None,
        erased_at=db_now(),
        user_id=None,  # of whose tenant it was stays: to others it was never there
        webhook_id=None,
        asked_digest=None,
        cached_from=None,
    )
)
