"""Calls about webhooks: where the service tells of what has ended."""

from collections.abc import Sequence
from typing import Any, Unpack

from sightsong.client.calls import Calls, segment
from sightsong.client.steps import Flow, Request, Steps
from sightsong.client.twofold import Call, Series
from sightsong.client.views import (
    DeliveryView,
    NewWebhookView,
    SecretView,
    WebhookChange,
    WebhookView,
)
from sightsong.client.wishes import said

_PATH = "/v1/webhooks"


class WebhookCalls(Calls):
    """What may be asked about webhooks."""

    @Call
    def add_webhook(
        self, url: str, *, events: Sequence[str] | None = None, description: str | None = None
    ) -> Steps[NewWebhookView]:
        """Have the service tell an address of what ends; the answer has the secret it signs with.

        Args:
            url: where to tell it.
            events: `job.succeeded`, `job.failed`, `job.canceled`, `batch.completed`; None: all of
                them. With none of them it is told only of what names it.
            description: what it is for.
        """
        asked: dict[str, Any] = {"url": url} | said({"description": description})
        return self._post(_PATH, asked if events is None else asked | {"events": list(events)})

    @Call
    def webhooks(self) -> Steps[list[WebhookView]]:
        """Read which webhooks there are."""
        return self._all(_PATH)

    @Call
    def webhook(self, webhook_id: str) -> Steps[WebhookView]:
        """Read one webhook."""
        return self._get(_path(webhook_id))

    @Call
    def change_webhook(
        self, webhook_id: str, **changes: Unpack[WebhookChange]
    ) -> Steps[WebhookView]:
        """Change a webhook; what is left out stays."""
        return self._json(
            Request(method="PATCH", path=_path(webhook_id), json=changes, is_idempotent=True)
        )

    @Call
    def remove_webhook(self, webhook_id: str) -> Steps[None]:
        """Tell an address nothing any more."""
        return self._delete(_path(webhook_id))

    @Call
    def webhook_secret(self, webhook_id: str) -> Steps[str]:
        """Read what the deliveries of a webhook are signed with."""
        return self._secret(Request(method="GET", path=f"{_path(webhook_id)}/secret"))

    @Call
    def rotate_webhook(self, webhook_id: str, *, overlap_s: float | None = None) -> Steps[str]:
        """Have deliveries signed with a new secret, and return it.

        Args:
            webhook_id: which one.
            overlap_s: how long the old one signs beside it; None: as the service does, a day.
        """
        body = {} if overlap_s is None else {"overlap_s": overlap_s}
        path = f"{_path(webhook_id)}/rotate"
        return self._secret(Request(method="POST", path=path, json=body))

    @Call
    def test_webhook(self, webhook_id: str) -> Steps[DeliveryView]:
        """Have a webhook told of nothing, to see whether it hears; return that delivery."""
        return self._post(f"{_path(webhook_id)}/test")

    @Series
    def deliveries(
        self, webhook_id: str, *, state: str | None = None, limit: int | None = None
    ) -> Flow[DeliveryView]:
        """Go through what a webhook was told, newest first; `failed` is what was given up."""
        path = f"{_path(webhook_id)}/deliveries"
        return self._items(path, said({"state": state}), limit=limit)

    @Call
    def replay_delivery(self, webhook_id: str, delivery_id: str) -> Steps[DeliveryView]:
        """Have something told again."""
        return self._post(f"{_path(webhook_id)}/deliveries/{segment(delivery_id)}/replay")

    def _secret(self, request: Request) -> Steps[str]:
        view: SecretView = yield from self._json(request)
        return view["secret"]


def _path(webhook_id: str) -> str:
    return f"{_PATH}/{segment(webhook_id)}"
