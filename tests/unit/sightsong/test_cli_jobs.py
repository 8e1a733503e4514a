"""`jobs`: list, show, cancel, delete and follow, against a fake service."""

import json
from datetime import datetime

import httpx
import pytest

from sightsong import cli
from sightsong.cli.session import World
from tests.unit.sightsong.fake_service import FakeService, job, problem, succeeded
from tests.unit.sightsong.ingest_views import page
from tests.unit.sightsong.job_events import stream, told

EVENTS = "/v1/jobs/j-1/events"
ENDED = problem(409, "conflict", "This job has succeeded.")


def test_jobs_are_listed_with_what_they_were_called_and_why_they_failed(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    failed = job("failed", id="j-2", error={"code": "deadline_exceeded", "detail": "Too late."})
    service.on("GET", "/v1/jobs", page(job("queued", custom_id="trip\x1b"), failed))
    assert cli.main(["jobs", "list"], world=world) == 0
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split() == ["id", "job", "state", "since", "called"]
    assert (first.split()[:3], first.split()[-1]) == (["j-1", "photo", "queued"], "trip")
    assert second.split()[:4] == ["j-2", "photo", "failed:", "deadline_exceeded"]


def test_a_list_of_jobs_can_be_narrowed(service: FakeService, world: World):
    service.on("GET", "/v1/jobs", page())
    asked = ["--state", "failed", "--kind", "photo", "--kind", "ingest", "--id", "trip"]
    since = "2026-11-20T23:42:07Z"
    assert cli.main(["jobs", "list", *asked, "--since", since, "--limit", "5"], world=world) == 0
    assert service.requests[0].url.params.multi_items() == [
        ("state", "failed"),
        ("kind", "photo"),
        ("kind", "ingest"),
        ("custom_id", "trip"),
        ("created_after", since),
        ("limit", "5"),
    ]


def test_a_list_of_jobs_can_begin_with_a_day_of_this_zone(service: FakeService, world: World):
    service.on("GET", "/v1/jobs", page())
    assert cli.main(["jobs", "list", "--since", "2026-11-20"], world=world) == 0
    asked = datetime.fromisoformat(service.requests[0].url.params["created_after"])
    assert asked == datetime(2026, 11, 20).astimezone()


@pytest.mark.parametrize(
    "since",
    ["yesterday", "", "2026-11-31", "2026-11-20T23:42:07", "2026-11-20T25:00:00Z", "1763683200"],
)
def test_a_time_that_is_none_is_wrong_usage_with_an_example(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str], since: str
):
    assert cli.main(["jobs", "list", "--since", since], world=world) == 2
    assert "2026-11-20T23:42:07Z" in capsys.readouterr().err
    assert service.requests == []


def test_no_jobs_say_how_to_make_one(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", "/v1/jobs", page())
    assert cli.main(["jobs", "list", "--json"], world=world) == 0
    printed = capsys.readouterr()
    assert (json.loads(printed.out), "sightsong recommend" in printed.err) == ([], True)


@pytest.mark.parametrize(("eta_s", "said"), [(4.2, "about 4 s"), (0.3, "less than 1 s")])
def test_a_job_in_line_says_its_place_and_when_it_may_be_done(
    service: FakeService,
    world: World,
    capsys: pytest.CaptureFixture[str],
    eta_s: float,
    said: str,
):
    service.on("GET", "/v1/jobs/j-1", job("queued", queue_position=3, eta_s=eta_s))
    assert cli.main(["jobs", "show", "j-1"], world=world) == 0
    line = f"photo job j-1: queued, number 3 in line, done in {said}\n"
    assert capsys.readouterr().out == line


@pytest.mark.parametrize(("place", "said"), [(1, ", number 1 in line"), (None, "")])
def test_what_is_not_known_of_a_job_in_line_is_not_said(
    service: FakeService,
    world: World,
    capsys: pytest.CaptureFixture[str],
    place: int | None,
    said: str,
):
    service.on("GET", "/v1/jobs/j-1", job("queued", queue_position=place))
    cli.main(["jobs", "show", "j-1"], world=world)
    assert capsys.readouterr().out == f"photo job j-1: queued{said}\n"


def test_a_job_is_followed_to_its_answer(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    steps = [job("queued", queue_position=2), job("running", state_version=2), succeeded()]
    service.on("GET", EVENTS, stream(*map(told, steps)))
    assert cli.main(["jobs", "follow", "j-1"], world=world) == 0
    printed = capsys.readouterr()
    assert printed.err.splitlines() == [
        "photo job j-1: queued, number 2 in line",
        "photo job j-1: running",
    ]
    assert "Ours" in printed.out


def test_a_job_that_was_canceled_meanwhile_is_status_1(service: FakeService, world: World):
    service.on("GET", EVENTS, stream(told(job("canceled"))))
    assert cli.main(["jobs", "follow", "j-1"], world=world) == 1


def test_ctrl_c_while_following_leaves_the_job_alone_and_says_so(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", EVENTS, KeyboardInterrupt())
    assert cli.main(["jobs", "follow", "j-1"], world=world) == 130
    said, named, *_ = capsys.readouterr().err.splitlines()
    assert (said, named.strip()) == ("this goes on in the service:", "j-1")
    assert [request.method for request in service.requests] == ["GET"]


def test_a_job_is_canceled(service: FakeService, world: World, capsys: pytest.CaptureFixture[str]):
    service.on("POST", "/v1/jobs/j-1/cancel", job("canceled"))
    assert cli.main(["jobs", "cancel", "j-1", "--json"], world=world) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["state"] == "canceled"
    assert printed.err == "canceled j-1\n"


def test_one_job_that_has_ended_does_not_keep_others_from_being_canceled(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("POST", "/v1/jobs/j-1/cancel", ENDED)
    service.on("POST", "/v1/jobs/j-2/cancel", job("canceled", id="j-2"))
    assert cli.main(["jobs", "cancel", "j-1", "j-2"], world=world) == 4
    printed = capsys.readouterr()
    assert printed.err == "j-1: This job has succeeded.\n"
    assert printed.out == "canceled j-2\n"


def test_a_service_that_cannot_cancel_now_is_no_refusal(service: FakeService, world: World):
    service.on("POST", "/v1/jobs/j-1/cancel", problem(503, "store_unavailable", "later"))
    assert cli.main(["jobs", "cancel", "j-1", "j-2"], world=world) == 1


def test_jobs_are_deleted(service: FakeService, world: World, capsys: pytest.CaptureFixture[str]):
    service.on("DELETE", "/v1/jobs/j-1", httpx.Response(204))
    service.on("DELETE", "/v1/jobs/j-2", httpx.Response(204))
    assert cli.main(["jobs", "delete", "j-1", "j-2"], world=world) == 0
    assert capsys.readouterr().out == "deleted j-1\ndeleted j-2\n"


@pytest.mark.parametrize("command", ["recommend", "submit"])
def test_a_photo_goes_with_what_is_said_of_its_handling(
    service: FakeService, world: World, tmp_path, command: str
):
    photo = tmp_path / "beach.jpg"
    photo.write_bytes(b"\xff\xd8\xff a beach")
    service.on("POST", "/v1/jobs", job("queued"))
    service.on("GET", "/v1/jobs/j-1", succeeded())
    said = ["--priority", "0", "--deadline", "60", "--id", "trip", "--no-keep"]
    assert cli.main([command, str(photo), *said], world=world) == 0
    assert dict(service.requests[0].url.params) == {
        "priority": "0",
        "deadline_s": "60.0",
        "custom_id": "trip",
        "keep_image_s": "0",
    }


def test_words_go_with_what_is_said_of_their_handling(service: FakeService, world: World):
    service.on("POST", "/v1/jobs", job("queued", kind="text"))
    service.on("GET", "/v1/jobs/j-1", job("failed", error={"code": "x", "detail": "y"}))
    cli.main(["find", "calm", "--priority", "2", "--deadline", "9", "--id", "t"], world=world)
    wanted = {"text": "calm", "priority": 2, "deadline_s": 9.0, "custom_id": "t"}
    assert service.sent("POST", "/v1/jobs") == wanted


@pytest.mark.parametrize("wrong", [["--priority", "3"], ["--deadline", "inf"], ["--id", " "]])
def test_a_handling_that_cannot_be_is_wrong_usage(
    service: FakeService, world: World, wrong: list[str]
):
    assert cli.main(["find", "calm", *wrong], world=world) == 2
    assert service.requests == []


def test_jobs_of_one_user_can_be_listed(service: FakeService, world: World):
    service.on("GET", "/v1/jobs", page())
    assert cli.main(["jobs", "list", "--user", "bob"], world=world) == 0
    assert service.requests[0].url.params["user"] == "bob"
