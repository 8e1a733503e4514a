"""Keeps the leases of the batch in hand, and reports that this process lives."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import structlog

from sightsong.core import jobs, ports
from sightsong.engine.rounds import Rounds
from sightsong.engine.watch import Watch
from sightsong.engine.work import Pace

log = structlog.get_logger()


class Heartbeat:
    """A thread that prolongs leases while a batch runs.

    It stops prolonging the leases of a batch that makes no progress for too long, and then calls
    `on_stuck`: a handler that hangs for ever must not keep its jobs for ever.
    """

    def __init__(
        self,
        store: ports.Jobs,
        worker: jobs.WorkerInfo,
        *,
        watch: Watch,
        pace: Pace,
        on_stuck: Callable[[], None],
    ) -> None:
        self._store = store
        self._worker = worker
        self._watch = watch
        self._pace = pace
        self._on_stuck = on_stuck
        self._lock = threading.Lock()
        self._held: tuple[jobs.Job, ...] = ()
        self._rounds = Rounds("heartbeat", self._beat, every_s=pace.heartbeat_s)

    def start(self) -> None:
        """Report this worker once, then beat until stopped."""
        self._rounds.start()

    def stop(self) -> None:
        """Stop beating."""
        self._rounds.stop()

    @property
    def held(self) -> tuple[jobs.Job, ...]:
        """The batch in hand."""
        with self._lock:
            return self._held

    @contextmanager
    def hold(self, batch: Sequence[jobs.Job]) -> Iterator[None]:
        """Keep the leases of `batch` while the block runs."""
        self._watch.go_on()
        with self._lock:
            self._held = tuple(batch)
        try:
            yield
        finally:
            with self._lock:
                self._held = ()

    def _beat(self) -> None:
        held = self.held
        self._store.report_worker(self._worker)
        if held and self._watch.idle_s > self._pace.batch_limit_s:
            log.error("batch.stuck", jobs=[job.id for job in held])
            self._on_stuck()
        elif held:
            self._warn_of_lost(held, self._store.heartbeat(held, lease_s=self._pace.lease_s))

    def _warn_of_lost(self, held: Sequence[jobs.Job], kept: frozenset[jobs.JobId]) -> None:
        still_held = {job.id for job in self.held}
        lost = [job.id for job in held if job.id not in kept and job.id in still_held]
        if lost:
            log.warning("lease.lost", jobs=lost)
