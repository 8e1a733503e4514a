"""Webhooks and what they are told, for the contract suites."""

from sightsong.core import ports
from sightsong.core.tenancy import DEFAULT_TENANT, TenantId
from sightsong.core.webhooks import (
    Answer,
    Delivery,
    Event,
    Fate,
    NewWebhook,
    Places,
    Sending,
    Verdict,
    Webhook,
    new_secret,
)

#: All that ends.
ENDS = frozenset(Event) - {Event.TEST}
LONG_S = 60.0
ANSWERED = Answer(status=204, took_ms=12.5)
REFUSED = Answer(status=500, took_ms=3.0)
DONE = Verdict(fate=Fate.DELIVERED)


def register(
    stores: ports.Stores,
    *,
    events: frozenset[Event] = ENDS,
    tenant: TenantId = DEFAULT_TENANT,
    url: str = "https://app.example/hooks",
) -> Webhook:
    """Add a webhook."""
    new = NewWebhook(url=url, secret=new_secret(), events=events, tenant=tenant)
    return stores.webhooks.add(new)


def told(stores: ports.Stores, webhook: Webhook) -> list[Delivery]:
    """What a webhook is told, or was, the oldest first."""
    newest = stores.webhooks.deliveries(webhook.id, tenant=webhook.tenant, limit=100)
    return newest[::-1]


def events(stores: ports.Stores, webhook: Webhook) -> list[tuple[str, str | None]]:
    """Of what a webhook is told."""
    return [(one.event, one.subject_id) for one in told(stores, webhook)]


def claim(stores: ports.Stores, owner: str = "ann", **places: object) -> list[Sending]:
    """Lease what is due."""
    wish = Places(**{"free": 100, "per_webhook": 100} | places)
    return stores.webhooks.claim(owner=owner, places=wish, lease_s=LONG_S)


def claim_one(stores: ports.Stores, owner: str = "ann") -> Sending:
    """Lease the only thing that is due."""
    (sending,) = claim(stores, owner)
    return sending


def again(delay_s: float = 0.0) -> Verdict:
    """It is to be tried again."""
    return Verdict(fate=Fate.AGAIN, delay_s=delay_s)
