"""Calls that are awaited: others go on in the same thread meanwhile."""

import asyncio
import functools
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack, cast

import httpx

from sightsong.client.calls import DEFAULT_URL, Access, Calls
from sightsong.client.connecting import advanced, made, opening
from sightsong.client.steps import Command, Flow, Item, Pause, Request, Steps, Work
from sightsong.client.wire import Patience

_T = TypeVar("_T")


class Awaiting(Calls):
    """Connections to a service, open until they are closed; each call is awaited.

    A call that is canceled while it is awaited gives its connection up.
    """

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        *,
        timeout_s: float = 30.0,
        transport: httpx.AsyncBaseTransport | None = None,
        patience: Patience | None = None,
        **access: Unpack[Access],
    ) -> None:
        super().__init__(base_url, patience, user=access.get("user"))
        self._timeout_s = timeout_s
        self._http = httpx.AsyncClient(**opening(self.base_url, access), transport=transport)

    async def __aenter__(self) -> Self:
        """Use the client until the end of the block."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    #: The name that `contextlib.aclosing` looks for.
    aclose = close

    @staticmethod
    def performing(steps: Callable[..., Steps[_T]]) -> Callable[..., Coroutine[Any, Any, _T]]:
        """Make a method that runs a call to its end."""

        @functools.wraps(steps)
        async def method(self: Awaiting, *args: Any, **kwargs: Any) -> _T:  # noqa: ANN401
            return await self._perform(steps(self, *args, **kwargs))

        return method

    @staticmethod
    def telling(flow: Callable[..., Flow[_T]]) -> Callable[..., AsyncGenerator[_T, None]]:
        """Make a method that hands out what a call does."""

        @functools.wraps(flow)
        def method(self: Awaiting, *args: Any, **kwargs: Any) -> AsyncGenerator[_T, None]:  # noqa: ANN401
            return self._tell(flow(self, *args, **kwargs))

        return method

    async def _perform(self, steps: Steps[_T]) -> _T:
        hands = _Hands(self._http, self._timeout_s, self.patience.pause_async)
        try:
            asked = next(steps)
            while True:
                asked = advanced(steps, await hands.tried(asked))
        except StopIteration as end:
            return cast("_T", end.value)
        finally:
            steps.close()
            await hands.let_go()

    async def _tell(self, flow: Flow[_T]) -> AsyncGenerator[_T, None]:
        hands = _Hands(self._http, self._timeout_s, self.patience.pause_async)
        try:
            asked = next(flow)
            while True:
                if isinstance(asked, Item):
                    yield asked.value
                    asked = next(flow)
                else:
                    asked = advanced(flow, await hands.tried(asked))
        except StopIteration:
            return
        finally:
            flow.close()
            await hands.let_go()


class _Hands:
    """Do what one call asks for, and hold the answer that it follows."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        timeout_s: float,
        pause: Callable[[float], Awaitable[None]],
    ) -> None:
        self._http = http
        self._timeout_s = timeout_s
        self._pause = pause
        self._followed: httpx.Response | None = None
        self._pieces: AsyncIterator[bytes] | None = None

    async def tried(self, asked: Command) -> object:
        """Do it; return what came of it, also where that is a lost connection."""
        try:
            return await self._done(asked)
        except httpx.TransportError as error:
            return error

    async def let_go(self) -> None:
        """Close what is followed."""
        if self._followed is not None:
            await self._followed.aclose()
        self._followed = self._pieces = None

    async def _done(self, asked: Command) -> object:
        match asked:
            case Request():
                return await self._answered(asked)
            case Pause(seconds):
                await self._pause(seconds)
                return None
            case Work(do):
                return await asyncio.to_thread(do)
            case _:
                return None if self._pieces is None else await anext(self._pieces, None)

    async def _answered(self, request: Request) -> httpx.Response:
        await self.let_go()
        body = None if request.stream is None else _pieces(request)
        asked = made(self._http, request, timeout_s=self._timeout_s, body=body)
        response = await self._http.send(asked, stream=request.is_followed)
        if request.is_followed:
            self._followed, self._pieces = response, response.aiter_bytes()
        if response.is_error:
            await response.aread()
        return response


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """Read a body as it is sent, in other threads, and tell in this one how far it is."""
    pieces = iter(request.stream() if request.stream is not None else ())
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece.data
        if piece.of_files:
            request.on_bytes(piece.of_files)
