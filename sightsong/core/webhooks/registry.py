"""Webhooks and their deliveries, as they are kept. Times are seconds since the epoch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sightsong.core.tenancy import DEFAULT_TENANT, TenantId
from sightsong.core.webhooks.events import Event
from sightsong.core.webhooks.retrying import PATIENCE_S, Fate

#: Webhooks that one tenant may have: each end of a job is compared with all of them.
MOST_OF_A_TENANT = 50
#: Secrets that sign at once, if they are rotated again and again.
_MOST_SECRETS = 4


class DeliveryState(StrEnum):
    """How far a delivery is."""

    PENDING = "pending"  #: To be sent, perhaps again.
    DELIVERED = "delivered"
    FAILED = "failed"  #: Given up; it may be replayed.


#: What each fate of an attempt makes of its delivery.
STATES = {
    Fate.DELIVERED: DeliveryState.DELIVERED,
    Fate.AGAIN: DeliveryState.PENDING,
    Fate.GIVEN_UP: DeliveryState.FAILED,
    Fate.GONE: DeliveryState.FAILED,
}
#: Why a webhook was disabled.
GONE = "The receiver answers that it wants nothing any more (410)."
SILENT = f"Nothing could be delivered for {PATIENCE_S / 86400:.0f} days."


@dataclass(frozen=True, kw_only=True)
class Secret:
    """What a webhook's deliveries are signed with."""

    text: str
    created_at: float
    until: float | None = None  #: Signs no more from then on; None: it is the present one.

    def signs(self, now: float) -> bool:
        """Whether deliveries are signed with it now."""
        return self.until is None or self.until > now


@dataclass(frozen=True, kw_only=True)
class NewWebhook:
    """A webhook about to be stored."""

    url: str
    secret: str
    events: frozenset[Event] = frozenset()  #: Of all that ends; what names it is told anyway.
    description: str | None = None
    tenant: TenantId = DEFAULT_TENANT


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """Where to tell of what has ended."""

    id: str
    tenant: TenantId
    url: str
    events: frozenset[Event]
    secrets: tuple[Secret, ...]  #: The oldest first; the last one is the present one.
    is_enabled: bool
    created_at: float
    description: str | None = None
    disabled_reason: str | None = None  #: Why the service did that itself.
    failing_since: float | None = None  #: When it first failed after the last success.
    failed_at: float | None = None  #: When it failed last.
    is_slow: bool = False  #: Whether its last attempt took long.


@dataclass(frozen=True, kw_only=True)
class WebhookChange:
    """What to change of a webhook; None: nothing."""

    url: str | None = None
    events: frozenset[Event] | None = None
    is_enabled: bool | None = None
    description: str | None = None  #: Empty: it has none any more.


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One try to deliver."""

    at: float
    took_ms: float
    status: int | None = None  #: Of the answer; None: there was none.
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What a webhook is told, or was."""

    id: str
    webhook_id: str
    event: Event
    subject_id: str | None  #: The job or the batch; None for a test.
    state: DeliveryState
    attempt: int  #: How often it was tried since it was last asked for.
    next_at: float | None  #: When it is tried next; None: not again.
    created_at: float
    attempts: tuple[Attempt, ...] = ()  #: The oldest first, those before a replay too.


@dataclass(frozen=True, kw_only=True)
class Sending:
    """A delivery that is leased to be sent now."""

    id: str
    webhook_id: str
    owner: str  #: Of this lease alone.
    attempt: int  #: Which one this is, from 1.
    url: str
    secrets: tuple[str, ...]  #: All that sign now.
    payload: Mapping[str, Any]
    tenant: TenantId = DEFAULT_TENANT  #: Of its webhook.
    is_failing: bool = False  #: The last attempt to tell its webhook anything failed, or took long.


def rotated(secrets: Sequence[Secret], new: str, *, now: float, overlap_s: float) -> list[Secret]:
    """Put a new secret in the place of the present one, which signs on for a while."""
    until = now + overlap_s
    old = [
        replace(one, until=until if one.until is None else min(one.until, until))
        for one in secrets
        if one.signs(now)
    ]
    return [*old[-_MOST_SECRETS + 1 :], Secret(text=new, created_at=now)]
