"""`webhooks`, against a fake service."""

import json
from typing import Any

import httpx
import pytest

from sightsong import cli
from sightsong.cli.session import World
from tests.unit.sightsong.fake_service import FakeService, problem
from tests.unit.sightsong.ingest_views import page

HOOK = "/v1/webhooks/w-1"
SIGNED_WITH = "whsec_c2VjcmV0"
ALL = ["batch.completed", "job.canceled", "job.failed", "job.succeeded"]


def webhook(**more: object) -> dict[str, Any]:
    """A webhook as the service tells of it."""
    told = {"id": "w-1", "url": "https://app.example/in", "events": ALL, "enabled": True}
    trouble = {"disabled_reason": None, "failing_since": None}
    rest = {"description": None, "created_at": "2026-11-20T23:42:07.300Z"}
    return {**told, **trouble, **rest, **more}


def delivery(**more: object) -> dict[str, Any]:
    """A delivery as the service tells of it."""
    told = {"id": "msg_1", "event": "job.failed", "subject_id": "j-1", "state": "pending"}
    times = {"next_at": None, "created_at": "2026-11-20T23:42:07.300Z"}
    return {**told, **times, "attempt": 0, "attempts": [], **more}


def tried(status: int | None, error: str | None = None) -> dict[str, Any]:
    """One try to deliver."""
    return {"at": "2026-11-20T23:42:08.000Z", "status": status, "error": error, "took_ms": 20.0}


def test_an_address_is_added_and_its_secret_shown(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("POST", "/v1/webhooks", webhook(secret=SIGNED_WITH))
    said = ["--event", "batch.completed", "--event", "job.failed", "--description", "app"]
    url = "https://app.example/in"
    assert cli.main(["webhooks", "add", url, *said], world=world) == 0
    assert service.sent("POST", "/v1/webhooks") == {
        "url": url,
        "events": ["batch.completed", "job.failed"],
        "description": "app",
    }
    printed = capsys.readouterr()
    assert SIGNED_WITH in printed.out
    assert printed.err == "see whether it gets there: sightsong webhooks test w-1\n"


@pytest.mark.parametrize(("said", "events"), [([], None), (["--only-named"], [])])
def test_all_is_told_unless_it_is_said(
    service: FakeService, world: World, said: list[str], events: list[str] | None
):
    service.on("POST", "/v1/webhooks", webhook(secret=SIGNED_WITH, events=events or ALL))
    assert cli.main(["webhooks", "add", "https://app.example/in", *said], world=world) == 0
    sent = service.sent("POST", "/v1/webhooks")
    assert isinstance(sent, dict)
    assert sent.get("events") == events


def test_some_events_and_none_of_them_cannot_both_be_meant(service: FakeService, world: World):
    wrong = ["--only-named", "--event", "job.failed"]
    assert cli.main(["webhooks", "add", "https://app.example/in", *wrong], world=world) == 2
    assert service.requests == []


def test_an_address_that_the_service_does_not_tell_is_status_4(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("POST", "/v1/webhooks", problem(422, "invalid_request", "No private address."))
    assert cli.main(["webhooks", "add", "https://10.0.0.1/in"], world=world) == 4
    assert capsys.readouterr().err == "No private address.\n"


def test_webhooks_are_listed(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    rows = [webhook(), webhook(id="w-2", events=[], enabled=False, url="https://b.example/\x1b")]
    service.on("GET", "/v1/webhooks", page(*rows))
    assert cli.main(["webhooks", "list"], world=world) == 0
    _head, first, second = capsys.readouterr().out.splitlines()
    assert first.split()[:2] == ["w-1", "https://app.example/in"]
    assert ", ".join(ALL) in first
    assert "only what names it" in second
    assert " off " in second
    assert "\x1b" not in second


def test_a_webhook_tells_why_it_is_off(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", HOOK, webhook(enabled=False, disabled_reason="It failed for five days."))
    assert cli.main(["webhooks", "show", "w-1"], world=world) == 0
    shown = capsys.readouterr().out
    assert "off" in shown
    assert "It failed for five days." in shown


def test_a_webhook_that_fails_says_since_when(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", "/v1/webhooks", page(webhook(failing_since="2026-11-20T12:00:00Z")))
    assert cli.main(["webhooks", "list"], world=world) == 0
    assert "failing since 2026-11-2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        (["--on"], {"enabled": True}),
        (["--off"], {"enabled": False}),
        (["--only-named"], {"events": []}),
        (["--event", "job.failed", "--url", "https://b.example"], None),
    ],
)
def test_a_webhook_is_changed_in_what_is_said_alone(
    service: FakeService, world: World, said: list[str], sent: dict[str, Any] | None
):
    service.on("PATCH", HOOK, webhook())
    assert cli.main(["webhooks", "edit", "w-1", *said], world=world) == 0
    both = {"events": ["job.failed"], "url": "https://b.example"}
    assert service.sent("PATCH", HOOK) == (sent or both)


def test_a_change_of_nothing_is_wrong_usage(service: FakeService, world: World):
    assert cli.main(["webhooks", "edit", "w-1"], world=world) == 2
    assert service.requests == []


def test_a_webhook_is_removed(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("DELETE", HOOK, httpx.Response(204))
    assert cli.main(["webhooks", "remove", "w-1"], world=world) == 0
    assert capsys.readouterr().out == "removed w-1\n"


def test_a_test_is_sent(service: FakeService, world: World, capsys: pytest.CaptureFixture[str]):
    service.on("POST", f"{HOOK}/test", delivery(event="test", subject_id=None))
    assert cli.main(["webhooks", "test", "w-1"], world=world) == 0
    printed = capsys.readouterr()
    assert printed.out == "delivery msg_1 of test: pending\n"
    assert "sightsong webhooks deliveries w-1" in printed.err


def test_a_secret_is_printed_alone(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", f"{HOOK}/secret", {"secret": SIGNED_WITH})
    assert cli.main(["webhooks", "secret", "w-1"], world=world) == 0
    assert capsys.readouterr().out == f"{SIGNED_WITH}\n"


@pytest.mark.parametrize(("said", "sent"), [([], {}), (["--overlap", "2h"], {"overlap_s": 7200})])
def test_a_new_secret_is_printed_alone(
    service: FakeService,
    world: World,
    capsys: pytest.CaptureFixture[str],
    said: list[str],
    sent: dict[str, Any],
):
    service.on("POST", f"{HOOK}/rotate", {"secret": SIGNED_WITH})
    assert cli.main(["webhooks", "rotate", "w-1", *said, "--json"], world=world) == 0
    assert service.sent("POST", f"{HOOK}/rotate") == sent
    assert json.loads(capsys.readouterr().out) == {"secret": SIGNED_WITH}


def test_deliveries_tell_the_last_answer_and_when_they_are_tried_again(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    rows = [
        delivery(state="delivered", attempt=1, attempts=[tried(200)]),
        delivery(
            attempt=2,
            next_at="2026-11-20T23:50:00Z",
            attempts=[tried(500), tried(None, "no answer\x1b in 15 s")],
        ),
        delivery(),
    ]
    service.on("GET", f"{HOOK}/deliveries", page(*rows))
    said = ["--state", "failed", "--limit", "3"]
    assert cli.main(["webhooks", "deliveries", "w-1", *said], world=world) == 0
    [request] = service.requests
    assert dict(request.url.params) == {"state": "failed", "limit": "3"}
    _head, *lines = capsys.readouterr().out.splitlines()
    delivered, again, fresh = lines
    assert delivered.split()[:5] == ["msg_1", "j-1", "job.failed", "delivered", "1"]
    assert " 200 " in delivered
    assert "again at 2026-11-2" in again
    assert "no answer  in 15 s" in again
    assert fresh.split()[3:5] == ["pending", "0"]


def test_a_webhook_that_was_told_nothing_says_how_to_test_it(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", f"{HOOK}/deliveries", page())
    assert cli.main(["webhooks", "deliveries", "w-1"], world=world) == 0
    assert "sightsong webhooks test" in capsys.readouterr().out


def test_a_delivery_is_sent_again(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("POST", f"{HOOK}/deliveries/msg_1/replay", delivery())
    assert cli.main(["webhooks", "replay", "w-1", "msg_1"], world=world) == 0
    assert capsys.readouterr().out == "delivery msg_1 of job.failed: pending\n"


def test_one_that_is_off_says_how_to_turn_it_on(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("POST", f"{HOOK}/test", problem(409, "conflict", "It is disabled; enable it."))
    assert cli.main(["webhooks", "test", "w-1"], world=world) == 4
    told = capsys.readouterr().err
    assert told == "It is disabled; enable it: turn it on with: sightsong webhooks edit w-1 --on\n"


def test_a_secret_can_be_replaced_at_once(service: FakeService, world: World):
    service.on("POST", f"{HOOK}/rotate", {"secret": SIGNED_WITH})
    assert cli.main(["webhooks", "rotate", "w-1", "--overlap", "0"], world=world) == 0
    assert service.sent("POST", f"{HOOK}/rotate") == {"overlap_s": 0}


def test_what_an_edit_leaves_out_stays(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["webhooks", "edit", "--help"]) == 0
    assert "all of them" not in " ".join(capsys.readouterr().out.split())
