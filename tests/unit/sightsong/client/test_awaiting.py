"""What only an asynchronous client can do: wait for several things, and give up on one of them."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from sightsong.client import AsyncClient, Patience
from sightsong.client.steps import Piece, Request, Steps, worked
from sightsong.client.twofold import Call
from tests.unit.sightsong.fake_service import FakeService, job, succeeded
from tests.unit.sightsong.ingest_views import ingest
from tests.unit.sightsong.job_events import told

#: Longer than anything here takes; what hangs fails.
SOON_S = 10.0
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


class Held:
    """A real server that begins an answer and never ends it, and notices who hangs up."""

    def __init__(self, begun: bytes = b"") -> None:
        self._begun = begun
        self.was_asked = asyncio.Event()
        self.was_left = asyncio.Event()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._hold, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(self._begun)
        await writer.drain()
        self.was_asked.set()
        await reader.read()
        self.was_left.set()
        writer.close()
        await writer.wait_closed()


def chunk(piece: bytes) -> bytes:
    return f"{len(piece):x}\r\n".encode() + piece + b"\r\n"


async def soon(event: asyncio.Event) -> None:
    await asyncio.wait_for(event.wait(), SOON_S)


async def canceled(task: asyncio.Task[object]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_a_wait_that_is_canceled_gives_its_connection_up():
    async def scenario() -> None:
        held = Held()
        async with held.serving() as url, AsyncClient(url) as client:
            waiting = asyncio.create_task(client.wait("j-1"))
            await soon(held.was_asked)
            await canceled(waiting)
            await soon(held.was_left)

    asyncio.run(scenario())


def test_a_stream_that_is_left_gives_its_connection_up():
    async def scenario() -> None:
        held = Held(HEAD + chunk(told(job("running"))))
        async with held.serving() as url, AsyncClient(url) as client:
            async with aclosing(client.stream("j-1")) as seen:
                first = await anext(seen)
            assert first["state"] == "running"
            await soon(held.was_left)

    asyncio.run(scenario())


def test_a_stream_that_is_canceled_gives_its_connection_up():
    async def scenario() -> None:
        held = Held(HEAD + chunk(told(job("running"))))
        was_told = asyncio.Event()

        async def follow(client: AsyncClient) -> None:
            async for _one in client.stream("j-1"):
                was_told.set()

        async with held.serving() as url, AsyncClient(url) as client:
            following = asyncio.create_task(follow(client))
            await soon(was_told)
            await canceled(following)
            await soon(held.was_left)

    asyncio.run(scenario())


def test_a_pause_that_is_canceled_ends_the_call_and_not_the_client(service: FakeService):
    async def scenario() -> None:
        paused = asyncio.Event()

        async def pause(_seconds: float) -> None:
            paused.set()
            await asyncio.Event().wait()

        service.on("GET", "/v1/jobs/j-1", httpx.ConnectError("refused"), succeeded())
        patience = Patience(pause_async=pause)
        async with AsyncClient(transport=service.transport, patience=patience) as client:
            waiting = asyncio.create_task(client.wait("j-1"))
            await soon(paused)
            await canceled(waiting)
            assert len(service.requests) == 1
            assert (await client.wait("j-1"))["state"] == "succeeded"

    asyncio.run(scenario())


def test_one_call_does_not_hold_the_others_up(service: FakeService):
    async def scenario() -> None:
        held = Held()
        service.on("GET", "/v1/jobs/j-2", succeeded())
        async with held.serving() as url, AsyncClient(url) as slow:
            waiting = asyncio.create_task(slow.wait("j-1"))
            await soon(held.was_asked)
            async with AsyncClient(transport=service.transport) as quick:
                assert (await quick.wait("j-2"))["state"] == "succeeded"
            assert not waiting.done()
            await canceled(waiting)

    asyncio.run(scenario())


def test_how_far_an_upload_is_is_told_in_the_thread_of_the_loop(
    service: FakeService, tmp_path: Path
):
    song = tmp_path / "song.mp3"
    song.write_bytes(b"m" * 600_000)
    service.on("POST", "/v1/ingests", ingest(done=False))
    threads: set[int] = set()

    async def scenario() -> None:
        async with AsyncClient(transport=service.transport) as client:
            await client.upload_music(
                [song], on_bytes=lambda _count: threads.add(threading.get_ident())
            )

    asyncio.run(scenario())
    assert threads == {threading.get_ident()}


def test_what_takes_a_moment_is_done_beside_the_loop(service: FakeService):
    threads: list[int] = []

    def noted() -> Iterator[Piece]:
        threads.append(threading.get_ident())
        yield Piece(b"music")

    class Noting(AsyncClient):
        @Call
        def noted(self) -> Steps[None]:
            yield from worked(lambda: threads.append(threading.get_ident()))
            yield from self._json(Request(method="POST", path="/v1/ingests", stream=noted))

    async def scenario() -> None:
        async with Noting(transport=service.transport) as client:
            await client.noted()

    service.on("POST", "/v1/ingests", ingest(done=False))
    asyncio.run(scenario())
    assert len(threads) == 2
    assert threading.get_ident() not in threads
