"""The notifier of long polls."""

import asyncio
import threading
from collections.abc import Collection

import pytest

from api.errors import TooManyWaiters
from api.waiting import Pace, Waiting
from sightsong.core.errors import StoreUnavailable
from sightsong.core.jobs import JobId

JOB = JobId("j")


class Versions:
    """Versions of jobs that a test may change; counts how often it was asked, and in which way."""

    def __init__(self, **versions: int) -> None:
        self.versions = versions
        self.asked: list[frozenset[str]] = []
        self.is_down = False
        self.threads: set[int] = set()

    def __call__(self, ids: Collection[JobId]) -> dict[JobId, int]:
        self.asked.append(frozenset(ids))
        self.threads.add(threading.get_ident())
        if self.is_down:
            raise StoreUnavailable
        return {one: self.versions[one] for one in ids if one in self.versions}


async def until(is_so) -> None:
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110 - a plain counter, not an event
            await asyncio.sleep(0.001)


def waiting(versions: Versions, *, limit: int = 100) -> Waiting:
    return Waiting(versions, limit=limit, pace=Pace(looks=((float("inf"), 0.001),)))


def test_who_has_waited_for_long_is_looked_for_too():
    versions = Versions(a=1)
    pace = Pace(looks=((0.0, 0.001), (float("inf"), 0.002)))

    async def ask() -> None:
        line = Waiting(versions, limit=9, pace=pace)
        asking = asyncio.create_task(line.change(JobId("a"), seen=1, timeout_s=5))
        await until(lambda: frozenset("a") in versions.asked)
        versions.versions = {"a": 2}
        await asking

    asyncio.run(ask())


def test_all_who_wait_share_one_query():
    versions = Versions(a=1, b=1)

    async def ask() -> None:
        line = waiting(versions)
        both = asyncio.gather(*[line.change(JobId(one), seen=1, timeout_s=5) for one in ("a", "b")])
        await until(lambda: frozenset("ab") in versions.asked)
        versions.versions = {"a": 2, "b": 2}
        await both

    asyncio.run(ask())

    assert versions.asked[0] == frozenset("ab")


def test_the_event_loop_never_asks_the_database_itself():
    versions = Versions(j=2)
    asyncio.run(waiting(versions).change(JOB, seen=1, timeout_s=5))

    assert threading.get_ident() not in versions.threads


def test_nobody_asks_while_nobody_waits():
    versions = Versions(j=1)

    async def ask() -> int:
        line = waiting(versions)
        await line.change(JOB, seen=1, timeout_s=0.02)
        await until(lambda: line.is_idle)
        return len(versions.asked)

    assert asyncio.run(ask()) == len(versions.asked) > 0


def test_a_job_that_is_gone_wakes_its_waiter():
    async def ask() -> None:
        async with asyncio.timeout(5):
            await waiting(Versions()).change(JOB, seen=1, timeout_s=60)

    asyncio.run(ask())


def test_a_database_that_is_down_for_a_moment_loses_no_waiter():
    versions = Versions(j=1)
    versions.is_down = True

    async def ask() -> None:
        line = waiting(versions)
        waiter = asyncio.create_task(line.change(JOB, seen=1, timeout_s=60))
        await until(lambda: len(versions.asked) > 2)
        assert not waiter.done()
        versions.is_down, versions.versions = False, {"j": 2}
        async with asyncio.timeout(5):
            await waiter

    asyncio.run(ask())


def test_a_process_that_stops_answers_all_who_wait():
    async def ask() -> None:
        line = waiting(Versions(j=1))
        waiter = asyncio.create_task(line.change(JOB, seen=1, timeout_s=60))
        await until(lambda: line.count)
        line.is_stopping = lambda: True
        async with asyncio.timeout(5):
            await waiter

    asyncio.run(ask())


def test_the_number_of_waiters_is_bounded():
    async def ask() -> None:
        line = waiting(Versions(j=1), limit=1)
        first = asyncio.create_task(line.change(JOB, seen=1, timeout_s=0.2))
        await until(lambda: line.count)
        with pytest.raises(TooManyWaiters):
            await line.change(JOB, seen=1, timeout_s=5)
        await first
        await line.change(JOB, seen=0, timeout_s=5)  # there is room again

    asyncio.run(ask())


def test_who_has_waited_elsewhere_before_is_as_old_as_that():
    """A follower waits again and again; that must not make the notifier hurry each time."""
    versions = Versions(j=1)
    pace = Pace(looks=((1.0, 0.001), (float("inf"), 60.0)))

    async def ask() -> int:
        line = Waiting(versions, limit=9, pace=pace)
        since = asyncio.get_running_loop().time() - 5
        await line.change(JOB, seen=1, timeout_s=0.1, since=since)
        return len(versions.asked)

    assert asyncio.run(ask()) == 1


def test_who_waits_learns_whether_there_is_something_to_look_at():
    async def ask() -> list[bool]:
        line = waiting(Versions(j=1))
        return [await line.change(JOB, seen=seen, timeout_s=0.1) for seen in (0, 1)]

    assert asyncio.run(ask()) == [True, False]
