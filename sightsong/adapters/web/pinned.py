"""Connections that go to checked addresses only, and end at a deadline."""

import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import Any

import httpcore
import structlog

from sightsong.adapters.web.addresses import is_public
from sightsong.adapters.web.checking import Private
from sightsong.core.errors import FetchFailed

log = structlog.get_logger()

_NOWHERE = "the host of this address is not found on the open web"


class Deadline:
    """A moment by which all must be done."""

    def __init__(self, in_s: float, passed: str = "fetching this file takes too long") -> None:
        """Set it so many seconds from now, and say what it means when it has passed."""
        self._at = time.monotonic() + in_s
        self._passed = passed

    def shorten(self, in_s: float) -> None:
        """Leave so many seconds from now at most."""
        self._at = min(self._at, time.monotonic() + in_s)

    def left(self, timeout_s: float | None = None) -> float:
        """Seconds that are left, at most `timeout_s`.

        Raises:
            FetchFailed: none are.
        """
        left = self._at - time.monotonic()
        if left <= 0:
            raise FetchFailed(self._passed)
        return left if timeout_s is None else min(left, timeout_s)


class PinnedBackend(httpcore.NetworkBackend):
    """Resolves a host once, checks every answer, and connects to one of those.

    Only what is named as private, host and port, may lie behind our own walls.
    """

    def __init__(
        self,
        inner: httpcore.NetworkBackend,
        *,
        resolve: Callable[[str], Sequence[str]],
        deadline: Deadline,
        private: Private = (),
    ) -> None:
        self._inner = inner
        self._resolve = resolve
        self._private = private
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of a host that answers.

        Raises:
            FetchFailed: it has none, or not only of the open web, or time is up.
            httpcore.ConnectError: none of them answers.
        """
        failure: Exception | None = None
        for address in self._addresses(host, port):
            try:
                stream = self._inner.connect_tcp(
                    address,
                    port,
                    timeout=self._deadline.left(timeout),
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _TimedStream(stream, self._deadline)
        raise httpcore.ConnectError("no address answers") from failure

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        """Find where a host is. Why it is nowhere is for the log alone.

        Who asks must not learn which names there are behind our own walls.
        """
        try:
            addresses = self._resolved(host)
        except (OSError, UnicodeError) as error:  # not in time is an OSError as well
            log.info("web.refused", host=host, reason=type(error).__name__)
            raise FetchFailed(_NOWHERE) from error
        may_be_private = (host.strip("[]").lower(), port) in self._private
        is_allowed = may_be_private or all(is_public(address) for address in addresses)
        if not addresses or not is_allowed:
            log.info("web.refused", host=host, reason="private" if addresses else "no address")
            raise FetchFailed(_NOWHERE)
        return addresses

    def _resolved(self, host: str) -> Sequence[str]:
        """Ask in a thread of its own: the system's resolver knows no deadline."""
        answer: Future[Sequence[str]] = Future()

        def ask() -> None:
            try:
                answer.set_result(self._resolve(host))
            except BaseException as error:  # noqa: BLE001 - raised where it was asked for
                answer.set_exception(error)

        threading.Thread(target=ask, name="resolver", daemon=True).start()
        return answer.result(self._deadline.left())


class _TimedStream(httpcore.NetworkStream):
    """A stream whose every step ends by the deadline, however slowly bytes drip."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout)
        return _TimedStream(
            self._inner.start_tls(ssl_context, server_hostname, left), self._deadline
        )

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as httpcore says
        return self._inner.get_extra_info(info)
