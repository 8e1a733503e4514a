"""Answers about webhooks, as typed dictionaries."""

from collections.abc import Sequence
from typing import TypedDict


class WebhookChange(TypedDict, total=False):
    """What to change of a webhook."""

    url: str
    events: Sequence[str]
    enabled: bool
    description: str  #: Empty: none any more.


class WebhookView(TypedDict):
    """Where the service tells of what has ended."""

    id: str
    url: str
    events: list[str]  #: Of all that ends; what names the webhook it is told of anyway.
    description: str | None
    enabled: bool
    disabled_reason: str | None  #: Why the service disabled it itself.
    failing_since: str | None  #: Its first failure after its last success.
    created_at: str


class NewWebhookView(WebhookView):
    """A webhook that was just registered."""

    secret: str  #: What its deliveries are signed with.


class SecretView(TypedDict):
    """What the deliveries of a webhook are signed with."""

    secret: str


class AttemptView(TypedDict):
    """One try to deliver."""

    at: str
    status: int | None  #: Of the answer; None: there was none.
    error: str | None
    took_ms: float


class DeliveryView(TypedDict):
    """What a webhook is told, or was."""

    id: str
    event: str
    subject_id: str | None  #: The job or the batch; None for a test.
    state: str  #: `pending`, `delivered` or `failed`.
    attempt: int  #: How often it was tried since it was last asked for.
    next_at: str | None  #: When it is tried next; None: not again.
    created_at: str
    attempts: list[AttemptView]
