"""GET /v1/jobs/{id}/events: following a job."""

import json
import threading
from dataclasses import replace

import pytest

from sightsong.core import jobs
from tests.unit.api.asking import image_bytes
from tests.unit.api.library import claim, succeed
from tests.waiting import wait_until

PHOTO = jobs.JobKind.PHOTO


@pytest.fixture
def job_id(caller) -> str:
    return str(caller.submit(image_bytes()).json()["id"])


def follow(caller, job_id: str, seen: str | None = None):
    headers = {} if seen is None else {"Last-Event-ID": seen}
    return caller.get(f"/v1/jobs/{job_id}/events", headers=headers)


def events(answer) -> list[dict[str, str]]:
    blocks = [block for block in answer.text.split("\n\n") if "event: " in block]
    return [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]


class Follower:
    """Follows a job from another thread, to the end."""

    def __init__(self, caller, job_id: str, seen: str | None = None) -> None:
        self._answers: list = []
        self._waiting = caller.app.state.door.waiting
        before = self._waiting.count
        self._thread = threading.Thread(
            target=lambda: self._answers.append(follow(caller, job_id, seen))
        )
        self._thread.start()
        wait_until(lambda: self._waiting.count > before)

    def answer(self):
        self._thread.join(timeout=10)
        return self._answers[0]


def test_a_job_is_followed_to_its_end(caller, stores, job_id):
    follower = Follower(caller, job_id)
    succeed(stores, PHOTO, {"query": "calm"})
    answer = follower.answer()
    told = events(answer)

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    assert {event["event"] for event in told} == {"state"}
    assert (told[0]["id"], told[-1]["id"]) == ("1", "3")
    assert json.loads(told[-1]["data"]) == caller.get(f"/v1/jobs/{job_id}").json()


def test_an_event_of_a_job_that_waits_says_what_it_may_expect(caller, stores, job_id):
    second = caller.submit(image_bytes()).json()["id"]
    follower = Follower(caller, second)
    caller.delete(f"/v1/jobs/{second}")
    first = json.loads(events(follower.answer())[0]["data"])

    assert (first["id"], first["queue_position"]) == (second, 2)


def test_who_knows_how_a_job_is_hears_of_the_next_change_first(caller, stores, job_id):
    follower = Follower(caller, job_id, seen="1")
    succeed(stores, PHOTO, {})

    assert "1" not in [event["id"] for event in events(follower.answer())]


@pytest.mark.parametrize("seen", ["0", "99", "x", ""])
def test_who_names_a_state_that_the_job_is_not_in_begins_with_the_present_one(
    caller, stores, job_id, seen
):
    succeed(stores, PHOTO, {})

    assert [event["id"] for event in events(follow(caller, job_id, seen))] == ["3"]


def test_who_knows_the_end_is_told_not_to_come_again(caller, stores, job_id):
    succeed(stores, PHOTO, {})
    answer = follow(caller, job_id, seen="3")

    assert (answer.status_code, answer.content) == (204, b"")


def test_a_follower_is_told_that_its_job_was_erased(caller, job_id):
    follower = Follower(caller, job_id)
    caller.delete(f"/v1/jobs/{job_id}")
    last = events(follower.answer())[-1]

    assert last["event"] == "gone"
    assert json.loads(last["data"]) == {"id": job_id, "code": "job_erased"}


def test_a_job_that_was_canceled_has_ended(caller, job_id):
    follower = Follower(caller, job_id)
    caller.post(f"/v1/jobs/{job_id}/cancel")

    assert json.loads(events(follower.answer())[-1]["data"])["state"] == "canceled"


def test_a_process_that_stops_lets_its_followers_go(caller, job_id):
    follower = Follower(caller, job_id)
    caller.app.state.door.waiting.is_stopping = lambda: True

    assert [event["id"] for event in events(follower.answer())] == ["1"]
    wait_until(lambda: not caller.app.state.door.following.count)


class Counted:
    """Job rows that note which versions were asked for at once, and how often one was read."""

    def __init__(self, rows) -> None:
        self._rows = rows
        self.asked: set[frozenset[str]] = set()
        self.reads = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._rows, name)

    def versions(self, job_ids):
        self.asked.add(frozenset(job_ids))
        return self._rows.versions(job_ids)

    def get_all(self, wanted):
        asked = list(wanted)
        self.reads += len(asked)
        return self._rows.get_all(asked)


def test_all_followers_share_one_query_and_read_nothing_while_nothing_changes(make, stores):
    rows = Counted(stores.jobs)
    caller = make(stores=replace(stores, jobs=rows), queue_limit=100)
    ids = [caller.submit(image_bytes()).json()["id"] for _ in range(5)]
    followers = [Follower(caller, one) for one in ids]
    wait_until(lambda: frozenset(ids) in rows.asked)

    assert rows.reads == 5  # one each, at the begin
    for one in ids:
        caller.delete(f"/v1/jobs/{one}")
    assert [events(one.answer())[-1]["event"] for one in followers] == ["gone"] * 5


def test_following_holds_no_thread(make, stores):
    """More follow than the process has threads for requests; it answers others none the less."""
    caller = make(queue_limit=100)
    job_id = caller.submit(image_bytes()).json()["id"]
    followers = [Follower(caller, job_id) for _ in range(60)]

    assert caller.get("/v1/jobs").status_code == 200
    claim(stores, PHOTO)
    caller.post(f"/v1/jobs/{job_id}/cancel")
    assert all(events(one.answer())[-1]["id"] == "3" for one in followers)


def test_only_so_many_follow_at_once(make):
    caller = make(max_followers=0)
    job_id = caller.submit(image_bytes()).json()["id"]
    answer = follow(caller, job_id)

    assert (answer.status_code, answer.json()["code"]) == (503, "too_many_waiters")
    assert "retry-after" in answer.headers


def test_what_is_no_job_cannot_be_followed(caller):
    answer = follow(caller, "x")

    assert (answer.status_code, answer.json()["code"]) == (404, "job_not_found")
