"""The webhooks in SQL."""

from dataclasses import asdict
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, Select, func, insert, select

from sightsong.adapters.store import announcing, deliveries, leasing
from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.connect import Database
from sightsong.adapters.store.schema import webhooks
from sightsong.core.errors import Conflict, WebhookNotFound
from sightsong.core.tenancy import TenantId
from sightsong.core.webhooks import (
    MOST_OF_A_TENANT,
    Answer,
    Delivery,
    DeliveryState,
    Event,
    NewWebhook,
    Places,
    Secret,
    Sending,
    Verdict,
    Webhook,
    WebhookChange,
    payload_of_test,
    rotated,
    shares,
)


class SqlWebhooks:
    """The `Webhooks` port over SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, new: NewWebhook) -> Webhook:
        """Store a webhook.

        Raises:
            Conflict: the tenant has as many as it may.
        """
        with self._database.write() as connection:
            self._database.lock(connection, f"webhooks:{new.tenant}")
            count = select(func.count()).select_from(_kept(new.tenant).subquery())
            if connection.execute(count).scalar_one() >= MOST_OF_A_TENANT:
                raise Conflict(f"There are {MOST_OF_A_TENANT} webhooks already; remove one first.")
            return _insert(connection, new)

    def get(self, webhook_id: str, *, tenant: TenantId) -> Webhook:
        """Read a webhook.

        Raises:
            WebhookNotFound: there is none.
        """
        with self._database.read() as connection:
            return _webhook(_row(connection, webhook_id, tenant))

    def listed(self, tenant: TenantId) -> list[Webhook]:
        """Read all webhooks of a tenant, the oldest first."""
        query = _kept(tenant).order_by(webhooks.c.created_at, webhooks.c.id)
        with self._database.read() as connection:
            return [_webhook(row) for row in connection.execute(query)]

    def change(self, webhook_id: str, change: WebhookChange, *, tenant: TenantId) -> Webhook:
        """Change a webhook. One that is enabled again has its failures forgotten.

        Raises:
            WebhookNotFound: there is none.
        """
        with self._database.write() as connection:
            _row(connection, webhook_id, tenant, lock=True)
            if values := _changed(change):
                _update(connection, webhook_id, values)
            return _webhook(_row(connection, webhook_id, tenant))

    def rotate(
        self, webhook_id: str, secret: str, *, tenant: TenantId, overlap_s: float
    ) -> Webhook:
        """Sign with a new secret, and for a while with the old one too.

        Raises:
            WebhookNotFound: there is none.
        """
        with self._database.write() as connection:
            before = _webhook(_row(connection, webhook_id, tenant, lock=True))
            now = connection.execute(select(db_now())).scalar_one()
            kept = rotated(before.secrets, secret, now=now, overlap_s=overlap_s)
            _update(connection, webhook_id, {"secrets": [asdict(one) for one in kept]})
            webhook = _webhook(_row(connection, webhook_id, tenant))
        self._database.forget_deleted()
        return webhook

    def remove(self, webhook_id: str, *, tenant: TenantId) -> None:
        """Forget a webhook; what it was still to be told is not sent.

        Its row stays until its deliveries are gone: to delete them all at once could take long.

        Raises:
            WebhookNotFound: there is none.
        """
        gone: dict[str, Any] = {
            "removed_at": db_now(),
            "url": "",
            "description": None,
            "secrets": [],
        }
        with self._database.write() as connection:
            _row(connection, webhook_id, tenant, lock=True)
            _update(connection, webhook_id, gone)
        self._database.forget_deleted()

    def test(self, webhook_id: str, *, tenant: TenantId) -> Delivery:
        """Have something sent that tells of nothing.

        Raises:
            WebhookNotFound: there is none.
            Conflict: it is disabled.
        """
        with self._database.write() as connection:
            _enabled(connection, webhook_id, tenant)
            now = connection.execute(select(db_now())).scalar_one()
            told = payload_of_test(webhook_id, now)
            new = announcing.add(connection, webhook_id, Event.TEST, told=told, subject_id=None)
            return deliveries.read(connection, webhook_id, new)

    def deliveries(
        self,
        webhook_id: str,
        *,
        tenant: TenantId,
        state: DeliveryState | None = None,
        limit: int,
        before: str | None = None,
    ) -> list[Delivery]:
        """Read deliveries with their attempts, newest first, those before a given one.

        Raises:
            WebhookNotFound: there is no such webhook.
            DeliveryNotFound: that one is none of it, or forgotten.
        """
        with self._database.read() as connection:
            _row(connection, webhook_id, tenant)
            of_webhook = deliveries.Page(state=state, limit=limit, before=before)
            return deliveries.listed(connection, webhook_id, of_webhook)

    def replay(self, webhook_id: str, delivery_id: str, *, tenant: TenantId) -> Delivery:
        """Have a delivery sent again, now and with all its attempts, whatever became of it.

        One that is being sent just now is on its first attempt by that.

        Raises:
            WebhookNotFound: there is no such webhook.
            DeliveryNotFound: it has no such delivery.
            Conflict: the webhook is disabled.
        """
        with self._database.write() as connection:
            _enabled(connection, webhook_id, tenant)
            deliveries.replay(connection, webhook_id, delivery_id)
            return deliveries.read(connection, webhook_id, delivery_id)

    def claim(self, *, owner: str, places: Places, lease_s: float) -> list[Sending]:
        """Lease deliveries that are due, of enabled webhooks, as `shares` has it."""
        with self._database.read() as connection:
            chosen = shares(leasing.due(connection), places)
        if not chosen:
            return []
        with self._database.write() as connection:
            return [
                sending
                for webhook_id, most in chosen
                for sending in leasing.lease(
                    connection, webhook_id, owner=owner, limit=most, lease_s=lease_s
                )
            ]

    def finish(self, sending: Sending, answer: Answer, verdict: Verdict) -> bool:
        """Write how an attempt went and what becomes of it, if its lease still holds."""
        return self._database.in_write(
            lambda connection: leasing.finish(connection, sending, answer, verdict)
        )

    def clear(self, *, keep_s: float, limit: int) -> int:
        """Delete what was kept long enough, and what is left of removed webhooks; how many."""
        return deliveries.clear(self._database, keep_s=keep_s, limit=limit)


def _kept(tenant: TenantId) -> Select[Any]:
    return select(webhooks).where(webhooks.c.tenant == tenant, webhooks.c.removed_at.is_(None))


def _row(
    connection: Connection, webhook_id: str, tenant: TenantId, *, lock: bool = False
) -> Row[Any]:
    """Read a row of a tenant's own.

    Locked, it still lets jobs end that it is told of: those only need it to stay there.
    """
    if not (webhook_id.isascii() and webhook_id.isprintable()):  # no database takes all of these
        raise WebhookNotFound
    query = _kept(tenant).where(webhooks.c.id == webhook_id)
    row = connection.execute(query.with_for_update(key_share=True) if lock else query).first()
    if row is None:
        raise WebhookNotFound
    return row


def _enabled(connection: Connection, webhook_id: str, tenant: TenantId) -> None:
    if not _row(connection, webhook_id, tenant, lock=True).is_enabled:
        raise Conflict("This webhook is disabled; enable it first.")


def _insert(connection: Connection, new: NewWebhook) -> Webhook:
    webhook_id = str(uuid4())
    now = connection.execute(select(db_now())).scalar_one()
    columns = {
        "id": webhook_id,
        "tenant": new.tenant,
        "url": new.url,
        "description": new.description,
        "events": sorted(new.events),
        "secrets": [asdict(Secret(text=new.secret, created_at=now))],
        "is_enabled": True,
        "created_at": now,
    }
    connection.execute(insert(webhooks), columns)
    return _webhook(_row(connection, webhook_id, new.tenant))


def _changed(change: WebhookChange) -> dict[str, Any]:
    """The columns that a change is made of."""
    said = {"url": change.url, "is_enabled": change.is_enabled}
    values: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    if change.description is not None:
        values["description"] = change.description or None
    if change.events is not None:
        values["events"] = sorted(change.events)
    if change.is_enabled is not None:
        values |= {"disabled_reason": None, "failing_since": None}
    return values


def _update(connection: Connection, webhook_id: str, values: dict[str, Any]) -> None:
    connection.execute(webhooks.update().where(webhooks.c.id == webhook_id).values(values))


def _webhook(row: Row[Any]) -> Webhook:
    return Webhook(
        id=row.id,
        tenant=TenantId(row.tenant),
        url=row.url,
        events=frozenset(Event(one) for one in row.events),
        secrets=tuple(Secret(**one) for one in row.secrets),
        is_enabled=row.is_enabled,
        created_at=row.created_at,
        description=row.description,
        disabled_reason=row.disabled_reason,
        failing_since=row.failing_since,
        failed_at=row.failed_at,
        is_slow=bool(row.is_slow),
    )
