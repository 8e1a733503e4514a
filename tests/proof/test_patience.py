"""A database that hangs: 503 in time, the threads survive, and what needs no database goes on."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from api.patience import Askers
from sightsong.adapters import memory
from sightsong.core.errors import StoreUnavailable
from tests.proof import stage
from tests.unit.api.asking import Caller, image_bytes
from tests.waiting import wait_until

JOB = "/v1/jobs/0b0e6a0e-6e5b-4d53-9b7e-2f1f6f0f3c11"
#: Each request for it asks the database by itself; those for one job ask together.
LIST = "/v1/jobs"
PATIENCE_S = 0.5


class Hanging:
    """A port that does not answer as long as it hangs; counts who waits for it."""

    def __init__(self, port: object) -> None:
        self._port = port
        self.answers = threading.Event()
        self.answers.set()
        self.held = 0

    def __getattr__(self, name: str) -> object:
        def method(*args: object, **kwargs: object) -> object:
            self.held += 1
            assert self.answers.wait(30)
            return getattr(self._port, name)(*args, **kwargs)

        return method


@pytest.fixture
def hanging():
    port = Hanging(memory.open_stores().jobs)
    yield port
    port.answers.set()


@pytest.fixture
def caller(portal, hanging, tmp_path) -> Caller:
    stores = replace(memory.open_stores(), jobs=hanging)
    return Caller(portal, stage.build(stores, tmp_path, patience_s=PATIENCE_S).app)


def test_a_hundred_requests_at_once_are_all_refused_in_time(caller, hanging):
    hanging.answers.clear()
    began = time.monotonic()
    with ThreadPoolExecutor(100) as crowd:
        answers = list(crowd.map(caller.get, [JOB] * 100))

    assert {(one.status_code, one.json()["code"]) for one in answers} == {
        (503, "store_unavailable")
    }
    assert all(one.headers["retry-after"] for one in answers)
    assert time.monotonic() - began < 5


def test_submits_are_refused_in_time_too(caller, hanging):
    hanging.answers.clear()
    began = time.monotonic()
    answer = caller.submit(image_bytes())

    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert time.monotonic() - began < 5


def test_what_needs_no_database_is_answered_meanwhile(caller, hanging):
    caller.get("/docs")  # is written when it is asked for first, which takes a second
    hanging.answers.clear()
    with ThreadPoolExecutor(100) as crowd:
        asked = [crowd.submit(caller.get, LIST) for _ in range(100)]
        wait_until(lambda: hanging.held >= 40)
        began = time.monotonic()
        alive, reference = caller.get("/healthz"), caller.get("/docs")
        took_s = time.monotonic() - began
        codes = {one.result().status_code for one in asked}

    assert (alive.status_code, reference.status_code, codes) == (200, 200, {503})
    assert took_s < 2 * PATIENCE_S + 1


def test_requests_are_refused_at_once_while_every_call_hangs(caller, hanging):
    hanging.answers.clear()
    for _ in range(5):
        with ThreadPoolExecutor(40) as crowd:
            list(crowd.map(caller.get, [LIST] * 40))
    before = hanging.held
    began = time.monotonic()
    answer = caller.get(LIST)

    assert answer.status_code == 503
    assert time.monotonic() - began < PATIENCE_S
    assert hanging.held == before


def test_all_is_well_when_the_database_answers_again(caller, hanging):
    hanging.answers.clear()
    with ThreadPoolExecutor(40) as crowd:
        list(crowd.map(caller.get, [JOB] * 100))
    hanging.answers.set()
    wait_until(lambda: caller.get(JOB).status_code == 404)

    assert caller.submit(image_bytes()).status_code == 202


def test_who_waits_for_a_turn_waits_no_longer_than_others_in_all():
    hangs = threading.Event()
    askers = Askers(patience_s=0.4)
    crowd = 60  # more than ask at once

    async def too_late() -> float:
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            await askers.ask(hangs.wait)
        return time.monotonic() - began

    async def all_at_once() -> list[float]:
        later = [too_late() for _ in range(crowd)]
        return [*await asyncio.gather(too_late(), _after(0.2, too_late), *later)]

    took_s = asyncio.run(all_at_once())
    hangs.set()
    assert max(took_s) < 0.7


async def _after(pause_s: float, work: Callable[[], Awaitable[float]]) -> float:
    await asyncio.sleep(pause_s)
    return await work()


def test_what_a_call_raises_is_raised_where_it_was_asked_for():
    def lose() -> None:
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"):
        Askers(patience_s=1).call(lose)


def test_no_more_calls_are_made_at_once_than_may_be():
    answers = threading.Event()
    askers = Askers(patience_s=0.05, most=2)
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="in time"):
            askers.call(answers.wait)
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        askers.call(answers.wait)
    took_s = time.monotonic() - began
    answers.set()

    assert took_s < 0.05
