"""Events that tell how something goes."""

import asyncio
import json
import threading
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import pytest

from api.errors import TooManyWaiters
from api.following import Following, FollowPace, event_id
from sightsong.core.errors import JobErased, JobNotFound, StoreUnavailable

QUICK = FollowPace(look_s=0.001, heartbeat_s=60)


class Views:
    """Tells one view after another; an exception is raised."""

    def __init__(self, *views: Mapping[str, Any] | Exception) -> None:
        self._left = list(views)
        self.threads: set[int] = set()

    def __call__(self) -> Mapping[str, Any]:
        self.threads.add(threading.get_ident())
        view = self._left.pop(0)
        if isinstance(view, Exception):
            raise view
        return view

    async def glance(self) -> Mapping[str, Any]:
        return self()


def view(number: int, *, done: bool = False) -> dict[str, Any]:
    return {"number": number, "text": "two\nlines", "done": done}


def told(views: Views, *, seen: str | None = None, pace: FollowPace = QUICK) -> list[str]:
    async def follow() -> list[str]:
        events = Following(limit=9, pace=pace).events(views, seen=seen)
        return [event.decode() async for event in events]

    async def in_time() -> list[str]:
        async with asyncio.timeout(10):
            return await follow()

    return asyncio.run(in_time())


def numbers(events: list[str]) -> list[int]:
    data = [event.partition("data: ")[2] for event in events if "data: " in event]
    return [json.loads(one)["number"] for one in data]


def test_each_change_is_told_once_and_the_last_ends_it():
    events = told(Views(view(1), view(1), view(2), view(3, done=True), view(4)))

    assert numbers(events) == [1, 2, 3]


def test_an_event_is_one_line_with_a_name_and_an_id():
    [_, event] = told(Views(view(1, done=True)))

    assert event.startswith(f"event: progress\nid: {event_id(view(1, done=True))}\ndata: {{")
    assert event.count("\n") == 4
    assert event.endswith("\n\n")


def test_what_the_follower_has_seen_is_not_told_again():
    events = told(Views(view(1), view(2, done=True)), seen=event_id(view(1)))

    assert numbers(events) == [2]


def test_a_database_that_is_down_for_a_moment_ends_nothing():
    events = told(Views(view(1), StoreUnavailable(), view(2, done=True)))

    assert numbers(events) == [1, 2]


def test_what_is_gone_is_followed_no_more():
    assert numbers(told(Views(view(1), JobNotFound()))) == [1]


def test_a_sign_of_life_comes_where_nothing_changes():
    pace = FollowPace(look_s=0.001, heartbeat_s=0)
    events = told(Views(view(1), view(1), view(2, done=True)), pace=pace)

    assert [event for event in events if event.startswith(": ")]


def test_the_event_loop_never_asks_the_database_itself():
    views = Views(view(1, done=True))
    told(views)

    assert threading.get_ident() not in views.threads


def test_a_process_that_stops_ends_all_events():
    async def follow() -> list[bytes]:
        following = Following(limit=1, is_stopping=lambda: True, pace=QUICK)
        return [event async for event in following.events(Views(), seen=None)]

    assert numbers([event.decode() for event in asyncio.run(follow())]) == []


async def answered(following: Following, *, is_gone: bool) -> None:
    """Send one answer of events to a client, who stays or goes away after the first piece."""
    left = asyncio.Event()

    async def receive() -> dict[str, str]:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        if is_gone and message.get("body"):
            left.set()

    views = Views(view(1)) if is_gone else Views(view(1), view(2, done=True))
    events = following.answer(following.events(views, seen=None))
    assert following.count == 1
    async with asyncio.timeout(10):
        await events({"type": "http"}, receive, send)


@pytest.mark.parametrize("is_gone", [True, False])
def test_those_who_follow_are_counted_until_they_leave(is_gone):
    following = Following(limit=1, pace=FollowPace(look_s=0.01, heartbeat_s=60))
    asyncio.run(answered(following, is_gone=is_gone))

    assert following.count == 0


def test_who_comes_when_enough_follow_is_refused_at_once():
    """Not when their events begin: by then, many may have been let in."""
    following = Following(limit=1, pace=QUICK)
    following.answer(following.events(Views(), seen=None))

    with pytest.raises(TooManyWaiters):
        following.answer(following.events(Views(), seen=None))


class Changes:
    """Says at once whether something has changed, as often as it is told to, and then that it has.

    An exception is raised.
    """

    def __init__(self, *said: bool | Exception) -> None:
        self._left = list(said)
        self.asked: list[tuple[int, float]] = []

    async def __call__(self, *, seen: int, timeout_s: float, since: float) -> bool:
        self.asked.append((seen, timeout_s))
        said = self._left.pop(0) if self._left else True
        if isinstance(said, Exception):
            raise said
        return said


def job(version: int, state: str = "running") -> dict[str, Any]:
    return {"id": "j", "state": state, "state_version": version}


DONE = job(3, "succeeded")


def states(
    views: Views,
    changes: Changes | None = None,
    *,
    first: Mapping[str, Any] | None = None,
    seen: str | None = None,
    is_stopping: Callable[[], bool] = lambda: False,
) -> list[str]:
    async def follow() -> list[str]:
        following = Following(limit=9, pace=QUICK, is_stopping=is_stopping)
        glance = views.glance
        events = following.states(first or job(1), glance, changes or Changes(), seen=seen)
        async with asyncio.timeout(10):
            return [event.decode() async for event in events]

    return asyncio.run(follow())


def versions(events: list[str]) -> list[int]:
    data = [event.partition("data: ")[2] for event in events if "event: state" in event]
    return [json.loads(one)["state_version"] for one in data]


def test_each_state_of_a_job_is_told_once_and_the_final_one_ends_it():
    assert versions(states(Views(job(1), job(2), DONE, job(4)))) == [1, 2, 3]


def test_a_state_is_one_line_with_its_version_as_id():
    [_, event] = states(Views(), first=DONE)

    assert event == f"event: state\nid: 3\ndata: {json.dumps(DONE, separators=(',', ':'))}\n\n"


def test_a_state_that_the_follower_has_seen_is_not_told_again():
    assert versions(states(Views(DONE), seen="1")) == [3]


@pytest.mark.parametrize("seen", ["7", "-1", "one", ""])
def test_a_follower_that_has_seen_what_never_was_begins_with_the_present_state(seen):
    assert versions(states(Views(DONE), seen=seen)) == [1, 3]


def test_nothing_is_read_while_nothing_changes():
    views, changes = Views(DONE), Changes(False, False, False)
    events = states(views, changes)

    assert events.count(": still here\n\n") == 3
    assert changes.asked == [(1, 60.0)] * 4
    assert versions(events) == [1, 3]


@pytest.mark.parametrize("error", [JobErased(), JobNotFound()])
def test_a_job_that_is_gone_is_told_as_gone(error):
    events = states(Views(error))

    assert events[-1] == f'event: gone\ndata: {{"id":"j","code":"{error.code}"}}\n\n'


def test_a_database_that_is_down_for_a_moment_ends_no_job():
    assert versions(states(Views(StoreUnavailable(), StoreUnavailable(), DONE))) == [1, 3]


def test_who_follows_a_job_already_is_not_sent_away_where_too_many_wait():
    assert versions(states(Views(job(2), DONE), Changes(TooManyWaiters()))) == [1, 2, 3]


def test_a_process_that_stops_looks_at_no_job_again():
    assert versions(states(Views(), is_stopping=lambda: True)) == [1]
