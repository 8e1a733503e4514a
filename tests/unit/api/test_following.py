"""Events that tell how something goes."""

import asyncio
import json
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from api.errors import TooManyWaiters
from api.following import Following, FollowPace, event_id
from sightsong.core.errors import JobNotFound, StoreUnavailable

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


def test_those_who_follow_are_counted_until_they_leave():
    async def follow() -> list[int]:
        following = Following(limit=1, pace=QUICK)
        events = following.events(Views(view(1), view(2)), seen=None)
        await anext(events)
        with pytest.raises(TooManyWaiters):
            following.refuse_more()
        counts = [following.count]
        await events.aclose()  # type: ignore[attr-defined]
        following.refuse_more()
        return [*counts, following.count]

    assert asyncio.run(follow()) == [1, 0]
