"""New deliveries, one for each webhook that is told of something."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select

from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.schema import deliveries, webhooks
from sightsong.core.tenancy import TenantId
from sightsong.core.webhooks import (
    DeliveryState,
    Event,
    Subject,
    is_told,
    new_delivery_id,
    payload,
)

_LISTENING = select(webhooks.c.id, webhooks.c.tenant, webhooks.c.events).where(
    webhooks.c.tenant.in_(bindparam("tenants", expanding=True)),
    webhooks.c.is_enabled,
    webhooks.c.removed_at.is_(None),
)
_ADD = insert(deliveries).values(
    state=DeliveryState.PENDING, attempt=0, available_at=db_now(), created_at=db_now()
)


def announce(connection: Connection, ended: Sequence[tuple[TenantId, Subject]]) -> None:
    """Have the webhooks of each tenant told of what of its own has ended."""
    if not ended:
        return
    tenants = sorted({tenant for tenant, _ in ended})
    listening = connection.execute(_LISTENING, {"tenants": tenants}).all()
    new = [row for tenant, subject in ended for row in _deliveries(listening, tenant, subject)]
    if new:
        connection.execute(_ADD, new)


def add(
    connection: Connection,
    webhook_id: str,
    event: Event,
    *,
    told: dict[str, Any],
    subject_id: str | None,
) -> str:
    """Add one delivery; returns its id."""
    row = _row(webhook_id, event, told, subject_id=subject_id)
    connection.execute(_ADD, row)
    return str(row["id"])


def _deliveries(
    listening: Sequence[Row[Any, Any, Any]], tenant: TenantId, subject: Subject
) -> Iterator[dict[str, Any]]:
    for row in listening:
        if row.tenant == tenant and is_told(row.events, row.id, subject):
            yield _row(row.id, subject.event, payload(subject), subject_id=subject.id)


def _row(
    webhook_id: str, event: Event, told: dict[str, Any], *, subject_id: str | None
) -> dict[str, Any]:
    return {
        "id": new_delivery_id(),
        "webhook_id": webhook_id,
        "event": event,
        "subject_id": subject_id,
        "payload": told,
    }
