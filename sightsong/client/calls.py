"""What all calls to a service share: how it is spoken with, and how its pages are read."""

from typing import Any, TypedDict
from urllib.parse import quote

from sightsong.client.steps import Flow, Item, Params, Request, Steps
from sightsong.client.wire import Patience, Wire

DEFAULT_URL = "http://127.0.0.1:8000"
#: How often an ingest or the index is looked at while it is waited for.
LOOK_S = 0.3
PAGE = 100


class Access(TypedDict, total=False):
    """Who asks."""

    key: str | None  #: A key of the service; sent as `Authorization: Bearer`, to it alone.
    user: str | None  #: Whom of your users this is for, as you call them.
    #: Send the key even where strangers could read it: over plain http through the internet.
    insecure_key: bool


def segment(name: str) -> str:
    """Write an id as one step of a path: even `..` and what has slashes lead nowhere else."""
    return quote(name, safe="").replace(".", "%2E")


class Calls:
    """What calls are made of; `Blocking` and `Awaiting` run them."""

    def __init__(
        self, base_url: str, patience: Patience | None, *, user: str | None = None
    ) -> None:
        self._wire = Wire(base_url=base_url.rstrip("/"), patience=patience or Patience())
        self._user = user

    @property
    def base_url(self) -> str:
        """The service's address, without a slash at its end."""
        return self._wire.base_url

    @property
    def user(self) -> str | None:
        """Whom of your users it asks for; None: for none of them."""
        return self._user

    @property
    def patience(self) -> Patience:
        """How often it tries again, and how it pauses."""
        return self._wire.patience

    def _items(self, path: str, params: Params | None = None, *, limit: int | None) -> Flow[Any]:
        """Go through a list page by page, through all of it unless `limit` is given."""
        cursor: str | None = None
        left = limit
        while left is None or left > 0:
            asked = {**(params or {}), "limit": PAGE if left is None else min(PAGE, left)}
            page = yield from self._get(
                path, asked if cursor is None else asked | {"cursor": cursor}
            )
            for item in page["items"]:
                yield Item(item)
            cursor = page["next_cursor"]
            if cursor is None:
                return
            if left is not None:
                left -= len(page["items"])

    def _all(self, path: str) -> Steps[Any]:
        """Read a list that comes whole."""
        page = yield from self._get(path)
        return page["items"]

    def _get(self, path: str, params: Params | None = None) -> Steps[Any]:
        return self._json(Request(method="GET", path=path, params=params))

    def _post(self, path: str, json: object = None) -> Steps[Any]:
        return self._json(Request(method="POST", path=path, json=json))

    def _delete(
        self,
        path: str,
        params: Params | None = None,
        *,
        is_idempotent: bool = False,
        extra_s: float = 0.0,
    ) -> Steps[None]:
        yield from self._wire.fetch(
            Request(
                method="DELETE",
                path=path,
                params=params,
                is_idempotent=is_idempotent,
                extra_s=extra_s,
            )
        )

    def _content(self, request: Request) -> Steps[bytes]:
        response = yield from self._wire.fetch(request)
        return response.content

    def _json(self, request: Request) -> Steps[Any]:
        answer, _headers = yield from self._wire.call(request)
        return answer
