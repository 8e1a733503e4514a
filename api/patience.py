"""Patience: calls to the stores that do not hang the door when their database hangs.

A database may take a question and never answer; no timeout of its own is heard then. So each call
is made by a thread besides the one that asks: who asks gives up in time, and answers 503. Threads
that hang are few, and when all do, the next are refused at once until one comes back. So requests
that need no database go on meanwhile, and nobody waits in line behind those that hang.
"""

import asyncio
import contextvars
import functools
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import fields, replace
from typing import Any, TypeVar

from sightsong.core import ports
from sightsong.core.errors import StoreUnavailable

Made = TypeVar("Made")

#: Calls at once; more than there are who could ask: 40 threads, as many without one, and a few.
_MOST = 128
#: Of those who hold no thread, so many ask at once, and the others wait for their turn.
_MOST_AT_ONCE = 40
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
        self._turns = asyncio.Semaphore(_MOST_AT_ONCE)
        self._here = threading.local()

    @property
    def are_asking(self) -> bool:
        """Whether this is one of their threads: whoever waits for it has an eye on the clock."""
        return getattr(self._here, "is_asker", False)

    async def ask(self, work: Callable[..., Made], *args: object) -> Made:
        """Have something asked of the stores that may take several calls; holds no thread.

        Raises:
            StoreUnavailable: not in time, or as many calls as may be made hang.
        """
        until = time.monotonic() + self._patience_s  # of the turn and the answer together
        await self._turn()
        try:
            asked = asyncio.wrap_future(self._begun(functools.partial(work, *args)))
            left_s = max(until - time.monotonic(), 0)
            done, _ = await asyncio.wait({asked}, timeout=left_s)
            if not done:
                asked.cancel()
                raise _too_late()
            return asked.result()
        finally:
            self._turns.release()

    async def _turn(self) -> None:
        if not self._turns.locked():
            await self._turns.acquire()  # at once
            return
        try:
            async with asyncio.timeout(self._patience_s):
                await self._turns.acquire()
        except TimeoutError as error:
            raise _too_late() from error

    def call(self, work: Callable[[], Made]) -> Made:
        """Make a call, and wait for what it returns or raises.

        Raises:
            StoreUnavailable: not in time, or as many calls as may be made hang.
        """
        if self.are_asking:
            return work()
        try:
            return self._begun(work).result(self._patience_s)
        except TimeoutError as error:
            raise _too_late() from error

    def _begun(self, work: Callable[[], Made]) -> "Future[Made]":
        """Have a call made by one of the threads, a new one if all are busy."""
        if not self._room.acquire(blocking=False):
            raise StoreUnavailable
        done: Future[Made] = Future()
        context = contextvars.copy_context()
        if not self._idle.acquire(blocking=False):
            threading.Thread(target=self._serve, name="asker", daemon=True).start()
        self._calls.put(lambda: context.run(_settle, done, work))
        return done

    def _serve(self) -> None:
        """Make one call after the other, until there is none for a while."""
        self._here.is_asker = True
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


def _too_late() -> StoreUnavailable:
    return StoreUnavailable("The database does not answer in time.")


def _settle(done: "Future[Made]", work: Callable[[], Made]) -> None:
    if not done.set_running_or_notify_cancel():
        return  # whoever asked has gone
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


def guarded(stores: ports.Stores, askers: Askers) -> ports.Stores:
    """Have all that asks the database of some stores give up in time."""
    asked: dict[str, Any] = {
        field.name: _Guarded(getattr(stores, field.name), askers)
        for field in fields(ports.Stores)
        if field.name not in _UNGUARDED
    }
    return replace(stores, **asked)
