"""Which addresses are asked at all, by their form alone."""

import ipaddress
from collections.abc import Collection, Iterable

import httpx

from sightsong.adapters.web.addresses import is_public
from sightsong.core.errors import ConfigurationError, UrlNotAllowed

#: Hosts with their ports that may be private and speak plain http: those that the operator names.
Private = Collection[tuple[str, int]]

_PORTS = {"http": 80, "https": 443}
_LONGEST_URL = 2048
#: What is said of an address that leads elsewhere than to the open web, or in another way: where
#: something is fetched, and where receivers are told.
_FETCHED = "only https addresses of the open web, with their usual port, are asked"
TOLD = (
    "receivers are told over https on the usual port; one on your own network is named in "
    "SIGHTSONG_WEBHOOK_PRIVATE"
)


def checked(
    url: str,
    *,
    after: httpx.URL | None = None,
    private: Private = (),
    refusal: str = _FETCHED,
) -> httpx.URL:
    """Read an address, or where one leads; only plain https addresses and private ones pass.

    Args:
        url: to read.
        after: what has led there.
        private: may be asked too.
        refusal: what is said of others that are not of the open web.

    Raises:
        UrlNotAllowed: it is not one.
    """
    try:
        read = after.join(url) if after else httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise UrlNotAllowed("this is no address") from error
    is_public = read.scheme == "https" and read.port in (None, _PORTS["https"])
    if not is_public and (read.scheme not in _PORTS or place(read) not in private):
        raise UrlNotAllowed(refusal)
    if read.userinfo or not read.host:
        raise UrlNotAllowed("the address must name a host, and no user")
    if _is_walled_in(read.host) and place(read) not in private:
        raise UrlNotAllowed(refusal)
    if len(str(read)) > _LONGEST_URL:
        raise UrlNotAllowed("the address is too long")
    return read.copy_with(fragment=None)


def _is_walled_in(host: str) -> bool:
    """Whether a host is an address that is not of the open web, as can be seen at once."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return not is_public(host)


def place(url: httpx.URL) -> tuple[str, int]:
    """The host and the port that an address leads to."""
    return url.raw_host.decode("ascii").strip("[]").lower(), url.port or _PORTS.get(url.scheme, 0)


def read_private(named: Iterable[str]) -> frozenset[tuple[str, int]]:
    """Read a list of `host:port`.

    Raises:
        ConfigurationError: one is not of that form.
    """
    return frozenset(_read(one) for one in named)


def _read(one: str) -> tuple[str, int]:
    try:
        url = httpx.URL(f"any://{one}")
    except (httpx.InvalidURL, ValueError) as error:
        raise ConfigurationError(f"{one!r} is not of the form host:port") from error
    if url.port is None or not url.host or url.userinfo or url.raw_path not in (b"", b"/"):
        raise ConfigurationError(f"{one!r} is not of the form host:port")
    return place(url)
