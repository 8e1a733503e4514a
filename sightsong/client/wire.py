"""Requests to one service: tried again when that is safe, errors translated into ours."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import httpx

from sightsong.client import errors
from sightsong.core import addresses

#: Answers that say "later": nothing was done, or what was done is found again under its key.
_LATER = frozenset({httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE})
#: The same submit is being handled: its first try got there, and only its answer was lost.
_IN_FLIGHT = "idempotency_in_flight"


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How often and how long to try again."""

    tries: int = 3
    first_pause_s: float = 0.5  #: Doubles with each try.
    pause: Callable[[float], None] = time.sleep


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to send."""

    method: str
    path: str
    params: Mapping[str, str | int | float | Sequence[str]] | None = None
    json: object = None
    content: bytes | None = None
    #: A body that is read as it is sent; begun anew for each try.
    stream: Callable[[], Iterator[bytes]] | None = None
    headers: Mapping[str, str] | None = None
    extra_s: float = 0.0  #: How long the service may hold the answer back (long poll).
    is_idempotent: bool = False  #: Doing it twice is like doing it once, although it is no GET.
    #: Whether "later" (429, 503) is an answer: whoever asked decides when to send it again.
    takes_later: bool = False
    is_followed: bool = False  #: The answer is read as it comes; whoever asked closes it.

    @property
    def is_repeatable(self) -> bool:
        """Whether sending it twice does no more than sending it once."""
        return self.is_idempotent or self.method == "GET"


class Wire:
    """An HTTP connection pool to one service."""

    def __init__(
        self,
        base_url: str,
        *,
        timeout_s: float,
        transport: httpx.BaseTransport | None,
        patience: Patience,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._timeout_s = timeout_s
        self._patience = patience
        self._http = httpx.Client(
            base_url=self.base_url,
            transport=transport,
            # A proxy named in the environment must not stand between us and this machine.
            trust_env=not is_loopback(self.base_url),
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def call(self, request: Request) -> tuple[Any, httpx.Headers]:
        """Send a request until it is answered; return the JSON and the headers of the answer.

        Raises:
            ServiceUnreachable: nothing answers.
            ProblemResponse: the service refuses, or cannot now and not after our tries either.
            UnexpectedResponse: the answer is not JSON.
        """
        response = self.fetch(request)
        return self.decoded(response), response.headers

    def fetch(self, request: Request) -> httpx.Response:
        """Send a request until it is answered, and return an answer that is no problem.

        Raises:
            ServiceUnreachable: nothing answers.
            ProblemResponse: the service refuses, or cannot now and not after our tries either.
        """
        response = self.exchange(request)
        if response.is_error:
            raise errors.ProblemResponse.from_response(response)
        return response

    def exchange(self, request: Request, *, tries: int | None = None) -> httpx.Response:
        """Send a request and return its answer, whatever its status.

        Args:
            request: what to send.
            tries: how often at most; None for as often as the wire's patience says.

        Raises:
            ServiceUnreachable: nothing answers.
        """
        last = tries or self._patience.tries
        for number in range(1, last + 1):
            pause_s = self._patience.first_pause_s * 2 ** (number - 1)
            try:
                response = self._once(request)
            except httpx.TransportError as error:
                # A request that never left may always be sent again, another only if repeatable.
                never_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                if number == last or not (never_sent or request.is_repeatable):
                    raise errors.ServiceUnreachable(self.base_url) from error
            else:
                if number == last or not _is_for_later(request, response):
                    break
                pause_s = retry_after_s(response.headers, default=pause_s)
            self._patience.pause(pause_s)
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

    def _once(self, request: Request) -> httpx.Response:
        asked = self._http.build_request(
            request.method,
            request.path,
            params=request.params,
            json=request.json,
            content=request.content if request.stream is None else request.stream(),
            headers=request.headers,
            timeout=httpx.Timeout(self._timeout_s, read=self._timeout_s + request.extra_s),
        )
        response = self._http.send(asked, stream=request.is_followed)
        if response.is_error:
            response.read()
        return response


def _is_for_later(request: Request, response: httpx.Response) -> bool:
    """Whether the same request may be answered otherwise in a moment, and may be sent again."""
    status = response.status_code
    if status in _LATER:
        return not request.takes_later
    if not request.is_idempotent:
        return False
    if status == httpx.codes.CONFLICT:
        return errors.ProblemResponse.from_response(response).code == _IN_FLIGHT
    return response.is_server_error


def retry_after_s(headers: httpx.Headers, *, default: float) -> float:
    """Read how long the service asks us to stay away; `default` where it does not say."""
    asked = errors.asked_pause_s(headers)
    return default if asked is None else asked


def is_loopback(base_url: str) -> bool:
    """Whether an address is this machine itself."""
    return addresses.is_loopback(httpx.URL(base_url).host)
