"""Deliveries on their way: leased to one sender each, and what came of it.

Who locks a webhook's row and those of its deliveries locks the webhook's first.
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    case,
    insert,
    literal_column,
    or_,
    select,
)

from sightsong.adapters.store.clock import db_now, db_now_once
from sightsong.adapters.store.schema import deliveries, delivery_attempts, webhooks
from sightsong.core.tenancy import TenantId
from sightsong.core.webhooks import (
    GONE,
    LONGEST_GAP_S,
    PATIENCE_S,
    SILENT,
    STATES,
    Answer,
    Due,
    Fate,
    Secret,
    Sending,
    Verdict,
)

#: In the words of the partial index.
IS_PENDING = deliveries.c.state == literal_column("'pending'")
_IS_ON = and_(webhooks.c.is_enabled, webhooks.c.removed_at.is_(None))


def due(connection: Connection) -> list[Due]:
    """Find the webhooks that have something to be told now."""
    return [
        Due(
            webhook_id=row.id,
            tenant=TenantId(row.tenant),
            is_failing=_is_failing(row),
            since=row.since,
        )
        for row in connection.execute(_DUE)
        if row.since is not None
    ]


def lease(
    connection: Connection, webhook_id: str, *, owner: str, limit: int, lease_s: float
) -> list[Sending]:
    """Lease what is due of a webhook, the oldest first."""
    this = select(webhooks, db_now().label("now")).where(webhooks.c.id == webhook_id, _IS_ON)
    webhook = connection.execute(this).first()
    if webhook is None:  # it was disabled just now
        return []
    values = {"of_webhook": webhook_id, "new_owner": owner, "most": limit, "lease_s": lease_s}
    leased = connection.execute(_LEASE, values).all()
    signing = [Secret(**one) for one in webhook.secrets]
    return [
        Sending(
            id=row.id,
            webhook_id=webhook_id,
            owner=owner,
            attempt=row.attempt + 1,
            url=webhook.url,
            secrets=tuple(one.text for one in signing if one.signs(webhook.now)),
            payload=row.payload,
            tenant=TenantId(webhook.tenant),
            is_failing=_is_failing(webhook),
        )
        for row in sorted(leased, key=lambda row: row.sequence)
    ]


def finish(connection: Connection, sending: Sending, answer: Answer, verdict: Verdict) -> bool:
    """Write how an attempt went and what becomes of it, if its lease still holds."""
    this = select(webhooks.c.id).where(webhooks.c.id == sending.webhook_id)
    connection.execute(this.with_for_update(key_share=True))
    if not _settle(connection, sending, verdict):
        return False
    columns = {
        "delivery_id": sending.id,
        "status": answer.status,
        "error": answer.error,
        "took_ms": answer.took_ms,
    }
    began_at = db_now() - answer.took_ms / 1000
    connection.execute(insert(delivery_attempts).values(at=began_at), columns)
    if verdict.fate is Fate.DELIVERED:
        _note_success(connection, sending.webhook_id, is_slow=answer.is_slow)
    else:
        _note_failure(connection, sending.webhook_id, answer, is_gone=verdict.fate is Fate.GONE)
    return True


def _settle(connection: Connection, sending: Sending, verdict: Verdict) -> bool:
    is_over = verdict.fate is not Fate.AGAIN
    settled = (
        deliveries.update()
        .where(
            deliveries.c.id == sending.id,
            deliveries.c.owner == sending.owner,
            deliveries.c.lease_until > db_now(),
        )
        .values(
            state=STATES[verdict.fate],
            attempt=deliveries.c.attempt + 1,  # from 0, if it was replayed meanwhile
            owner=None,
            lease_until=None,
            available_at=db_now() + verdict.delay_s,
            finished_at=db_now() if is_over else None,
        )
    )
    return bool(connection.execute(settled).rowcount)


def _is_failing(webhook: Row[Any]) -> bool:
    return webhook.failing_since is not None or bool(webhook.is_slow)


def _note_success(connection: Connection, webhook_id: str, *, is_slow: bool) -> None:
    differs = or_(
        webhooks.c.failing_since.is_not(None), webhooks.c.is_slow.is_distinct_from(is_slow)
    )
    this = webhooks.update().where(webhooks.c.id == webhook_id, differs)
    connection.execute(this.values(failing_since=None, is_slow=is_slow))


def _note_failure(
    connection: Connection, webhook_id: str, answer: Answer, *, is_gone: bool
) -> None:
    """Note since when nothing gets through, and disable a webhook for which that is too long."""
    this = webhooks.update().where(webhooks.c.id == webhook_id, _IS_ON)
    goes_on = and_(
        webhooks.c.failing_since.is_not(None), webhooks.c.failed_at > db_now() - LONGEST_GAP_S
    )
    since = case((goes_on, webhooks.c.failing_since), else_=db_now())
    failed = {"failing_since": since, "failed_at": db_now(), "is_slow": answer.is_slow}
    connection.execute(this.values(failed))
    off = {"is_enabled": False, "disabled_reason": GONE if is_gone else SILENT}
    too_long: ColumnElement[bool] = webhooks.c.failing_since <= db_now() - PATIENCE_S
    connection.execute((this if is_gone else this.where(too_long)).values(off))


def _is_free() -> ColumnElement[bool]:
    no_lease = deliveries.c.lease_until
    now = db_now_once()
    return and_(deliveries.c.available_at <= now, or_(no_lease.is_(None), no_lease <= now))


def _due() -> Any:  # noqa: ANN401 - a Select; its columns say what it is
    oldest = (
        select(deliveries.c.available_at)
        .where(deliveries.c.webhook_id == webhooks.c.id, IS_PENDING, _is_free())
        .order_by(deliveries.c.available_at)
        .limit(1)
        .scalar_subquery()
    )
    shown = (webhooks.c.id, webhooks.c.tenant, webhooks.c.failing_since, webhooks.c.is_slow)
    return select(*shown, oldest.label("since")).where(_IS_ON)


def _lease() -> Any:  # noqa: ANN401 - an Update that returns rows
    chosen = (
        select(deliveries.c.sequence)
        .where(deliveries.c.webhook_id == bindparam("of_webhook"), IS_PENDING, _is_free())
        .order_by(deliveries.c.available_at, deliveries.c.sequence)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
        .cte("chosen")
        .prefix_with("MATERIALIZED")
    )
    return (
        deliveries.update()
        .where(deliveries.c.sequence.in_(select(chosen.c.sequence)))
        .values(owner=bindparam("new_owner"), lease_until=db_now() + bindparam("lease_s"))
        .returning(
            deliveries.c.sequence, deliveries.c.id, deliveries.c.attempt, deliveries.c.payload
        )
    )


_DUE = _due()  # built once: that costs more than to run them
_LEASE = _lease()
