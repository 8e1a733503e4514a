"""What all calls to a service share: the connections, and how pages are read."""

from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from sightsong.client.wire import Patience, Request, Wire

DEFAULT_URL = "http://127.0.0.1:8000"
#: How often an ingest or the index is looked at while it is waited for.
LOOK_S = 0.3
PAGE = 100

#: A parameter of several values is sent once for each.
Params = Mapping[str, str | int | float | Sequence[str]]


def segment(name: str) -> str:
    """Write an id as one step of a path: even `..` and what has slashes lead nowhere else."""
    return quote(name, safe="").replace(".", "%2E")


class Calls:
    """Connections to a service, open until they are closed."""

    def __init__(
        self,
        base_url: str = DEFAULT_URL,
        *,
        timeout_s: float = 30.0,
        transport: httpx.BaseTransport | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._patience = patience or Patience()
        self._wire = Wire(
            base_url, timeout_s=timeout_s, transport=transport, patience=self._patience
        )

    @property
    def base_url(self) -> str:
        """The service's address, without a slash at its end."""
        return self._wire.base_url

    @property
    def patience(self) -> Patience:
        """How often it tries again, and how it pauses."""
        return self._patience

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
        self._wire.close()

    def _items(self, path: str, params: Params, *, limit: int | None) -> Iterator[Any]:
        """Go through a list page by page, through all of it unless `limit` is given."""
        cursor: str | None = None
        left = limit
        while left is None or left > 0:
            asked = {**params, "limit": PAGE if left is None else min(PAGE, left)}
            page = self._get(path, asked if cursor is None else {**asked, "cursor": cursor})
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return
            if left is not None:
                left -= len(page["items"])

    def _get(self, path: str, params: Params | None = None) -> Any:  # noqa: ANN401 - JSON
        return self._json(Request(method="GET", path=path, params=params))

    def _json(self, request: Request) -> Any:  # noqa: ANN401 - JSON
        return self._wire.call(request)[0]
