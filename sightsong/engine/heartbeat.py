"""Keeps the leases of the jobs in hand, and reports that this process lives."""

from collections.abc import Callable, Sequence

import structlog

from sightsong.core import jobs, ports
from sightsong.engine.desk import Desk
from sightsong.engine.rounds import Rounds
from sightsong.engine.watch import Watch
from sightsong.engine.work import Pace

log = structlog.get_logger()


class Heartbeat:
    """A thread that prolongs the leases of what waits, is prepared, and runs.

    It stops prolonging them when a batch, or a preparation, makes no progress for too long, and
    calls `on_stuck`: what hangs for ever must not keep its jobs for ever.
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
        self._rounds = Rounds("heartbeat", self._beat, every_s=pace.heartbeat_s)

    def start(self) -> None:
        """Report this worker once, then beat until stopped."""
        self._rounds.start()

    def stop(self) -> None:
        """Stop beating."""
        self._rounds.stop()

    def _beat(self) -> None:
        held = self._desk.held
        self._store.report_worker(self._worker)
        if self._is_stuck():
            log.error("batch.stuck", jobs=[job.id for job in held])
            self._on_stuck()
        elif held:
            self._drop_lost(held, self._store.heartbeat(held, lease_s=self._pace.lease_s))

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
