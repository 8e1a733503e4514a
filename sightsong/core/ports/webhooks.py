"""Webhooks, and what they are told.

Deliveries are written by whatever ends a job, in its transaction: here they are only sent.
"""

from typing import Protocol

from sightsong.core.tenancy import TenantId
from sightsong.core.webhooks import (
    Answer,
    Delivery,
    DeliveryState,
    NewWebhook,
    Places,
    Sending,
    Verdict,
    Webhook,
    WebhookChange,
)


class Webhooks(Protocol):
    """The webhooks of all tenants, and their deliveries; those of others are not found."""

    def add(self, new: NewWebhook) -> Webhook:
        """Store a webhook.

        Raises:
            Conflict: the tenant has as many as it may.
        """
        ...

    def get(self, webhook_id: str, *, tenant: TenantId) -> Webhook:
        """Read a webhook.

        Raises:
            WebhookNotFound: there is none.
        """
        ...

    def listed(self, tenant: TenantId) -> list[Webhook]:
        """Read all webhooks of a tenant, the oldest first."""
        ...

    def change(self, webhook_id: str, change: WebhookChange, *, tenant: TenantId) -> Webhook:
        """Change a webhook. One that is enabled again has its failures forgotten.

        Raises:
            WebhookNotFound: there is none.
        """
        ...

    def rotate(
        self, webhook_id: str, secret: str, *, tenant: TenantId, overlap_s: float
    ) -> Webhook:
        """Sign with a new secret, and for a while with the old one too.

        Raises:
            WebhookNotFound: there is none.
        """
        ...

    def remove(self, webhook_id: str, *, tenant: TenantId) -> None:
        """Forget a webhook; what it was still to be told is not sent.

        Raises:
            WebhookNotFound: there is none.
        """
        ...

    def test(self, webhook_id: str, *, tenant: TenantId) -> Delivery:
        """Have something sent that tells of nothing.

        Raises:
            WebhookNotFound: there is none.
            Conflict: it is disabled.
        """
        ...

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
        ...

    def replay(self, webhook_id: str, delivery_id: str, *, tenant: TenantId) -> Delivery:
        """Have a delivery sent again, now and with all its attempts, whatever became of it.

        One that is being sent just now is on its first attempt by that.

        Raises:
            WebhookNotFound: there is no such webhook.
            DeliveryNotFound: it has no such delivery.
            Conflict: the webhook is disabled.
        """
        ...

    def claim(self, *, owner: str, places: Places, lease_s: float) -> list[Sending]:
        """Lease deliveries that are due, of enabled webhooks, as `shares` has it.

        Args:
            owner: of these leases; another one for each call.
            places: how many, and how they are shared out.
            lease_s: how long nobody else gets them.
        """
        ...

    def finish(self, sending: Sending, answer: Answer, verdict: Verdict) -> bool:
        """Write how an attempt went and what becomes of it, if its lease still holds.

        A webhook that is gone, or that nothing has reached for long, is disabled.
        """
        ...

    def clear(self, *, keep_s: float, limit: int) -> int:
        """Delete what was kept long enough, and what is left of removed webhooks; how many."""
        ...
