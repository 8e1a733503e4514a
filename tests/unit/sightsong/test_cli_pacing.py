"""`recommend` of many photos at a service that takes few at a time, or refuses oddly."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from sightsong import cli
from sightsong.cli import pacing
from sightsong.cli.session import World
from sightsong.client import Patience
from tests.unit.sightsong.fake_service import FakeService, job, problem, succeeded

RETRY_AFTER_S = 5


class SmallQueue:
    """A service that takes as many photos as its queue holds; an answer makes room for one."""

    def __init__(self, *, limit: int) -> None:
        self.limit = limit
        self.taken = 0
        self.refused = 0
        self.pauses: list[float] = []
        self.open: set[str] = set()

    @property
    def world(self) -> World:
        """What the command line acts in: this service, and no pauses."""
        patience = Patience(pause=self.pauses.append)
        return World(transport=httpx.MockTransport(self.answer), patience=patience)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer as the service does."""
        job_id = request.url.path.rpartition("/")[2]
        if request.method == "GET":
            self.open.discard(job_id)
            return httpx.Response(200, json={**succeeded(), "id": job_id})
        if len(self.open) >= self.limit:
            self.refused += 1
            pause = {"Retry-After": str(RETRY_AFTER_S)}
            return problem(503, "queue_full", "The queue is full.", **pause)
        self.taken += 1
        self.open.add(f"j-{self.taken}")
        return httpx.Response(202, json=job("queued", id=f"j-{self.taken}"))


@pytest.fixture
def trip(tmp_path: Path) -> Callable[[int], list[str]]:
    """Take so many photos."""

    def taken(count: int) -> list[str]:
        photos = [tmp_path / f"{number:03}.jpg" for number in range(count)]
        for photo in photos:
            photo.write_bytes(b"\xff\xd8\xff")
        return [str(photo) for photo in photos]

    return taken


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    views: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return views


def test_a_queue_smaller_than_what_is_sent_at_a_time_answers_all_photos(trip, capsys):
    service = SmallQueue(limit=4)
    photos = trip(2 * pacing.MOST_OPEN)
    assert cli.main(["recommend", *photos, "--json"], world=service.world) == 0
    views = told(capsys)
    assert [view["photo"] for view in views] == photos
    assert {view["job"]["state"] for view in views} == {"succeeded"}


def test_a_full_service_is_left_alone_for_as_long_as_it_asks(trip):
    service = SmallQueue(limit=2)
    assert cli.main(["recommend", *trip(6)], world=service.world) == 0
    assert service.refused == 2
    assert len(service.pauses) == service.refused
    assert all(RETRY_AFTER_S - 1 < pause_s <= RETRY_AFTER_S for pause_s in service.pauses)


def full_after_two(service: FakeService) -> None:
    taken = [job("queued", id=f"j-{number}") for number in range(2)]
    service.on("POST", "/v1/jobs", *taken, problem(503, "queue_full", "The queue is full."))
    service.on("GET", "/v1/jobs/j-0", {**succeeded(), "id": "j-0"})
    service.on("GET", "/v1/jobs/j-1", {**succeeded(), "id": "j-1"})


def test_a_service_that_stays_full_ends_it_with_all_that_was_answered(
    service: FakeService, world: World, trip, capsys
):
    full_after_two(service)
    photos = trip(4)
    assert cli.main(["recommend", *photos, "--json"], world=world) == 1
    views = told(capsys)
    assert [view["photo"] for view in views] == photos
    assert [view["job"] and view["job"]["state"] for view in views] == ["succeeded"] * 2 + [
        None
    ] * 2
    assert {view["error"]["code"] for view in views[2:]} == {"not_sent"}
    assert pacing.FULL_S <= sum(service.pauses) < pacing.FULL_S + 2


def test_photos_that_a_full_service_did_not_take_are_named(
    service: FakeService, world: World, trip, capsys
):
    full_after_two(service)
    photos = trip(4)
    cli.main(["recommend", *photos], world=world)
    printed = capsys.readouterr()
    said = printed.err.splitlines()
    at = said.index("not sent: 2 photos")
    assert said[at + 1 :] == [f"  {photos[2]}", f"  {photos[3]}", "The queue is full."]
    assert [line for line in printed.out.splitlines() if line in photos] == photos[:2]


def test_a_photo_that_is_tried_again_keeps_its_key(service: FakeService, world: World, trip):
    full = problem(503, "queue_full", "The queue is full.")
    service.on("POST", "/v1/jobs", job("queued"), full, full, job("queued"))
    service.on("GET", "/v1/jobs/j-1", succeeded())
    assert cli.main(["recommend", *trip(2)], world=world) == 0
    first, *others = [
        request.headers["Idempotency-Key"] for request in service.asked("POST", "/v1/jobs")
    ]
    assert (len(others), len(set(others)), first in others) == (3, 1, False)


def test_ctrl_c_does_not_take_from_programs_what_was_answered(
    service: FakeService, world: World, trip, capsys
):
    full_after_two(service)
    service.on("GET", "/v1/jobs/j-1", KeyboardInterrupt())
    assert cli.main(["recommend", *trip(3), "--json"], world=world) == 130
    answered, under_way, unsent = told(capsys)
    assert (answered["job"]["state"], under_way["job"]["state"]) == ("succeeded", "queued")
    assert unsent["error"]["code"] == "not_sent"


def test_an_answer_that_cannot_be_had_now_leaves_its_job_named(
    service: FakeService, world: World, trip, capsys
):
    full_after_two(service)
    service.on("GET", "/v1/jobs/j-0", problem(503, "store_unavailable", "Not now."))
    photos = trip(2)
    assert cli.main(["recommend", *photos], world=world) == 1
    said = capsys.readouterr().err
    assert f"  {photos[0]}: Not now. (store_unavailable)" in said
    assert re.search(rf"goes on in the service:\n  j-0  {re.escape(photos[0])}\n", said)


def test_a_photo_that_vanishes_while_it_is_refused_is_no_crash(trip, capsys):
    photos = trip(2)

    def answer(_request: httpx.Request) -> httpx.Response:
        Path(photos[0]).unlink()
        return problem(422, "invalid_request", "This cannot be.")

    world = World(transport=httpx.MockTransport(answer))
    assert cli.main(["recommend", *photos], world=world) == 4
    assert "This cannot be." in capsys.readouterr().err.splitlines()
