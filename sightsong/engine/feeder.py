"""The feeder: claims jobs ahead of the batch that runs, and has them prepared."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from typing import Any

import structlog

from sightsong.core import errors, jobs, ports
from sightsong.engine.bell import Bell
from sightsong.engine.desk import Desk, Held
from sightsong.engine.work import Line, Pace, Work
from sightsong.engine.writing import Writer

log = structlog.get_logger()


class Feeder:
    """A thread that keeps a desk full.

    A suspect is never in hand together with another job, not even with one that only waits: what
    brings the process down counts against all that it holds. One that is claimed beside others is
    given back at once, and claimed again, before anything else, when the desk is clear.
    """

    def __init__(
        self,
        store: ports.Jobs,
        work: Work,
        *,
        owner: jobs.Owner,
        pace: Pace,
        desk: Desk,
        bell: Bell,
    ) -> None:
        self._store = store
        self._work = work
        self._owner = owner
        self._pace = pace
        self._desk = desk
        self._bell = bell
        self._writer = Writer(store, pace)
        self._suspected: Line | None = None  #: Where a suspect was given back.
        self._thread = threading.Thread(target=self._run, name="feeder", daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to claim."""
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        """Wait for its end, which a stop brings about."""
        if self.is_alive:
            self._thread.join(max(timeout_s, 0))

    def step(self) -> bool:
        """Claim once; False when there was nothing to claim, or no room for it."""
        for line, most in self._open_lines():
            if claimed := self._claim(line, most):
                self._take_in(line, claimed)
                return True
        return False

    def _run(self) -> None:
        while not self._work.watch.is_stopping:
            if not self._survive():
                self._bell.wait(self._pace.poll_s)
        self._desk.close()
        self._give_back()

    def _survive(self) -> bool:
        """Do one step, whatever it raises: a process whose feeder has ended looks well."""
        try:
            return self.step()
        except errors.Unavailable as error:
            log.warning("claim.missed", reason=error.detail)
        except BaseException:
            log.exception("feeder.failed")
        return False

    def _open_lines(self) -> Iterator[tuple[Line, int]]:
        """The lines to claim from, and how many jobs at most."""
        if self._suspected is not None:
            if not self._desk.is_clear():
                return
            suspected, self._suspected = self._suspected, None
            yield suspected, 1
        for line in self._work.lines:
            if room := self._desk.room(line):
                yield line, room

    def _claim(self, line: Line, most: int) -> list[jobs.Job]:
        return self._store.claim(
            (line.queue,), owner=self._owner, limit=most, lease_s=self._pace.lease_s
        )

    def _take_in(self, line: Line, claimed: Sequence[jobs.Job]) -> None:
        is_suspect = any(job.crash_count for job in claimed)
        if is_suspect and not self._desk.is_clear():
            self._suspected = line
            self._writer.release(claimed)
            return
        laid = self._desk.lay(claimed)
        if not laid:
            self._writer.release(claimed)
        for held in laid:
            self._desk.prepare(held, self._begin(held))

    def _begin(self, held: Held) -> Future[Any]:
        """Begin a preparation; whatever that raises is what it ended with."""
        ended: Future[Any] = Future()
        try:
            prepare = self._work.handlers[held.job.kind].prepare
            if prepare is not None:
                return prepare(held.job)
            ended.set_result(None)
        except BaseException as error:  # noqa: BLE001 - handed on; the runner reports it
            ended.set_exception(error)
        return ended

    def _give_back(self) -> None:
        """Give back what waits; if the store chokes on it, the leases bring it back."""
        waiting = self._desk.waiting
        try:
            self._writer.release(waiting)
        except Exception:
            log.exception("release.failed", jobs=[job.id for job in waiting])
        self._desk.drop(waiting)
