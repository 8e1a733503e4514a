"""What the client sends about webhooks."""

import httpx
import pytest

from sightsong.client import Client, ProblemResponse
from tests.unit.sightsong.fake_service import FakeService, problem
from tests.unit.sightsong.ingest_views import page

HOOK = "/v1/webhooks/w-1"
URL = "https://app.example/told"


@pytest.mark.parametrize(
    ("events", "sent"),
    [(None, {}), ((), {"events": []}), (["job.failed"], {"events": ["job.failed"]})],
    ids=["all", "none", "one"],
)
def test_a_webhook_is_told_of_what_is_said(
    client: Client, service: FakeService, events: list[str] | None, sent: dict[str, object]
):
    service.on("POST", "/v1/webhooks", httpx.Response(201, json={"id": "w-1"}))
    assert client.add_webhook(URL, events=events)["id"] == "w-1"
    assert service.sent("POST", "/v1/webhooks") == {"url": URL, **sent}


def test_a_webhook_that_may_be_there_is_not_made_again(client: Client, service: FakeService):
    service.on("POST", "/v1/webhooks", problem(500, "internal", "oh"))
    with pytest.raises(ProblemResponse):
        client.add_webhook(URL)
    assert len(service.requests) == 1


def test_webhooks_are_read_changed_and_removed(client: Client, service: FakeService):
    service.on("GET", "/v1/webhooks", page({"id": "w-1"}))
    service.on("GET", HOOK, {"id": "w-1"})
    service.on("PATCH", HOOK, httpx.ReadError("cut"), {"id": "w-1", "enabled": False})
    service.on("DELETE", HOOK, httpx.Response(204))
    assert [client.webhooks(), client.webhook("w-1")] == [[{"id": "w-1"}], {"id": "w-1"}]
    changed = client.change_webhook("w-1", enabled=False, description="")
    client.remove_webhook("w-1")
    assert changed["enabled"] is False
    assert service.sent("PATCH", HOOK) == {"enabled": False, "description": ""}


def test_the_secret_is_read_and_replaced(client: Client, service: FakeService):
    service.on("GET", f"{HOOK}/secret", {"secret": "whsec_a"})
    service.on("POST", f"{HOOK}/rotate", {"secret": "whsec_b"})
    assert client.webhook_secret("w-1") == "whsec_a"
    assert client.rotate_webhook("w-1", overlap_s=60) == "whsec_b"
    assert service.sent("POST", f"{HOOK}/rotate") == {"overlap_s": 60}
    client.rotate_webhook("w-1")
    assert service.sent("POST", f"{HOOK}/rotate") == {}


def test_what_was_told_is_listed_and_told_again(client: Client, service: FakeService):
    service.on("POST", f"{HOOK}/test", httpx.Response(202, json={"id": "d-1", "event": "test"}))
    service.on("GET", f"{HOOK}/deliveries", page({"id": "d-1"}))
    service.on("POST", f"{HOOK}/deliveries/d-1/replay", httpx.Response(202, json={"id": "d-1"}))
    assert client.test_webhook("w-1")["event"] == "test"
    [told] = client.deliveries("w-1", state="failed", limit=5)
    assert client.replay_delivery("w-1", told["id"])["id"] == "d-1"
    [asked] = service.asked("GET", f"{HOOK}/deliveries")
    assert dict(asked.url.params) == {"state": "failed", "limit": "5"}
