"""Long polls: requests that wait for a change of their job, without a thread or a connection.

One notifier for the process looks at the jobs that are waited for with one query, and only while
somebody waits. It looks often at those that are waited for since a moment ago, because a photo on
an idle service is done in a tenth of a second; and now and then at all of them.
"""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

import structlog

from api.errors import TooManyWaiters
from sightsong.core.errors import Unavailable
from sightsong.core.jobs import JobId

log = structlog.get_logger()

Versions = Callable[[Collection[JobId]], Mapping[JobId, int]]


@dataclass(eq=False, kw_only=True)
class _Waiter:
    """One request that waits."""

    job_id: JobId
    seen: int
    since: float  #: On the loop's clock.
    woken: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How often the notifier looks, in seconds."""

    young_s: float = 1.0  #: A request that waits for less than this is young.
    young_every_s: float = 0.025
    all_every_s: float = 0.25


class Waiting:
    """The requests that wait for a change of their job."""

    def __init__(self, versions: Versions, *, limit: int, pace: Pace | None = None) -> None:
        self._versions = versions
        self._limit = limit
        self._pace = pace or Pace()
        self._waiters: set[_Waiter] = set()
        self._notifier: asyncio.Task[None] | None = None
        #: When this says so, all are answered and nobody waits any more: the process stops.
        self.is_stopping: Callable[[], bool] = lambda: False

    @property
    def count(self) -> int:
        """How many wait now."""
        return len(self._waiters)

    @property
    def is_idle(self) -> bool:
        """Whether nobody waits and nobody looks."""
        return not self._waiters and (self._notifier is None or self._notifier.done())

    async def change(self, job_id: JobId, *, seen: int, timeout_s: float) -> None:
        """Return when the job's `state_version` is not `seen` any more, or the time has passed.

        Raises:
            TooManyWaiters: as many as this process carries are waiting.
        """
        if len(self._waiters) >= self._limit:
            raise TooManyWaiters
        waiter = _Waiter(job_id=job_id, seen=seen, since=asyncio.get_running_loop().time())
        self._waiters.add(waiter)
        if self._notifier is None or self._notifier.done():
            self._notifier = asyncio.create_task(self._notify())
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await waiter.woken.wait()
        finally:
            self._waiters.discard(waiter)

    async def _notify(self) -> None:
        clock = asyncio.get_running_loop().time
        looked_at_all = float("-inf")
        while self._waiters:
            now = clock()
            asked = {w for w in self._waiters if now - w.since < self._pace.young_s}
            if now - looked_at_all >= self._pace.all_every_s:
                asked, looked_at_all = set(self._waiters), now
            if self.is_stopping():
                self._wake(set(self._waiters))
            elif asked:
                await self._look(asked)
            await asyncio.sleep(self._pace.young_every_s)

    async def _look(self, asked: Collection[_Waiter]) -> None:
        try:
            versions = await asyncio.to_thread(self._versions, {w.job_id for w in asked})
        except Unavailable as error:
            # Nobody is woken for this: the next look may succeed, and who waits too long asks anew.
            log.warning("notifier.missed", reason=error.detail)
            return
        self._wake({w for w in asked if versions.get(w.job_id) != w.seen})

    def _wake(self, waiters: Collection[_Waiter]) -> None:
        for waiter in waiters:
            waiter.woken.set()
