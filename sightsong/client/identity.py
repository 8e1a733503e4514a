"""Who asks: a key and a user, told to one service and to nobody else."""

import ipaddress
from collections.abc import Generator

import httpx

from sightsong.client.errors import KeyExposed
from sightsong.core import addresses
from sightsong.core.tenancy import LONGEST_USER, is_user_name

#: Ends of names that only mean something inside a house or a company (RFC 6762, RFC 8375, …).
_INSIDE = (".local", ".lan", ".home", ".home.arpa", ".internal", ".localhost")


class Identity(httpx.Auth):
    """Signs requests to one service; what goes to another address is left as it is.

    The key is in no message and no `repr`.
    """

    def __init__(
        self, base_url: str, *, key: str | None, user: str | None, insecure_key: bool
    ) -> None:
        self._origin = _origin(httpx.URL(base_url))
        self._headers: dict[str, str] = {}
        if key is not None:
            self._headers["Authorization"] = f"Bearer {_checked_key(key)}"
            if not insecure_key and is_overheard(base_url):
                raise KeyExposed(base_url)
        if user is not None:
            self._headers["Sightsong-User"] = _checked_user(user)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Say who asks, where it is the service that is asked."""
        if _origin(request.url) == self._origin:
            request.headers.update(self._headers)
        yield request


def is_overheard(base_url: str) -> bool:
    """Whether strangers could read what is sent to an address: plain http, and not at home.

    At home are this machine, private networks, and names that only mean something inside one:
    `nas`, `nas.local`.
    """
    url = httpx.URL(base_url)
    return url.scheme != "https" and not _is_at_home(url.host)


def _is_at_home(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        name = host.lower().rstrip(".")
        return addresses.is_loopback(name) or "." not in name or name.endswith(_INSIDE)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    usual = {"http": 80, "https": 443}.get(url.scheme)
    return url.scheme, url.host, url.port or usual


def _checked_key(key: str) -> str:
    """Refuse what can be no key, without telling it."""
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError("a key of a service is printable ASCII without spaces")
    return key


def _checked_user(user: str) -> str:
    if not is_user_name(user):
        raise ValueError(
            f"a user is 1 to {LONGEST_USER} printable ASCII characters, with no space at the ends"
        )
    return user
