"""Batches on their way: a few at once, of nobody more than half, and never in the way of music."""

import threading
from collections.abc import AsyncIterator
from typing import Self

import anyio
import pytest

from tests.unit.api.albums import LINES, made
from tests.unit.api.keyholders import JOBS, LIBRARY, bearing, give_key

LINE = b'{"text":"calm"}\n'


@pytest.fixture
def closed(make):
    return make(needs_key=True, queue_limit=100, max_albums=2)


@pytest.fixture
def mine(stores):
    return bearing(give_key(stores, JOBS, LIBRARY, tenant="mine"))


@pytest.fixture
def theirs(stores):
    return bearing(give_key(stores, JOBS, LIBRARY, tenant="theirs"))


class Slow:
    """A batch whose last piece does not come until it may."""

    def __init__(self, caller, headers) -> None:
        self._caller, self._headers = caller, {**LINES, **headers}
        self._go_on, self.is_on_its_way = threading.Event(), threading.Event()
        self.answer = None
        self._thread = threading.Thread(target=self._send)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self.is_on_its_way.wait(10)
        return self

    def __exit__(self, *_error: object) -> None:
        self._go_on.set()
        self._thread.join(10)

    def _send(self) -> None:
        self.answer = self._caller.post("/v1/batches", content=self._body(), headers=self._headers)

    async def _body(self) -> AsyncIterator[bytes]:
        yield LINE
        self.is_on_its_way.set()
        await anyio.to_thread.run_sync(self._go_on.wait, 10)
        yield LINE


def test_a_tenant_has_no_more_than_half_of_the_places(closed, mine, theirs):
    with Slow(closed, mine) as first:
        again = closed.post("/v1/batches", content=LINE, headers={**LINES, **mine})
        other = closed.post("/v1/batches", content=LINE, headers={**LINES, **theirs})

    assert (again.status_code, again.json()["code"]) == (429, "too_many_requests")
    assert again.headers["retry-after"]
    assert again.headers["connection"] == "close"
    assert made(other)["total"] == 1
    assert made(first.answer)["total"] == 2


def test_one_json_needs_no_place(make):
    caller = make(max_albums=0, queue_limit=100)

    assert made(caller.post("/v1/batches", json={"items": [{"text": "calm"}]}))["total"] == 1
    assert caller.post("/v1/batches", content=LINE, headers=LINES).status_code == 429


def test_one_json_with_photos_to_fetch_needs_a_place(make):
    caller = make(max_albums=0, queue_limit=100, fetches_urls=True)
    item = {"image_url": "https://photos.example.org/a.jpg"}

    assert caller.post("/v1/batches", json={"items": [item]}).status_code == 429


def test_music_is_taken_in_while_batches_are_many(make):
    caller = make(max_albums=0)

    assert caller.post("/v1/ingests", files={"file": ("a.mp3", b"x")}).status_code == 202


def test_batches_are_taken_while_music_is_much(make):
    caller = make(max_deliveries=0, queue_limit=100)

    assert made(caller.post("/v1/batches", content=LINE, headers=LINES))["total"] == 1
