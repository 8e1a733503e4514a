"""Following: answers that go on as events (SSE) until what they tell of has come to its end."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from api.errors import TooManyWaiters
from sightsong.core.errors import NotFound, Unavailable

log = structlog.get_logger()

Look = Callable[[], Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class FollowPace:
    """How often followers look, in seconds."""

    look_s: float = 1.0
    heartbeat_s: float = 15.0  #: Proxies close a connection on which nothing comes for long.


class Following:
    """The requests that follow something, in one process."""

    def __init__(
        self,
        *,
        limit: int,
        is_stopping: Callable[[], bool] = lambda: False,
        pace: FollowPace | None = None,
    ) -> None:
        self._limit = limit
        self._is_stopping = is_stopping
        self._pace = pace or FollowPace()
        self._count = 0

    @property
    def count(self) -> int:
        """How many follow something now."""
        return self._count

    def refuse_more(self) -> None:
        """See that there is room for one more.

        Raises:
            TooManyWaiters: as many as this process carries follow something already.
        """
        if self._count >= self._limit:
            raise TooManyWaiters

    async def events(self, look: Look, *, seen: str | None) -> AsyncIterator[bytes]:
        """Tell how something is whenever that changes, until its view says `done`.

        Args:
            look: reads the view; runs in a thread.
            seen: id of the event that the follower has had last.
        """
        self._count += 1
        try:
            async for event in self._told(look, seen):
                yield event
        finally:
            self._count -= 1

    async def _told(self, look: Look, seen: str | None) -> AsyncIterator[bytes]:
        clock = asyncio.get_running_loop().time
        told_at = clock()
        yield b"retry: 2000\n\n"
        while not self._is_stopping():
            try:
                view = await asyncio.to_thread(look)
            except NotFound:
                return
            except Unavailable as error:
                log.warning("follower.missed", reason=error.detail)
            else:
                if event_id(view) != seen:
                    seen, told_at = event_id(view), clock()
                    yield _event(view)
                if view["done"]:
                    return
            if clock() - told_at >= self._pace.heartbeat_s:
                told_at = clock()
                yield b": still here\n\n"
            await asyncio.sleep(self._pace.look_s)


def event_id(view: Mapping[str, Any]) -> str:
    """Name a view: the same for the same view."""
    return hashlib.sha256(_data(view)).hexdigest()[:16]


def _event(view: Mapping[str, Any]) -> bytes:
    name = event_id(view).encode()
    return b"event: progress\nid: " + name + b"\ndata: " + _data(view) + b"\n\n"


def _data(view: Mapping[str, Any]) -> bytes:
    """The view in one line: JSON has no bare line ends."""
    text = json.dumps(view, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")
