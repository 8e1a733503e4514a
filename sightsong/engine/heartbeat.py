"""Keeps the leases of the jobs in hand, and reports that this process lives."""

from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from sightsong.core import errors, jobs, ports
from sightsong.engine.desk import Desk
from sightsong.engine.rounds import Rounds
from sightsong.engine.watch import Watch
from sightsong.engine.work import Pace

log = structlog.get_logger()


class Living(Protocol):
    """What runs in a thread of its own."""

    @property
    def is_alive(self) -> bool:
        """Whether its thread runs."""


class Heartbeat:
    """A thread that prolongs the leases of what waits, is prepared, and runs.

    It stops prolonging them when a batch, or a preparation, makes no progress for too long, or when
    a thread that would move them has ended, and calls `on_stuck`: what hangs for ever must not keep
    its jobs for ever.
    """

    def __init__(
        self,
        store: ports.Jobs,
        worker: jobs.WorkerInfo,
        *,
        desk: Desk,
        watch: Watch,
        pace: Pace,
        on_stuck: Callable[[], None],
    ) -> None:
        self._store = store
        self._worker = worker
        self._desk = desk
        self._watch = watch
        self._pace = pace
        self._on_stuck = on_stuck
        self._needs: tuple[Living, ...] = ()
        self._rounds = Rounds("heartbeat", self._beat, every_s=pace.heartbeat_s)

    def start(self, *needs: Living) -> None:
        """Beat until stopped, the first time at once.

        Args:
            needs: those without whom nothing in hand goes on, until the watch says stop.
        """
        self._needs = needs
        self._rounds.start()

    def stop(self) -> None:
        """Stop beating."""
        self._rounds.stop()

    def _beat(self) -> None:
        try:
            self._keep(self._desk.held)
        finally:
            self._report()

    def _keep(self, held: Sequence[jobs.Job]) -> None:
        """Keep the leases, unless what is in hand is stuck: that is asked first, of no store."""
        if self._is_stuck() or (held and self._is_forsaken()):
            log.error("batch.stuck", jobs=[job.id for job in held])
            self._on_stuck()
        elif held:
            self._drop_lost(held, self._store.heartbeat(held, lease_s=self._pace.lease_s))

    def _report(self) -> None:
        """Report this worker; nothing else hangs on whether that works."""
        try:
            self._store.report_worker(self._worker)
        except errors.Unavailable as error:
            log.warning("report.missed", reason=error.detail)
        except Exception:
            log.exception("report.failed")

    def _is_forsaken(self) -> bool:
        # In this order: a stop ends the threads, and is set before they end.
        are_alive = all(one.is_alive for one in self._needs)
        return not are_alive and not self._watch.is_stopping

    def _is_stuck(self) -> bool:
        # A long task reports progress; a batch that has just begun has made none yet.
        running_s = min(self._desk.running_s, self._watch.idle_s)
        return max(running_s, self._desk.preparing_s) > self._pace.batch_limit_s

    def _drop_lost(self, held: Sequence[jobs.Job], kept: frozenset[jobs.JobId]) -> None:
        """Let go of what others own now; what runs already is fenced when it is written."""
        lost = [job for job in held if job.id not in kept]
        dropped = {one.job.id for one in self._desk.drop(lost)}
        still_held = {job.id for job in self._desk.held}
        names = [job.id for job in lost if job.id in dropped | still_held]
        if names:
            log.warning("lease.lost", jobs=names)
