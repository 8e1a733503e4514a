"""The log of deliveries: read, sent again, forgotten."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, exists, select

from sightsong.adapters.store import rows
from sightsong.adapters.store.clock import db_now, db_now_once
from sightsong.adapters.store.connect import Database
from sightsong.adapters.store.schema import deliveries, delivery_attempts, webhooks
from sightsong.core.errors import DeliveryNotFound
from sightsong.core.webhooks import Attempt, Delivery, DeliveryState, Event

#: The row of a removed webhook stays for so long at least: a job that ends may have just read it.
_REMOVED_S = 3600.0


@dataclass(frozen=True, kw_only=True)
class Page:
    """A part of a list."""

    state: DeliveryState | None
    limit: int
    before: str | None  #: The id of the last delivery of the page before.


def read(connection: Connection, webhook_id: str, delivery_id: str) -> Delivery:
    """Read a delivery of a webhook.

    Raises:
        DeliveryNotFound: there is none.
    """
    row = connection.execute(_one(webhook_id, delivery_id)).first()
    if row is None:
        raise DeliveryNotFound
    return _with_attempts(connection, [row])[0]


def listed(connection: Connection, webhook_id: str, page: Page) -> list[Delivery]:
    """Read deliveries of a webhook, newest first.

    Raises:
        DeliveryNotFound: that which the page comes after is none of this webhook.
    """
    query = select(deliveries).where(deliveries.c.webhook_id == webhook_id)
    if page.state is not None:
        query = query.where(deliveries.c.state == page.state)
    if page.before is not None:
        last = connection.execute(_one(webhook_id, page.before)).first()
        if last is None:
            raise DeliveryNotFound
        query = query.where(deliveries.c.sequence < last.sequence)
    newest = query.order_by(deliveries.c.sequence.desc()).limit(page.limit)
    return _with_attempts(connection, connection.execute(newest).all())


def replay(connection: Connection, webhook_id: str, delivery_id: str) -> None:
    """Have a delivery sent again, now and with all its attempts; a lease on it holds on.

    Raises:
        DeliveryNotFound: there is none.
    """
    again = (
        deliveries.update()
        .where(deliveries.c.id == delivery_id, deliveries.c.webhook_id == webhook_id)
        .values(
            state=DeliveryState.PENDING,
            attempt=0,
            available_at=db_now(),
            finished_at=None,
        )
    )
    if not connection.execute(again).rowcount:
        raise DeliveryNotFound


def forget(connection: Connection, subject_ids: Iterable[str]) -> None:
    """Delete all that was told, or is still to be told, of some jobs or batches."""
    for chunk in rows.chunks(subject_ids):
        _delete(connection, deliveries.c.subject_id.in_(chunk))


def clear(database: Database, *, keep_s: float, limit: int) -> int:
    """Delete what was kept long enough, and what is left of removed webhooks; how many."""
    is_old = deliveries.c.created_at <= db_now_once() - keep_s
    of_removed = deliveries.c.webhook_id.in_(
        select(webhooks.c.id).where(webhooks.c.removed_at.is_not(None))
    )
    # The oldest have the lowest sequences: where the first is young, all are.
    oldest = select(deliveries.c.sequence, is_old.label("is_old"))
    with database.read() as connection:
        first = connection.execute(oldest.order_by(deliveries.c.sequence).limit(limit)).all()
        left = select(deliveries.c.sequence).where(of_removed).limit(limit)
        found = {row.sequence for row in first if row.is_old}
        found |= set(connection.execute(left).scalars())
        is_bare = connection.execute(select(exists().where(_is_bare()))).scalar_one()
    for chunk in rows.chunks(sorted(found)):
        with database.write() as connection:
            _delete(connection, deliveries.c.sequence.in_(chunk))
    if is_bare:
        with database.write() as connection:
            connection.execute(delete(webhooks).where(_is_bare()))
    return len(found)


def _is_bare() -> ColumnElement[bool]:
    """Whether nothing is left of a webhook but its row."""
    was_told = exists().where(deliveries.c.webhook_id == webhooks.c.id)
    return (webhooks.c.removed_at <= db_now_once() - _REMOVED_S) & ~was_told


def _delete(connection: Connection, which: ColumnElement[bool]) -> None:
    """Delete deliveries with their attempts; who is writing an attempt now is waited for."""
    these: Select[Any] = select(deliveries.c.id).where(which).order_by(deliveries.c.sequence)
    ids = connection.execute(these.with_for_update()).scalars().all()
    for chunk in rows.chunks(ids):
        of_these = delivery_attempts.c.delivery_id.in_(chunk)
        connection.execute(delete(delivery_attempts).where(of_these))
        connection.execute(delete(deliveries).where(deliveries.c.id.in_(chunk)))


def _one(webhook_id: str, delivery_id: str) -> Select[Any]:
    return select(deliveries).where(
        deliveries.c.id == delivery_id, deliveries.c.webhook_id == webhook_id
    )


def _with_attempts(connection: Connection, found: Sequence[Row[Any]]) -> list[Delivery]:
    made: dict[str, list[Attempt]] = defaultdict(list)
    of_these = delivery_attempts.c.delivery_id.in_([row.id for row in found])
    query = select(delivery_attempts).where(of_these).order_by(delivery_attempts.c.sequence)
    for row in connection.execute(query):
        made[row.delivery_id].append(
            Attempt(at=row.at, took_ms=row.took_ms, status=row.status, error=row.error)
        )
    return [_delivery(row, made[row.id]) for row in found]


def _delivery(row: Row[Any], attempts: Sequence[Attempt]) -> Delivery:
    is_pending = row.state == DeliveryState.PENDING
    return Delivery(
        id=row.id,
        webhook_id=row.webhook_id,
        event=Event(row.event),
        subject_id=row.subject_id,
        state=DeliveryState(row.state),
        attempt=row.attempt,
        next_at=row.available_at if is_pending else None,
        created_at=row.created_at,
        attempts=tuple(attempts),
    )
