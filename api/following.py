"""Following: answers that go on as events (SSE) until what they tell of has come to its end.

What changes all the time (an ingest) is looked at each second; a job only when it has changed.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from api.errors import TooManyWaiters
from sightsong.core.errors import NotFound, Unavailable
from sightsong.core.jobs import JobState

log = structlog.get_logger()

View = Mapping[str, Any]
Look = Callable[[], View]
Glance = Callable[[], Awaitable[View]]

#: After so many milliseconds a browser comes again whose connection was lost.
_BEGIN = b"retry: 2000\n\n"
_HEARTBEAT = b": still here\n\n"


class Change(Protocol):
    """Waits for a change of one job; `api.waiting` does so for all who wait with one query."""

    def __call__(self, *, seen: int, timeout_s: float, since: float) -> Awaitable[bool]:
        """Return whether the job's `state_version` is not `seen` any more.

        Raises:
            TooManyWaiters: as many as the process carries are waiting.
        """
        ...


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

    def answer(self, events: AsyncGenerator[bytes]) -> Response:
        """Answer a request with events; it follows from now on, until they or it have ended.

        Raises:
            TooManyWaiters: as many as this process carries follow something already.
        """
        if self._count >= self._limit:
            raise TooManyWaiters
        self._count += 1
        return _Stream(events, self._leave)

    def _leave(self) -> None:
        self._count -= 1

    async def states(
        self, first: View, look: Glance, change: Change, *, seen: str | None
    ) -> AsyncGenerator[bytes]:
        """Tell how a job is whenever its state changes, until that is final.

        Nothing is read between: `change` says when to look. What changes twice in a moment is told
        once. A job that is erased meanwhile is told as `gone`.

        Args:
            first: its view as it is now.
            look: reads its view.
            change: waits for a change of it.
            seen: the `state_version` that the follower has had last.
        """
        try:
            async for event in self._states(first, look, change, seen):
                yield event
        except NotFound as error:
            yield _event("gone", None, {"id": first["id"], "code": error.code})

    async def _states(
        self, view: View, look: Glance, change: Change, seen: str | None
    ) -> AsyncIterator[bytes]:
        clock = asyncio.get_running_loop().time
        since = clock()
        yield _BEGIN
        while True:
            version = view["state_version"]
            if str(version) != seen:
                seen, since = str(version), clock()
                yield _event("state", seen, view)
            if JobState(view["state"]).is_final:
                return
            while not await self._has_changed(change, version, since):
                yield _HEARTBEAT
            if self._is_stopping():
                return
            view = await self._look_again(look, view)

    async def _has_changed(self, change: Change, version: int, since: float) -> bool:
        """Wait for a change, but only until the next heartbeat is due."""
        try:
            return await change(seen=version, timeout_s=self._pace.heartbeat_s, since=since)
        except TooManyWaiters:  # who is let in is not sent away: it looks by itself meanwhile
            await asyncio.sleep(self._pace.look_s)
            return True

    async def _look_again(self, look: Glance, before: View) -> View:
        try:
            return await look()
        except Unavailable as error:
            log.warning("follower.missed", reason=error.detail)
            await asyncio.sleep(self._pace.look_s)
            return before

    async def events(self, look: Look, *, seen: str | None) -> AsyncGenerator[bytes]:
        """Tell how something is whenever that changes, until its view says `done`.

        Args:
            look: reads the view; runs in a thread.
            seen: id of the event that the follower has had last.
        """
        clock = asyncio.get_running_loop().time
        told_at = clock()
        yield _BEGIN
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
                    yield _event("progress", seen, view)
                if view["done"]:
                    return
            if clock() - told_at >= self._pace.heartbeat_s:
                told_at = clock()
                yield _HEARTBEAT
            await asyncio.sleep(self._pace.look_s)


class _Stream(StreamingResponse):
    """An answer of events, of which it is known when it has ended."""

    def __init__(self, events: AsyncGenerator[bytes], leave: Callable[[], None]) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(events, media_type="text/event-stream", headers=headers)
        self._events = events
        self._leave = leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()
            await self._events.aclose()


def event_id(view: View) -> str:
    """Name a view: the same for the same view."""
    return hashlib.sha256(_data(view)).hexdigest()[:16]


def _event(kind: str, name: str | None, view: View) -> bytes:
    named = b"" if name is None else b"id: " + name.encode() + b"\n"
    return b"event: " + kind.encode() + b"\n" + named + b"data: " + _data(view) + b"\n\n"


def _data(view: View) -> bytes:
    """The view in one line: JSON has no bare line ends."""
    text = json.dumps(view, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")
