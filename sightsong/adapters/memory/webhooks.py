"""The webhooks in memory."""

import uuid
from dataclasses import replace

from sightsong.adapters.memory import ended
from sightsong.adapters.memory.state import DeliveryRow, State
from sightsong.core.errors import Conflict, DeliveryNotFound, WebhookNotFound
from sightsong.core.tenancy import TenantId
from sightsong.core.webhooks import (
    GONE,
    LONGEST_GAP_S,
    MOST_OF_A_TENANT,
    PATIENCE_S,
    SILENT,
    STATES,
    Answer,
    Attempt,
    Delivery,
    DeliveryState,
    Due,
    Event,
    Fate,
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


class MemoryWebhooks:
    """The `Webhooks` port in memory."""

    def __init__(self, state: State) -> None:
        self._state = state
        state.at_end.append(lambda row: ended.ended(state, row))

    def add(self, new: NewWebhook) -> Webhook:
        """Store a webhook.

        Raises:
            Conflict: the tenant has as many as it may.
        """
        with self._state.lock:
            if len(self.listed(new.tenant)) >= MOST_OF_A_TENANT:
                raise Conflict(f"There are {MOST_OF_A_TENANT} webhooks already; remove one first.")
            now = self._state.clock()
            webhook = Webhook(
                id=str(uuid.uuid4()),
                tenant=new.tenant,
                url=new.url,
                events=new.events,
                secrets=(Secret(text=new.secret, created_at=now),),
                is_enabled=True,
                created_at=now,
                description=new.description,
            )
            self._state.webhooks[webhook.id] = webhook
            return webhook

    def get(self, webhook_id: str, *, tenant: TenantId) -> Webhook:
        """Read a webhook.

        Raises:
            WebhookNotFound: there is none.
        """
        with self._state.lock:
            found = self._state.webhooks.get(webhook_id)
            if found is None or found.tenant != tenant:
                raise WebhookNotFound
            return found

    def listed(self, tenant: TenantId) -> list[Webhook]:
        """Read all webhooks of a tenant, the oldest first."""
        with self._state.lock:
            return [one for one in self._state.webhooks.values() if one.tenant == tenant]

    def change(self, webhook_id: str, change: WebhookChange, *, tenant: TenantId) -> Webhook:
        """Change a webhook. One that is enabled again has its failures forgotten.

        Raises:
            WebhookNotFound: there is none.
        """
        with self._state.lock:
            before = self.get(webhook_id, tenant=tenant)
            is_same = change.is_enabled is None
            return self._put(
                replace(
                    before,
                    url=before.url if change.url is None else change.url,
                    events=before.events if change.events is None else change.events,
                    description=before.description
                    if change.description is None
                    else change.description or None,
                    is_enabled=before.is_enabled if is_same else bool(change.is_enabled),
                    disabled_reason=before.disabled_reason if is_same else None,
                    failing_since=before.failing_since if is_same else None,
                )
            )

    def rotate(
        self, webhook_id: str, secret: str, *, tenant: TenantId, overlap_s: float
    ) -> Webhook:
        """Sign with a new secret, and for a while with the old one too.

        Raises:
            WebhookNotFound: there is none.
        """
        with self._state.lock:
            before = self.get(webhook_id, tenant=tenant)
            now = self._state.clock()
            kept = rotated(before.secrets, secret, now=now, overlap_s=overlap_s)
            return self._put(replace(before, secrets=tuple(kept)))

    def remove(self, webhook_id: str, *, tenant: TenantId) -> None:
        """Forget a webhook; what it was still to be told is not sent.

        Raises:
            WebhookNotFound: there is none.
        """
        with self._state.lock:
            self.get(webhook_id, tenant=tenant)
            del self._state.webhooks[webhook_id]
            self._state.forget_deliveries(lambda row: row.webhook_id == webhook_id)

    def test(self, webhook_id: str, *, tenant: TenantId) -> Delivery:
        """Have something sent that tells of nothing.

        Raises:
            WebhookNotFound: there is none.
            Conflict: it is disabled.
        """
        with self._state.lock:
            self._enabled(webhook_id, tenant)
            told = payload_of_test(webhook_id, self._state.clock())
            new = ended.add(self._state, webhook_id, Event.TEST, told=told, subject_id=None)
            return _delivery(self._state.deliveries[new])

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
        with self._state.lock:
            self.get(webhook_id, tenant=tenant)
            found = [row for row in self._state.deliveries.values() if row.webhook_id == webhook_id]
            if before is not None:
                last = self._state.deliveries.get(before)
                if last is None or last.webhook_id != webhook_id:
                    raise DeliveryNotFound
                found = [row for row in found if row.sequence < last.sequence]
            wanted = [row for row in found if state in (None, row.state)]
            newest = sorted(wanted, key=lambda row: row.sequence, reverse=True)
            return [_delivery(row) for row in newest[:limit]]

    def replay(self, webhook_id: str, delivery_id: str, *, tenant: TenantId) -> Delivery:
        """Have a delivery sent again, now and with all its attempts, whatever became of it.

        One that is being sent just now is on its first attempt by that.

        Raises:
            WebhookNotFound: there is no such webhook.
            DeliveryNotFound: it has no such delivery.
            Conflict: the webhook is disabled.
        """
        with self._state.lock:
            self._enabled(webhook_id, tenant)
            row = self._state.deliveries.get(delivery_id)
            if row is None or row.webhook_id != webhook_id:
                raise DeliveryNotFound
            row.state, row.attempt = DeliveryState.PENDING, 0
            row.available_at = self._state.clock()
            return _delivery(row)

    def claim(self, *, owner: str, places: Places, lease_s: float) -> list[Sending]:
        """Lease deliveries that are due, of enabled webhooks, as `shares` has it."""
        with self._state.lock:
            return [
                self._lease(row, owner, lease_s)
                for webhook_id, most in shares(self._due(), places)
                for row in self._ready(webhook_id)[:most]
            ]

    def finish(self, sending: Sending, answer: Answer, verdict: Verdict) -> bool:
        """Write how an attempt went and what becomes of it, if its lease still holds."""
        with self._state.lock:
            now = self._state.clock()
            row = self._state.deliveries.get(sending.id)
            if row is None or row.owner != sending.owner or row.lease_until <= now:
                return False
            row.state, row.attempt = STATES[verdict.fate], row.attempt + 1
            row.owner, row.lease_until = None, 0.0
            row.available_at = now + verdict.delay_s
            at = now - answer.took_ms / 1000
            row.attempts.append(
                Attempt(at=at, took_ms=answer.took_ms, status=answer.status, error=answer.error)
            )
            self._note(self._state.webhooks[row.webhook_id], verdict.fate, answer, now)
            return True

    def clear(self, *, keep_s: float, limit: int) -> int:
        """Delete what was kept long enough; how many."""
        with self._state.lock:
            before = self._state.clock() - keep_s
            old = [row.id for row in self._state.deliveries.values() if row.created_at <= before]
            for one in old[:limit]:
                del self._state.deliveries[one]
            return len(old[:limit])

    def _put(self, webhook: Webhook) -> Webhook:
        self._state.webhooks[webhook.id] = webhook
        return webhook

    def _enabled(self, webhook_id: str, tenant: TenantId) -> None:
        if not self.get(webhook_id, tenant=tenant).is_enabled:
            raise Conflict("This webhook is disabled; enable it first.")

    def _ready(self, webhook_id: str) -> list[DeliveryRow]:
        now = self._state.clock()
        ready = [
            row
            for row in self._state.deliveries.values()
            if row.webhook_id == webhook_id and row.state is DeliveryState.PENDING
            if row.available_at <= now and row.lease_until <= now
        ]
        return sorted(ready, key=lambda row: (row.available_at, row.sequence))

    def _due(self) -> list[Due]:
        on = [one for one in self._state.webhooks.values() if one.is_enabled]
        return [
            Due(
                webhook_id=one.id,
                tenant=one.tenant,
                is_failing=_is_failing(one),
                since=ready[0].available_at,
            )
            for one in on
            if (ready := self._ready(one.id))
        ]

    def _lease(self, row: DeliveryRow, owner: str, lease_s: float) -> Sending:
        now = self._state.clock()
        row.owner, row.lease_until = owner, now + lease_s
        webhook = self._state.webhooks[row.webhook_id]
        return Sending(
            id=row.id,
            webhook_id=row.webhook_id,
            owner=owner,
            attempt=row.attempt + 1,
            url=webhook.url,
            secrets=tuple(one.text for one in webhook.secrets if one.signs(now)),
            payload=row.payload,
            tenant=webhook.tenant,
            is_failing=_is_failing(webhook),
        )

    def _note(self, webhook: Webhook, fate: Fate, answer: Answer, now: float) -> None:
        """Note since when nothing gets through, and disable one for which that is too long."""
        if fate is Fate.DELIVERED:
            self._put(replace(webhook, failing_since=None, is_slow=answer.is_slow))
            return
        since, last = webhook.failing_since, webhook.failed_at
        if since is None or last is None or last <= now - LONGEST_GAP_S:
            since = now
        failing = self._put(
            replace(webhook, failing_since=since, failed_at=now, is_slow=answer.is_slow)
        )
        if webhook.is_enabled and (fate is Fate.GONE or since <= now - PATIENCE_S):
            reason = GONE if fate is Fate.GONE else SILENT
            self._put(replace(failing, is_enabled=False, disabled_reason=reason))


def _is_failing(webhook: Webhook) -> bool:
    return webhook.failing_since is not None or webhook.is_slow


def _delivery(row: DeliveryRow) -> Delivery:
    return Delivery(
        id=row.id,
        webhook_id=row.webhook_id,
        event=row.event,
        subject_id=row.subject_id,
        state=row.state,
        attempt=row.attempt,
        next_at=row.available_at if row.state is DeliveryState.PENDING else None,
        created_at=row.created_at,
        attempts=tuple(row.attempts),
    )
