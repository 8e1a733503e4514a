"""The two clients are one: the same calls, told in the same words."""

import asyncio
import inspect
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import get_origin

import httpx
import pytest

import sightsong
from sightsong.client import AsyncClient, Client, JobView, UnexpectedResponse
from sightsong.client.twofold import Call, Series
from tests.unit.sightsong.fake_service import FakeService, job
from tests.unit.sightsong.job_events import HEADERS, told

CALLS = {
    name: found
    for kind in Client.__mro__
    for name, found in vars(kind).items()
    if isinstance(found, Call | Series)
}
each_call = pytest.mark.parametrize("name", CALLS)
#: What a checker that is as strict as ours is to see.
TYPES = """
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import assert_type
import sightsong
from sightsong.client import AsyncClient, BatchItem, BatchView, Client, JobSummary, JobView

def plain(client: Client) -> None:
    assert_type(client.submit_photo(Path("a.jpg"), top_k=3), JobView)
    assert_type(client.stream("j-1"), Generator[JobView, None, None])
    assert_type(client.jobs(state="failed"), Generator[JobSummary, None, None])
    assert_type(client.erase("j-1"), None)

async def asynchronous(client: AsyncClient) -> None:
    assert_type(await client.submit_photo(Path("a.jpg"), top_k=3), JobView)
    assert_type(await client.submit_batch([b"a", ("b", b"b")]), BatchView)
    assert_type(client.batch_results("b-1"), AsyncGenerator[BatchItem, None])
    assert_type(client.patience.tries, int)
    await client.submit_photo(7)  # type: ignore[arg-type]
    await client.submit_text("calm", topk=3)  # type: ignore[call-arg]
    await client.wait("j-1", 60)  # type: ignore[call-arg]
    client.wait("j-1")  # type: ignore[unused-coroutine]

assert_type(sightsong.Client("http://nas", key="k"), Client)
assert_type(sightsong.AsyncClient(user="alice"), AsyncClient)
"""


class Endless(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that goes on for ever, and knows who has let it go."""

    def __init__(self) -> None:
        self.is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield told(job("running"))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece

    def close(self) -> None:
        self.is_closed = True

    async def aclose(self) -> None:
        self.is_closed = True


@each_call
def test_a_call_is_made_by_one_and_awaited_of_the_other(name: str):
    plain, awaited = getattr(Client, name), getattr(AsyncClient, name)
    is_series = isinstance(CALLS[name], Series)
    assert not inspect.iscoroutinefunction(plain)
    assert inspect.iscoroutinefunction(awaited) is not is_series
    answer = inspect.signature(awaited).return_annotation
    assert (get_origin(answer) is AsyncIterator) is is_series


@each_call
def test_readers_of_either_find_the_same_words_and_parameters(name: str):
    plain, awaited = getattr(Client, name), getattr(AsyncClient, name)
    assert plain.__doc__ == awaited.__doc__
    assert plain.__doc__
    assert inspect.signature(plain).parameters == inspect.signature(awaited).parameters


def test_help_tells_what_a_call_returns_and_not_how_it_is_made():
    assert inspect.signature(Client.job).return_annotation is JobView
    assert inspect.signature(AsyncClient.job).return_annotation is JobView
    assert inspect.signature(Client.stream).return_annotation == Iterator[JobView]


def test_stream_is_another_name_for_events(client: Client, service: FakeService):
    service.on(
        "GET",
        "/v1/jobs/j-1/events",
        httpx.Response(200, headers=HEADERS, content=told(job("succeeded"))),
    )
    assert list(client.stream("j-1")) == list(client.events("j-1"))


def test_who_leaves_a_stream_leaves_no_connection_behind(client: Client, service: FakeService):
    body = Endless()
    service.on("GET", "/v1/jobs/j-1/events", httpx.Response(200, headers=HEADERS, stream=body))
    seen = client.stream("j-1")
    assert next(seen)["state"] == "running"
    assert not body.is_closed
    seen.close()
    assert body.is_closed


def test_what_is_no_stream_leaves_no_connection_behind(client: Client, service: FakeService):
    body = Endless()
    service.on("GET", "/v1/batches/b-1/results", httpx.Response(200, stream=body))
    with pytest.raises(UnexpectedResponse):
        next(client.batch_results("b-1"))
    assert body.is_closed


def test_an_asynchronous_client_waits_for_nothing_when_it_is_made():
    async def scenario() -> str:
        async with AsyncClient("http://nas/") as client:
            return client.base_url

    assert asyncio.run(scenario()) == "http://nas"


def test_the_clients_are_found_at_the_top_and_loaded_when_they_are_asked_for():
    code = (
        "import sys, sightsong\n"
        "assert 'httpx' not in sys.modules\n"
        "assert sightsong.AsyncClient.__name__ == 'AsyncClient'\n"
        "assert 'httpx' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert sightsong.Client is Client
    assert not hasattr(sightsong, "Server")


def test_a_checker_sees_the_type_of_each_call(tmp_path: Path):
    (tmp_path / "asks.py").write_text(TYPES)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache"]
    checked = subprocess.run(
        [*command, tmp_path / "asks.py"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
