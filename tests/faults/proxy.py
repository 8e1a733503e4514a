"""A TCP proxy that can spoil what it carries: for connections that hang, break or crawl."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.ports import free_port
from tests.waiting import wait_until

_PIECE = 64 * 1024


@dataclass(kw_only=True)
class Cut:
    """A connection to be lost at a certain word of its client, once."""

    after: bytes  #: What the client must have said before, on the same connection.
    at: bytes  #: The word.
    is_heard: bool  #: Whether the word gets through, and only its answer is lost.
    made: threading.Event = field(default_factory=threading.Event)


@dataclass(kw_only=True, eq=False)
class _Line:
    """One connection through the proxy."""

    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    has_begun: bool = False  #: What a cut waits for was said.
    cut: Cut | None = None  #: The next answer is lost, and the connection with it.
    is_forgotten: bool = False  #: Nothing gets through any more, and nothing closes.

    def end(self) -> None:
        for way in (self.near, self.far):
            _abort(way)

    def lose(self, cut: Cut) -> None:
        self.end()
        cut.made.set()


class Proxy:
    """Carries bytes between its port and another, as long as it is told to."""

    def __init__(self, to_port: int) -> None:
        self.port = free_port()
        self._to_port = to_port
        self._latency_s = 0.0
        self._refuses = False
        self._cut: Cut | None = None
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()  # what arrives goes on
        self._lines: list[_Line] = []
        self._flows: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    def black_hole(self) -> None:
        """Swallow what comes from now on, on open connections and new ones: nothing closes."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def carry(self) -> None:
        """Carry again, and first what was swallowed."""
        self._refuses = False
        self._loop.call_soon_threadsafe(self._open.set)

    def refuse(self) -> None:
        """Reset all connections, and new ones at once."""
        self._refuses = True
        self.reset()

    def reset(self) -> None:
        """Reset all open connections; new ones are carried."""
        self._loop.call_soon_threadsafe(self._reset)

    def cut(self, *, after: bytes, at: bytes, is_heard: bool) -> Cut:
        """Lose the first connection whose client says a word after another; its `made` is set."""
        self._cut = Cut(after=after, at=at, is_heard=is_heard)
        return self._cut

    def forget(self) -> None:
        """Carry nothing more on the connections that are open, and leave them open: half-open.

        New ones are carried. So it is where a balancer on the way has lost its memory.
        """
        self._loop.call_soon_threadsafe(self._forget)

    def slow(self, latency_s: float) -> None:
        """Hold each piece back for so long."""
        self._latency_s = latency_s

    def run(self) -> None:
        """Serve until stopped; the body of its thread."""
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._open.set()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        with contextlib.suppress(asyncio.CancelledError):
            await self._server.serve_forever()
        flows = tuple(self._flows)
        for flow in flows:
            flow.cancel()
        await asyncio.gather(*flows, return_exceptions=True)
        self._reset()
        await asyncio.sleep(0)  # a writer whose loop is closed complains that it was not

    @property
    def is_up(self) -> bool:
        """Whether it listens."""
        return self._server is not None and self._server.is_serving()

    def stop(self) -> None:
        """End the thread."""

        def end() -> None:
            if self._server is not None:
                self._server.close()

        self._loop.call_soon_threadsafe(end)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            _abort(writer)
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._to_port)
        except OSError:
            _abort(writer)
            return
        line = _Line(near=writer, far=back)
        self._lines.append(line)
        for source, target in ((reader, back), (there, writer)):
            flow = self._loop.create_task(self._flow(source, target, line))
            self._flows.add(flow)
            flow.add_done_callback(self._flows.discard)

    async def _flow(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, line: _Line
    ) -> None:
        try:
            while piece := await source.read(_PIECE):
                await self._open.wait()
                if self._is_lost(piece, line, said=target is line.far):
                    continue
                if self._latency_s:
                    await asyncio.sleep(self._latency_s)
                target.write(piece)
                await target.drain()
            await self._open.wait()
            if not line.is_forgotten:
                target.write_eof()
        except (OSError, RuntimeError):
            _abort(target)

    def _is_lost(self, piece: bytes, line: _Line, *, said: bool) -> bool:
        """Whether a piece goes nowhere: its connection is forgotten, or is cut now."""
        if line.is_forgotten:
            return True
        if line.cut is not None:  # its word was heard, and this is the answer
            line.lose(line.cut)
            return True
        cut = self._cut
        if cut is None or not said:
            return False
        if not line.has_begun or cut.at not in piece:
            line.has_begun = line.has_begun or cut.after in piece
            return False
        self._cut, line.cut = None, cut
        if not cut.is_heard:
            line.lose(cut)
        return not cut.is_heard

    def _reset(self) -> None:
        for line in self._lines:
            line.end()
        self._lines.clear()

    def _forget(self) -> None:
        for line in self._lines:
            line.is_forgotten = True


def _abort(writer: asyncio.StreamWriter) -> None:
    transport = writer.transport
    if isinstance(transport, asyncio.Transport):
        transport.abort()


@contextlib.contextmanager
def proxied(to_port: int) -> Iterator[Proxy]:
    """A proxy before a port of this machine, in a thread."""
    proxy = Proxy(to_port)
    thread = threading.Thread(target=proxy.run)
    thread.start()
    try:
        wait_until(lambda: proxy.is_up)
        yield proxy
    finally:
        proxy.stop()
        thread.join(10)
