"""What may be said with each submit of memory, earlier answers and webhooks, and what is shown."""

import json
from pathlib import Path

import pytest

from sightsong import cli
from sightsong.cli.session import World
from tests.unit.sightsong.fake_service import FakeService, job, problem, succeeded

SAID = ["--webhook", "w-1", "--no-personal", "--no-cache"]
SPENT = "This key has had its 2 photos and texts of today."


@pytest.fixture
def photos(tmp_path: Path) -> list[str]:
    paths = [tmp_path / f"{name}.jpg" for name in "abc"]
    for path in paths:
        path.write_bytes(b"\xff\xd8\xff " + path.name.encode())
    return [str(path) for path in paths]


@pytest.mark.parametrize("command", ["recommend", "submit"])
def test_a_photo_goes_with_what_is_wished(
    service: FakeService, world: World, photos: list[str], command: str
):
    service.on("POST", "/v1/jobs", job("queued"))
    service.on("GET", "/v1/jobs/j-1", succeeded())
    assert cli.main([command, photos[0], *SAID], world=world) == 0
    wished = {"webhook": "w-1", "personal": "false", "cache": "false"}
    assert dict(service.requests[0].url.params) == wished


def test_words_go_with_what_is_wished(service: FakeService, world: World):
    service.on("POST", "/v1/jobs", job("queued", kind="text"))
    service.on("GET", "/v1/jobs/j-1", succeeded())
    assert cli.main(["find", "calm", *SAID], world=world) == 0
    wished = {"text": "calm", "webhook": "w-1", "personal": False, "cache": False}
    assert service.sent("POST", "/v1/jobs") == wished


def test_a_webhook_without_an_id_is_wrong_usage(service: FakeService, world: World):
    assert cli.main(["find", "calm", "--webhook", " "], world=world) == 2
    assert service.requests == []


@pytest.mark.parametrize(
    ("cached_from", "personal", "said"),
    [
        (None, False, ""),
        ("j-0", False, ", the same as before"),
        (None, True, ", in view of what you like"),
        ("j-0", True, ", the same as before, in view of what you like"),
    ],
)
def test_an_answer_says_what_it_owes_to_before(
    service: FakeService,
    world: World,
    capsys: pytest.CaptureFixture[str],
    cached_from: str | None,
    personal: bool,
    said: str,
):
    done = succeeded()
    answer = {
        **done,
        "cached_from": cached_from,
        "result": {**done["result"], "personal": personal},
    }
    service.on("GET", "/v1/jobs/j-1", answer)
    assert cli.main(["job", "j-1"], world=world) == 0
    assert f"answered in 1.25 s{said}, job j-1" in capsys.readouterr().out


def test_a_key_that_has_had_its_jobs_of_today_is_not_waited_for(
    service: FakeService, world: World, photos: list[str], capsys: pytest.CaptureFixture[str]
):
    spent = problem(429, "quota_exceeded", SPENT, **{"Retry-After": "30"})
    service.on("POST", "/v1/jobs", job("queued"), spent)
    service.on("GET", "/v1/jobs/j-1", succeeded())
    assert cli.main(["recommend", *photos, "--json"], world=world) == 1
    printed = capsys.readouterr()
    answered, *unsent = json.loads(printed.out)
    assert answered["job"]["state"] == "succeeded"
    assert [one["error"]["code"] for one in unsent] == ["not_sent", "not_sent"]
    assert printed.err.splitlines()[-1] == SPENT
    assert len(service.asked("POST", "/v1/jobs")) == 2
    assert service.pauses == []


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "unauthorized"), (403, "missing_scope"), (422, "webhook_unknown")],
)
def test_what_every_photo_would_be_refused_for_is_told_once(
    service: FakeService, world: World, photos: list[str], status: int, code: str
):
    service.on("POST", "/v1/jobs", problem(status, code, "No."))
    assert cli.main(["recommend", *photos], world=world) == 4
    assert len(service.requests) == 1
