"""`/v1/webhooks`: registered, changed, tested, looked at; and nothing of others' is seen."""

import pytest

from api import opening, paging
from sightsong.adapters import settings
from sightsong.core.embeddings import Space
from sightsong.core.errors import ConfigurationError
from sightsong.core.tenancy import DEFAULT_TENANT, TenantId
from sightsong.core.webhooks import Answer, Event, Fate, NewWebhook, Places, Verdict, new_secret

URL = "https://app.example/hooks"
NONE = "00000000-0000-4000-8000-000000000000"


def register(caller, **said: object) -> dict[str, object]:
    answer = caller.post("/v1/webhooks", json={"url": URL} | said)
    assert answer.status_code == 201, answer.text
    return answer.json()


def of_others(stores) -> str:
    new = NewWebhook(url=URL, secret=new_secret(), tenant=TenantId("others"))
    return stores.webhooks.add(new).id


def test_a_webhook_is_registered_with_a_secret(caller):
    answer = caller.post("/v1/webhooks", json={"url": URL, "description": " my app "})
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/webhooks/{made['id']}"
    assert answer.headers["cache-control"] == "no-store"
    assert made.pop("secret").startswith("whsec_")
    assert made["events"] == ["job.succeeded", "job.failed", "job.canceled", "batch.completed"]
    assert (made["url"], made["description"], made["enabled"]) == (URL, "my app", True)
    assert caller.get(f"/v1/webhooks/{made['id']}").json() == made
    assert caller.get("/v1/webhooks").json() == {"items": [made], "next_cursor": None}


def test_a_webhook_may_ask_for_nothing_but_what_names_it(caller):
    assert register(caller, events=[])["events"] == []


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"url": 5},
        {"url": URL, "events": ["job.exploded"]},
        {"url": URL, "events": ["test"]},
        {"url": URL, "events": ["job.failed", "job.failed"]},
        {"url": URL, "description": "x" * 201},
        {"url": URL, "secret": "mine"},
    ],
)
def test_what_is_no_webhook_is_refused(caller, said):
    answer = caller.post("/v1/webhooks", json=said)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize(
    "url", ["http://app.example/", "https://127.0.0.1/", "https://app.example:8443/", "nonsense"]
)
def test_an_address_that_is_never_posted_to_is_refused(caller, url):
    answer = caller.post("/v1/webhooks", json={"url": url})
    assert (answer.status_code, answer.json()["code"]) == (422, "url_not_allowed")
    webhook = register(caller)
    answer = caller.patch(f"/v1/webhooks/{webhook['id']}", json={"url": url})
    assert (answer.status_code, answer.json()["code"]) == (422, "url_not_allowed")


@pytest.mark.parametrize("url", ["http://10.0.0.1:9999/h", "https://10.0.0.1/h"])
def test_a_refused_address_is_told_how_receivers_are_reached(caller, url):
    detail = caller.post("/v1/webhooks", json={"url": url}).json()["detail"]
    assert "told over https" in detail
    assert "SIGHTSONG_WEBHOOK_PRIVATE" in detail


def test_an_address_that_the_operator_names_may_be_private(make):
    private = frozenset({("app", 9000)})
    caller = make(webhook_private=private)
    assert register(caller, url="http://app:9000/hooks")["url"] == "http://app:9000/hooks"


def test_a_receiver_that_is_named_without_its_port_stops_the_start(tmp_path):
    config = settings.load(data_dir=tmp_path, webhook_private=["app"])
    with pytest.raises(ConfigurationError, match="host:port"):
        opening.door_settings(config, Space("test/space@1"))


def test_only_what_is_said_is_changed(caller):
    before = register(caller, description="mine")
    path = f"/v1/webhooks/{before['id']}"
    changed = caller.patch(path, json={"events": ["job.failed"], "enabled": False}).json()
    del before["secret"]
    assert changed == before | {"events": ["job.failed"], "enabled": False}
    assert caller.patch(path, json={"description": ""}).json()["description"] is None


def test_a_removed_webhook_is_none(caller):
    path = f"/v1/webhooks/{register(caller)['id']}"
    assert caller.delete(path).status_code == 204
    assert caller.get(path).json()["code"] == "webhook_not_found"
    assert caller.delete(path).status_code == 404


def test_the_secret_can_be_looked_up_and_rotated(caller):
    made = register(caller)
    path = f"/v1/webhooks/{made['id']}"
    assert caller.get(f"{path}/secret").json() == {"secret": made["secret"]}
    rotated = caller.post(f"{path}/rotate").json()["secret"]
    assert rotated != made["secret"]
    assert caller.get(f"{path}/secret").json() == {"secret": rotated}


def test_the_old_secret_signs_for_as_long_as_is_asked(caller, stores):
    made = register(caller)
    caller.post(f"/v1/webhooks/{made['id']}/rotate", json={"overlap_s": 60})
    old, new = stores.webhooks.get(made["id"], tenant=DEFAULT_TENANT).secrets
    assert old.text == made["secret"]
    assert old.until == pytest.approx(new.created_at + 60)


def test_a_test_is_queued_and_shown_in_the_log(caller):
    path = f"/v1/webhooks/{register(caller)['id']}"
    answer = caller.post(f"{path}/test")
    told = answer.json()
    assert answer.status_code == 202
    assert (told["event"], told["state"], told["attempt"]) == ("test", "pending", 0)
    assert told["next_at"] is not None
    assert caller.get(f"{path}/deliveries").json() == {"items": [told], "next_cursor": None}


def test_a_disabled_webhook_is_not_tested(caller):
    path = f"/v1/webhooks/{register(caller)['id']}"
    caller.patch(path, json={"enabled": False})
    answer = caller.post(f"{path}/test")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_an_attempt_is_shown_and_its_delivery_replayed(caller, stores):
    path = f"/v1/webhooks/{register(caller)['id']}"
    delivery_id = caller.post(f"{path}/test").json()["id"]
    (sending,) = stores.webhooks.claim(owner="w", places=Places(free=1), lease_s=60)
    stores.webhooks.finish(sending, Answer(status=500, took_ms=12.5), Verdict(fate=Fate.GIVEN_UP))
    (failed,) = caller.get(f"{path}/deliveries?state=failed").json()["items"]
    assert (failed["id"], failed["next_at"]) == (delivery_id, None)
    assert failed["attempts"][0].pop("at")
    assert failed["attempts"] == [{"status": 500, "error": None, "took_ms": 12.5}]
    answer = caller.post(f"{path}/deliveries/{delivery_id}/replay")
    assert (answer.status_code, answer.json()["state"]) == (202, "pending")
    assert caller.get(f"{path}/deliveries?state=failed").json()["items"] == []


def test_the_log_comes_in_pages(caller):
    path = f"/v1/webhooks/{register(caller)['id']}"
    made = [caller.post(f"{path}/test").json()["id"] for _ in range(3)]
    first = caller.get(f"{path}/deliveries?limit=2").json()
    rest = caller.get(f"{path}/deliveries?limit=2&cursor={first['next_cursor']}").json()
    shown = [one["id"] for one in first["items"] + rest["items"]]
    assert (shown, rest["next_cursor"]) == (made[::-1], None)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "state=lost", "cursor=%00", "colour=red"]
)
def test_a_log_that_cannot_be_asked_for_is_refused(caller, query):
    path = f"/v1/webhooks/{register(caller)['id']}"
    assert caller.get(f"{path}/deliveries?{query}").status_code == 422


def test_a_page_of_the_log_after_what_is_not_in_it_is_refused(caller):
    path, other = (f"/v1/webhooks/{register(caller)['id']}" for _ in range(2))
    elsewhere = caller.post(f"{other}/test").json()["id"]
    caller.post(f"{path}/test")
    for last in (elsewhere, "msg_" + "0" * 32, "garbage"):
        page = caller.get(f"{path}/deliveries", params={"cursor": paging.to_cursor(last)})
        assert (page.status_code, page.json()["code"]) == (422, "invalid_request")


def test_what_is_no_delivery_is_not_replayed(caller):
    path = f"/v1/webhooks/{register(caller)['id']}"
    for delivery_id in ("msg_" + "0" * 32, "nonsense", "a%00b"):
        answer = caller.post(f"{path}/deliveries/{delivery_id}/replay")
        assert (answer.status_code, answer.json()["code"]) == (404, "delivery_not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("GET", "/secret"),
        ("POST", "/rotate"),
        ("POST", "/test"),
        ("GET", "/deliveries"),
        ("POST", f"/deliveries/msg_{'0' * 32}/replay"),
        ("POST", "/deliveries/nonsense/replay"),
    ],
)
def test_what_is_not_yours_is_as_what_is_not(caller, stores, method, path):
    theirs = of_others(stores)
    for webhook_id in (theirs, NONE, "nonsense", "a%00b"):
        more = {"json": {"enabled": False}} if method == "PATCH" else {}
        answer = caller.ask(method, f"/v1/webhooks/{webhook_id}{path}", **more)
        assert (answer.status_code, answer.json()["code"]) == (404, "webhook_not_found")
    assert caller.get("/v1/webhooks").json()["items"] == []
    assert stores.webhooks.get(theirs, tenant=TenantId("others")).is_enabled


def test_every_event_is_offered_but_the_test(caller):
    schemas = caller.get("/openapi.json").json()["components"]["schemas"]
    offered = schemas["WebhookView"]["properties"]["events"]["items"]["enum"]
    assert set(offered) == {event.value for event in Event} - {"test"}
