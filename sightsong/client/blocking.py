"""Calls that are run while the caller waits."""

import functools
from collections.abc import Callable, Generator, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack, cast

import httpx

from sightsong.client.calls import DEFAULT_URL, Access, Calls
from sightsong.client.connecting import advanced, made, opening
from sightsong.client.steps import Command, Flow, Item, Pause, Request, Steps, Work
from sightsong.client.wire import Patience

_T = TypeVar("_T")


class Blocking(Calls):
    """Connections to a service, open until they are closed; each call returns with its answer."""

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        *,
        timeout_s: float = 30.0,
        transport: httpx.BaseTransport | None = None,
        patience: Patience | None = None,
        **access: Unpack[Access],
    ) -> None:
        super().__init__(base_url, patience, user=access.get("user"))
        self._timeout_s = timeout_s
        self._http = httpx.Client(**opening(self.base_url, access), transport=transport)

    def __enter__(self) -> Self:
        """Use the client until the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    @staticmethod
    def performing(steps: Callable[..., Steps[_T]]) -> Callable[..., _T]:
        """Make a method that runs a call to its end."""

        @functools.wraps(steps)
        def method(self: Blocking, *args: Any, **kwargs: Any) -> _T:  # noqa: ANN401
            return self._perform(steps(self, *args, **kwargs))

        return method

    @staticmethod
    def telling(flow: Callable[..., Flow[_T]]) -> Callable[..., Generator[_T, None, None]]:
        """Make a method that hands out what a call does."""

        @functools.wraps(flow)
        def method(self: Blocking, *args: Any, **kwargs: Any) -> Generator[_T, None, None]:  # noqa: ANN401
            return self._tell(flow(self, *args, **kwargs))

        return method

    def _perform(self, steps: Steps[_T]) -> _T:
        hands = _Hands(self._http, self._timeout_s, self.patience.pause)
        try:
            asked = next(steps)
            while True:
                asked = advanced(steps, hands.tried(asked))
        except StopIteration as end:
            return cast("_T", end.value)
        finally:
            steps.close()
            hands.let_go()

    def _tell(self, flow: Flow[_T]) -> Generator[_T, None, None]:
        hands = _Hands(self._http, self._timeout_s, self.patience.pause)
        try:
            asked = next(flow)
            while True:
                if isinstance(asked, Item):
                    yield asked.value
                    asked = next(flow)
                else:
                    asked = advanced(flow, hands.tried(asked))
        except StopIteration:
            return
        finally:
            flow.close()
            hands.let_go()


class _Hands:
    """Do what one call asks for, and hold the answer that it follows."""

    def __init__(
        self, http: httpx.Client, timeout_s: float, pause: Callable[[float], None]
    ) -> None:
        self._http = http
        self._timeout_s = timeout_s
        self._pause = pause
        self._followed: httpx.Response | None = None
        self._pieces: Iterator[bytes] = iter(())

    def tried(self, asked: Command) -> object:
        """Do it; return what came of it, also where that is a lost connection."""
        try:
            return self._done(asked)
        except httpx.TransportError as error:
            return error

    def let_go(self) -> None:
        """Close what is followed."""
        if self._followed is not None:
            self._followed.close()
        self._followed, self._pieces = None, iter(())

    def _done(self, asked: Command) -> object:
        match asked:
            case Request():
                return self._answered(asked)
            case Pause(seconds):
                self._pause(seconds)
                return None
            case Work(do):
                return do()
            case _:
                return next(self._pieces, None)

    def _answered(self, request: Request) -> httpx.Response:
        self.let_go()
        body = None if request.stream is None else _pieces(request)
        asked = made(self._http, request, timeout_s=self._timeout_s, body=body)
        response = self._http.send(asked, stream=request.is_followed)
        if request.is_followed:
            self._followed, self._pieces = response, response.iter_bytes()
        if response.is_error:
            response.read()
        return response


def _pieces(request: Request) -> Iterator[bytes]:
    """Read a body as it is sent, and tell how far it is."""
    for piece in request.stream() if request.stream is not None else ():
        yield piece.data
        if piece.of_files:
            request.on_bytes(piece.of_files)
