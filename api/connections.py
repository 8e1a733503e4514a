"""Connections: what each may cost before it has sent a request, and while it does not read.

The server under us waits for ever for the head of a request, and for a client that does not take
its answer. Here both have their time, and where all places are taken, those go first who ask for
nothing.
"""

import asyncio
import contextlib
import heapq
import json
import resource
import uuid
from typing import Any, ClassVar, cast

import h11
import structlog
from uvicorn.protocols.http.h11_impl import H11Protocol

from api import errors
from sightsong.core.errors import SightsongError

log = structlog.get_logger()

#: Connections that one process holds. Long polls are held open, so this lies above
#: `DoorSettings.max_waiters`.
_MOST = 2048
#: Files of a process that are no connections: database, blobs, music that is played, the libraries.
_FILES_BESIDES = 512
#: Where all places are taken, this part of them is made free.
_AT_ONCE = 32
#: Bytes of a request's head that the server reads; the envelope refuses less, and says why.
LONGEST_HEAD = 128 * 1024


class Connection(H11Protocol):
    """One connection of the server."""

    #: From the begin of a connection, or of a head on one that was kept, to the end of the head.
    head_s: ClassVar[float] = 20.0
    #: For a client that does not read its answer. A player that is paused may stop reading as well,
    #: and comes again for the rest.
    reading_s: ClassVar[float] = 120.0
    most: ClassVar[int] = _MOST

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - what the server gives
        super().__init__(*args, **kwargs)
        self._head_timer: asyncio.TimerHandle | None = None
        self._reading_timer: asyncio.TimerHandle | None = None
        self._idle_since = self.loop.time()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, in the place of an idle one if need be."""
        super().connection_made(transport)
        self._await_head()
        if len(self.connections) > self.most:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        super().connection_lost(exc)
        self._head_came()
        self._is_read()

    def data_received(self, data: bytes) -> None:
        """Read on; what has come may end a head, or be a part of one."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._head_came()
        elif not self.transport.is_closing():
            self._await_head()

    def pause_writing(self) -> None:
        """Note that the client does not keep up."""
        super().pause_writing()
        self._await_reader()

    def resume_writing(self) -> None:
        """Note that it does again."""
        super().resume_writing()
        if not self.transport.is_closing():
            self._is_read()

    def on_response_complete(self) -> None:
        """Wait for the next request, or for the last bytes to be read."""
        self._idle_since = self.loop.time()
        super().on_response_complete()
        if self.transport.is_closing():
            self._await_reader()

    def timeout_keep_alive_handler(self) -> None:
        """Close what was idle for long."""
        super().timeout_keep_alive_handler()
        self._await_reader()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, or has a head without end."""
        unread, _ = self.conn.trailing_data
        is_long = len(unread) > LONGEST_HEAD
        self._refuse(errors.HeadersTooLarge() if is_long else errors.BadRequest(msg))

    @property
    def _is_idle(self) -> bool:
        """Whether there is no request on it, as far as its head has come."""
        return self.cycle is None or self.cycle.response_complete

    def _await_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_s, self._head_is_late)

    def _head_came(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self.conn.trailing_data[0]:
            self._refuse(errors.UploadTimeout("The head of the request did not come in time."))
        else:
            self.transport.close()

    def _await_reader(self) -> None:
        if self._reading_timer is None:
            self._reading_timer = self.loop.call_later(self.reading_s, self.transport.abort)

    def _is_read(self) -> None:
        if self._reading_timer is not None:
            self._reading_timer.cancel()
            self._reading_timer = None

    def _make_room(self) -> None:
        """End connections that have asked for nothing for the longest time.

        A few at once, so that not each who comes has to look for one. Where each has a request,
        this one's is refused.
        """
        others = cast("set[Connection]", self.connections - {self})
        idle = [one for one in others if one._is_idle]  # noqa: SLF001 - its own kind
        if not idle:
            self.app_state = {**self.app_state, errors.CROWDED: True}
        many = max(1, self.most // _AT_ONCE)
        for one in heapq.nsmallest(many, idle, key=lambda one: one._idle_since):  # noqa: SLF001
            one.transport.abort()
            self.connections.discard(one)

    def _refuse(self, error: SightsongError) -> None:
        """Answer something that is no request yet, and close."""
        status, request_id = errors.STATUS[error.code], uuid.uuid4().hex
        told = errors.content_of(error, status=status, instance="", request_id=request_id)
        content = json.dumps(told).encode()
        headers = [
            ("content-type", errors.MEDIA_TYPE),
            ("content-length", str(len(content))),
            ("connection", "close"),
        ]
        with contextlib.suppress(h11.LocalProtocolError):  # a request before it is being answered
            answer = h11.Response(status_code=status, headers=headers)
            for event in (answer, h11.Data(data=content), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
        self._await_reader()


def bounded(most: int = _MOST) -> type[Connection]:
    """Make the kind of connection of a process that may hold so many, as far as it has files.

    The soft limit of open files is raised to what that needs, or to the hard one: it is often
    1,024, and a process without a file to spare can neither accept nor answer.
    """
    wanted = most + _FILES_BESIDES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    files = wanted if soft == resource.RLIM_INFINITY else soft
    held = max(min(most, files - _FILES_BESIDES), min(most, files // 2))
    if held < most:
        log.warning("connections.few", most=held, files=files)
    return type("Bounded", (Connection,), {"most": held})
