"""Patience: calls to the stores that do not hang the door when their database hangs.

A database may take a question and never answer; no timeout of its own is heard then. So each call
is made by a thread besides the one that asks: who asks gives up in time, and answers 503. Threads
that hang are few, and when all do, the next are refused at once until one comes back. So requests
that need no database go on meanwhile, and nobody waits in line behind those that hang.
"""

import contextvars
import functools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import fields, replace
from typing import Any, TypeVar

from sightsong.core import ports
from sightsong.core.errors import StoreUnavailable

Made = TypeVar("Made")

#: Calls at once; more than the process has threads that could ask (40 and a few).
_MOST = 64
#: Threads without a call end after so many seconds.
_IDLE_S = 10.0
#: Not asked of a database: files, whose writing may take its time.
_UNGUARDED = frozenset({"blobs"})


class Askers:
    """Threads that make calls for others, as many as are needed at once."""

    def __init__(self, *, patience_s: float, most: int = _MOST) -> None:
        self._patience_s = patience_s
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._room = threading.BoundedSemaphore(most)
        self._idle = threading.Semaphore(0)

    def call(self, work: Callable[[], Made]) -> Made:
        """Make a call, and wait for what it returns or raises.

        Raises:
            StoreUnavailable: not in time, or as many calls as may be made hang.
        """
        if not self._room.acquire(blocking=False):
            raise StoreUnavailable
        done: Future[Made] = Future()
        context = contextvars.copy_context()
        if not self._idle.acquire(blocking=False):
            threading.Thread(target=self._serve, name="asker", daemon=True).start()
        self._calls.put(lambda: context.run(_settle, done, work))
        try:
            return done.result(self._patience_s)
        except TimeoutError as error:
            raise StoreUnavailable("The database does not answer in time.") from error

    def _serve(self) -> None:
        """Make one call after the other, until there is none for a while."""
        while True:
            try:
                make = self._calls.get(timeout=_IDLE_S)
            except queue.Empty:
                if self._idle.acquire(blocking=False):
                    return
                continue  # somebody counts on this thread: a call is on its way
            make()
            self._room.release()
            self._idle.release()


def _settle(done: "Future[Made]", work: Callable[[], Made]) -> None:
    try:
        done.set_result(work())
    except BaseException as error:  # noqa: BLE001 - raised where it was asked for
        done.set_exception(error)


class _Guarded:
    """A port whose every method is called by the askers."""

    def __init__(self, port: object, askers: Askers) -> None:
        self._port = port
        self._askers = askers

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the port has
        method = getattr(self._port, name)

        @functools.wraps(method)
        def ask(*args: object, **kwargs: object) -> object:
            return self._askers.call(functools.partial(method, *args, **kwargs))

        return ask


def guarded(stores: ports.Stores, *, patience_s: float) -> ports.Stores:
    """Have all that asks the database of some stores give up in time."""
    askers = Askers(patience_s=patience_s)
    asked: dict[str, Any] = {
        field.name: _Guarded(getattr(stores, field.name), askers)
        for field in fields(ports.Stores)
        if field.name not in _UNGUARDED
    }
    return replace(stores, **asked)
