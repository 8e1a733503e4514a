"""Requests to one service: tried again when that is safe, errors translated into ours."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

import httpx

from sightsong.client import errors
from sightsong.client.lines import Lines
from sightsong.client.steps import Flow, Item, NextPiece, Pause, Request, Steps
from sightsong.core import addresses

#: Answers that say "later": nothing was done, or what was done is found again under its key.
_LATER = frozenset({httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE})
#: The same submit is being handled: its first try got there, and only its answer was lost.
_IN_FLIGHT = "idempotency_in_flight"
#: What a key may do in a day is used up: no pause between two tries is as long as that.
_QUOTA = "quota_exceeded"
#: The longest pause that a `Retry-After` is obeyed for between two tries.
_LONGEST_PAUSE_S = 30.0
_ROWS = "application/x-ndjson"


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How often and how long to try again."""

    tries: int = 3
    first_pause_s: float = 0.5  #: Doubles with each try.
    pause: Callable[[float], None] = time.sleep  #: Of a `Client`.
    pause_async: Callable[[float], Awaitable[None]] = asyncio.sleep  #: Of an `AsyncClient`.


@dataclass(frozen=True, kw_only=True)
class Wire:
    """How one service is spoken with."""

    base_url: str  #: Without a slash at its end.
    patience: Patience

    def call(self, request: Request) -> Steps[tuple[Any, httpx.Headers]]:
        """Send a request until it is answered; return the JSON and the headers of the answer.

        Raises:
            ServiceUnreachable: nothing answers.
            ProblemResponse: the service refuses, or cannot now and not after our tries either.
            UnexpectedResponse: the answer is not JSON.
        """
        response = yield from self.fetch(request)
        return self.decoded(response), response.headers

    def rows(self, request: Request) -> Flow[Any]:
        """Send a request until it is answered, and hand out the JSON of each line as it comes.

        Raises:
            AnswerCutShort: the connection was lost in the middle.
            UnexpectedResponse: the answer is not lines of JSON.
        """
        response = yield from self.fetch(request)
        if not response.headers.get("Content-Type", "").startswith(_ROWS):
            raise errors.UnexpectedResponse(self.base_url, status=response.status_code)
        lines = Lines()
        piece: bytes | None = b""
        while piece is not None:
            for line in lines.fed(piece):
                yield Item(self._row(line))
            try:
                piece = yield NextPiece()
            except httpx.TransportError as error:
                raise errors.AnswerCutShort(self.base_url) from error
        if lines.rest:
            yield Item(self._row(lines.rest))

    def fetch(self, request: Request) -> Steps[httpx.Response]:
        """Send a request until it is answered, and return an answer that is no problem.

        Raises:
            ServiceUnreachable: nothing answers.
            ProblemResponse: the service refuses, or cannot now and not after our tries either.
        """
        response = yield from self.exchange(request)
        if response.is_error:
            raise errors.ProblemResponse.from_response(response)
        return response

    def exchange(self, request: Request, *, tries: int | None = None) -> Steps[httpx.Response]:
        """Send a request and return its answer, whatever its status.

        Args:
            request: what to send.
            tries: how often at most; None for as often as the wire's patience says.

        Raises:
            ServiceUnreachable: nothing answers.
        """
        last = tries or self.patience.tries
        for number in range(1, last + 1):
            pause_s = self.patience.first_pause_s * 2 ** (number - 1)
            try:
                response = cast("httpx.Response", (yield request))
            except httpx.TransportError as error:
                # A request that never left may always be sent again, another only if repeatable.
                never_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                if number == last or not (never_sent or request.is_repeatable):
                    raise errors.ServiceUnreachable(self.base_url) from error
            else:
                if number == last or not _is_for_later(request, response):
                    break
                pause_s = retry_after_s(response.headers, default=pause_s)
            yield Pause(pause_s)
        return response

    def decoded(self, response: httpx.Response) -> Any:  # noqa: ANN401 - JSON is what it is
        """Read the JSON of an answer.

        Raises:
            UnexpectedResponse: it is none.
        """
        try:
            return cast("Any", response.json())
        except ValueError as error:
            raise errors.UnexpectedResponse(self.base_url, status=response.status_code) from error

    def _row(self, line: str) -> Any:  # noqa: ANN401 - JSON is what it is
        try:
            return json.loads(line)
        except ValueError as error:
            raise errors.UnexpectedResponse(self.base_url, status=httpx.codes.OK) from error


def _is_for_later(request: Request, response: httpx.Response) -> bool:
    """Whether the same request may be answered otherwise in a moment, and may be sent again."""
    status = response.status_code
    if status in _LATER:
        return not request.takes_later and _code_of(response) != _QUOTA
    if not request.is_idempotent:
        return False
    if status == httpx.codes.CONFLICT:
        return _code_of(response) == _IN_FLIGHT
    return response.is_server_error


def _code_of(response: httpx.Response) -> str:
    return errors.ProblemResponse.from_response(response).code


def retry_after_s(headers: httpx.Headers, *, default: float) -> float:
    """Read how long to stay away between two tries; `default` where the service does not say."""
    asked = errors.asked_pause_s(headers)
    return default if asked is None else min(asked, _LONGEST_PAUSE_S)


def is_loopback(base_url: str) -> bool:
    """Whether an address is this machine itself."""
    return addresses.is_loopback(httpx.URL(base_url).host)
