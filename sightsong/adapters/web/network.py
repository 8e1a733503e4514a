"""The way out: connections to checked addresses, without proxies."""

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpcore
import httpx

from sightsong.adapters.web.addresses import resolve
from sightsong.adapters.web.checking import Private
from sightsong.adapters.web.pinned import Deadline, PinnedBackend

#: What the libraries raise; `OSError` is not among them: it is that of a file written to.
THEIR_ERRORS = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)


@dataclass(frozen=True, kw_only=True)
class Network:
    """How hosts are found, connected to and believed."""

    resolve: Callable[[str], Sequence[str]] = resolve
    backend: httpcore.NetworkBackend = field(default_factory=httpcore.SyncBackend)
    #: Whose certificates are believed; no file that the environment names.
    trust: ssl.SSLContext = field(default_factory=lambda: httpx.create_ssl_context(trust_env=False))

    def pool(self, deadline: Deadline, *, private: Private = ()) -> httpcore.ConnectionPool:
        """Make connections for one exchange: each host is resolved and checked as it is met."""
        backend = PinnedBackend(
            self.backend, resolve=self.resolve, deadline=deadline, private=private
        )
        return httpcore.ConnectionPool(ssl_context=self.trust, network_backend=backend)
