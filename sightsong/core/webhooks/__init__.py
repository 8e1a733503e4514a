"""Webhooks: addresses that are told when something of a tenant's has ended.

Deliveries are rows, written with the end that they tell of. Signatures are those of Standard
Webhooks, so that receivers can use a library that is there.
"""

from sightsong.core.webhooks.events import Event, Subject, is_told, payload, payload_of_test
from sightsong.core.webhooks.registry import (
    GONE,
    MOST_OF_A_TENANT,
    SILENT,
    STATES,
    Attempt,
    Delivery,
    DeliveryState,
    NewWebhook,
    Secret,
    Sending,
    Webhook,
    WebhookChange,
    rotated,
)
from sightsong.core.webhooks.retrying import LONGEST_GAP_S, PATIENCE_S, Answer, Fate, Verdict, judge
from sightsong.core.webhooks.sharing import Due, Places, shares
from sightsong.core.webhooks.signing import encoded, headers, new_delivery_id, new_secret, sign

__all__ = [
    "GONE",
    "LONGEST_GAP_S",
    "MOST_OF_A_TENANT",
    "PATIENCE_S",
    "SILENT",
    "STATES",
    "Answer",
    "Attempt",
    "Delivery",
    "DeliveryState",
    "Due",
    "Event",
    "Fate",
    "NewWebhook",
    "Places",
    "Secret",
    "Sending",
    "Subject",
    "Verdict",
    "Webhook",
    "WebhookChange",
    "encoded",
    "headers",
    "is_told",
    "judge",
    "new_delivery_id",
    "new_secret",
    "payload",
    "payload_of_test",
    "rotated",
    "shares",
    "sign",
]
