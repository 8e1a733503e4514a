"""Long polls: requests that wait for a change of their job, without a thread or a connection.

One notifier for the process looks at the jobs that are waited for with one query, and only while
somebody waits. It looks often at those that are waited for since a moment ago, because a photo on
an idle service is done in a tenth of a second, and ever more seldom at the others.
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

    #: How often at requests by their age: lite answers within the first age, full on a CPU within
    #: the second. The last has no end.
    looks: tuple[tuple[float, float], ...] = ((1.0, 0.025), (10.0, 0.05), (float("inf"), 0.25))

    @property
    def tick_s(self) -> float:
        """Between two looks at the youngest."""
        return self.looks[0][1]


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

    def asked_to_stop(self) -> bool:
        """Whether the process stops; `is_stopping` as it is by then."""
        return self.is_stopping()

    @property
    def is_idle(self) -> bool:
        """Whether nobody waits and nobody looks."""
        return not self._waiters and (self._notifier is None or self._notifier.done())

    async def change(
        self, job_id: JobId, *, seen: int, timeout_s: float, since: float | None = None
    ) -> bool:
        """Return when the job's `state_version` is not `seen` any more, or the time has passed.

        Args:
            job_id: of a job.
            seen: what the waiter knows.
            timeout_s: how long it waits.
            since: when it began to wait, on the loop's clock; None: now.

        Returns:
            Whether there is something to look at: a change, or the end of the process.

        Raises:
            TooManyWaiters: as many as this process carries are waiting.
        """
        if len(self._waiters) >= self._limit:
            raise TooManyWaiters
        began = asyncio.get_running_loop().time() if since is None else since
        waiter = _Waiter(job_id=job_id, seen=seen, since=began)
        self._waiters.add(waiter)
        if self._notifier is None or self._notifier.done():
            self._notifier = asyncio.create_task(self._notify())
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await waiter.woken.wait()
        finally:
            self._waiters.discard(waiter)
        return waiter.woken.is_set()

    async def _notify(self) -> None:
        clock = asyncio.get_running_loop().time
        due = [float("-inf")] * len(self._pace.looks)
        while self._waiters:
            asked = self._due(clock(), due)
            if self.is_stopping():
                self._wake(set(self._waiters))
            elif asked:
                await self._look(asked)
            await asyncio.sleep(self._pace.tick_s)

    def _due(self, now: float, due: list[float]) -> set[_Waiter]:
        """Choose whom to look for, and note when each age is looked at again."""
        asked: set[_Waiter] = set()
        youngest = 0.0
        for i, (oldest, every_s) in enumerate(self._pace.looks):
            if now >= due[i]:
                due[i] = now + every_s
                asked |= {w for w in self._waiters if youngest <= now - w.since < oldest}
            youngest = oldest
        return asked

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
