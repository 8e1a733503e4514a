"""Sends a few bytes to a receiver, and hears what it says of them."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpcore
import httpx

from sightsong.adapters.web.checking import TOLD, Private, checked
from sightsong.adapters.web.network import THEIR_ERRORS, Network
from sightsong.adapters.web.pinned import Deadline
from sightsong.core.errors import FetchFailed, UrlNotAllowed
from sightsong.core.webhooks import Answer

#: One exchange, with all that belongs to it, in seconds.
_TOTAL_S = 15.0
#: What is read of an answer's body, and how long is waited for it: nothing in it matters.
_MOST_BYTES = 64 * 1024
_BODY_S = 1.0
_TOO_LONG = "the receiver takes too long"
_OWN_HEADERS = {"Content-Type": "application/json", "User-Agent": "sightsong"}


class Poster:
    """Posts to https addresses of the open web, and to private ones that the operator names."""

    def __init__(
        self,
        *,
        private: Private = (),
        total_s: float = _TOTAL_S,
        network: Network | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Set the limits.

        Args:
            private: hosts with their ports that need not be public, nor speak https.
            total_s: how long one exchange may take.
            network: the way out.
            clock: seconds since the epoch, by which dates in answers are read.
        """
        self._private = private
        self._total_s = total_s
        self._network = network or Network()
        self._clock = clock

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a body once. Redirects are not followed; whatever goes wrong is an answer too."""
        began_at = time.monotonic()
        try:
            status, retry_after_s = self._exchange(url, body, headers)
        except (UrlNotAllowed, FetchFailed) as error:
            return Answer(error=error.detail, took_ms=_ms_since(began_at))
        except httpcore.TimeoutException:
            return Answer(error=_TOO_LONG, took_ms=_ms_since(began_at))
        except THEIR_ERRORS as error:
            return Answer(error=f"no answer ({type(error).__name__})", took_ms=_ms_since(began_at))
        return Answer(status=status, retry_after_s=retry_after_s, took_ms=_ms_since(began_at))

    def _exchange(
        self, url: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, float | None]:
        at = checked(url, private=self._private, refusal=TOLD)
        deadline = Deadline(self._total_s, _TOO_LONG)
        waits = dict.fromkeys(("connect", "read", "write", "pool"), self._total_s)
        sent = [*(_OWN_HEADERS | dict(headers)).items(), ("Content-Length", str(len(body)))]
        with (
            self._network.pool(deadline, private=self._private) as pool,
            pool.stream(
                "POST", str(at), headers=sent, content=body, extensions={"timeout": waits}
            ) as response,
        ):
            deadline.shorten(_BODY_S)
            _hear_out(response)
            return response.status, self._retry_after_s(httpx.Headers(response.headers))

    def _retry_after_s(self, headers: httpx.Headers) -> float | None:
        """How long a receiver asks to be left alone: so many seconds, or until a date."""
        said = headers.get("retry-after", "").strip()
        if said.isascii() and said.isdigit():
            return float(said)
        try:
            until = parsedate_to_datetime(said)
        except (ValueError, OverflowError):  # no date, or one that no calendar has
            return None
        if until.tzinfo is None:
            until = until.replace(tzinfo=UTC)
        return max(0.0, (until - datetime.fromtimestamp(self._clock(), UTC)).total_seconds())


def _hear_out(response: httpcore.Response) -> None:
    """Read the beginning of a body, so that its sender is not cut off; it may well fail."""
    heard = 0
    with suppress(FetchFailed, *THEIR_ERRORS):
        for chunk in response.iter_stream():
            heard += len(chunk)
            if heard >= _MOST_BYTES:
                return


def _ms_since(began_at: float) -> float:
    return round((time.monotonic() - began_at) * 1000, 1)
