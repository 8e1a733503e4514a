"""One file of the open web, with its redirects."""

from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import BinaryIO
from urllib.parse import unquote

import httpcore
import httpx

from sightsong.adapters.web.checking import checked
from sightsong.adapters.web.network import THEIR_ERRORS, Network
from sightsong.adapters.web.pinned import Deadline
from sightsong.core.errors import FetchFailed, UrlNotAllowed

_LONGEST_NAME = 300
_MOST_REDIRECTS = 3
_OK = 200
_REDIRECTS = (301, 302, 303, 307, 308)
_HEADERS: tuple[tuple[str | bytes, str | bytes], ...] = (
    ("Accept", "audio/*, */*;q=0.5"),
    ("Accept-Encoding", "identity"),
    ("User-Agent", "sightsong"),
)


@dataclass(frozen=True, kw_only=True)
class WebFile:
    """What was fetched."""

    name: str  #: The last part of its address; only ever shown, but for its ending.
    size: int  #: Bytes.
    content_type: str  #: What its server calls it, in small letters; may be empty, or wrong.


class Fetcher:
    """Fetches https addresses of the open web, without proxies and within limits."""

    def __init__(
        self,
        *,
        max_bytes: int,
        timeout_s: float = 10,
        total_s: float = 600,
        network: Network | None = None,
    ) -> None:
        """Set the limits.

        Args:
            max_bytes: of one file.
            timeout_s: how long to wait for a connection, and for each next bytes.
            total_s: how long one file may take, with its redirects.
            network: the way out.
        """
        self._max_bytes = max_bytes
        self._timeouts = dict.fromkeys(("connect", "read", "write", "pool"), timeout_s)
        self._total_s = total_s
        self._network = network or Network()

    def fetch(self, url: str, to: BinaryIO) -> WebFile:
        """Copy a file as it comes; if it fails, a part of it may have been copied.

        Raises:
            UrlNotAllowed: the address, or one that it leads to, is not fetched; or the file is
                too large.
            FetchFailed: it cannot be had, or takes too long. Retried.
        """
        deadline = Deadline(self._total_s)
        asked = at = checked(url)
        for _ in range(_MOST_REDIRECTS + 1):
            found = self._ask(at, to, deadline)
            if isinstance(found, WebFile):
                return replace(found, name=_name(asked, at))
            at = found
        raise UrlNotAllowed(f"the address leads on more than {_MOST_REDIRECTS} times")

    def _ask(self, url: httpx.URL, to: BinaryIO, deadline: Deadline) -> WebFile | httpx.URL:
        """Fetch a file, or learn where else it lies."""
        try:
            with (
                self._network.pool(deadline) as pool,
                pool.stream(
                    "GET", str(url), headers=_HEADERS, extensions={"timeout": self._timeouts}
                ) as response,
            ):
                return self._take(url, response, to)
        except THEIR_ERRORS as error:
            raise FetchFailed(f"the file cannot be fetched ({type(error).__name__})") from error

    def _take(
        self, url: httpx.URL, response: httpcore.Response, to: BinaryIO
    ) -> WebFile | httpx.URL:
        headers = httpx.Headers(response.headers)
        if response.status in _REDIRECTS and "location" in headers:
            return checked(headers["location"], after=url)
        if response.status != _OK:
            raise FetchFailed(f"the server answers {response.status}")
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise FetchFailed("the server packs the file, though not asked to")
        content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        self._check_size(int(headers.get("content-length", 0)))
        return WebFile(name="", size=self._copy(response, to), content_type=content_type)

    def _copy(self, response: httpcore.Response, to: BinaryIO) -> int:
        size = 0
        for chunk in response.iter_stream():
            size += len(chunk)
            self._check_size(size)
            to.write(chunk)
        return size

    def _check_size(self, size: int) -> None:
        if size > self._max_bytes:
            raise UrlNotAllowed(f"the file is larger than {self._max_bytes} bytes")


def _name(asked: httpx.URL, at: httpx.URL) -> str:
    """Name a file by the address that it was asked at, or else, for its ending, found at."""
    names = [_last_part(url) for url in (asked, at)]
    return next((name for name in names if PurePosixPath(name).suffix), names[0]) or "unnamed"


def _last_part(url: httpx.URL) -> str:
    last = unquote(url.raw_path.decode("ascii").partition("?")[0]).rpartition("/")[2]
    plain = "".join(c if c.isprintable() and c not in "/\\" else " " for c in last)
    return plain.strip()[:_LONGEST_NAME]
