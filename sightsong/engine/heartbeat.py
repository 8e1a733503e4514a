"""Keeps the leases of the batch in hand, and reports that this process lives."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import structlog

from sightsong.core import errors, jobs, ports
from sightsong.engine.work import Pace

log = structlog.get_logger()


class Heartbeat:
    """A thread that prolongs leases while a batch runs.

    It stops prolonging the leases of a batch that runs past its limit, and then calls `on_stuck`:
    a handler that hangs for ever must not keep its jobs for ever.
    """

    def __init__(
        self,
        store: ports.Jobs,
        worker: jobs.WorkerInfo,
        pace: Pace,
        on_stuck: Callable[[], None],
    ) -> None:
        self._store = store
        self._worker = worker
        self._pace = pace
        self._on_stuck = on_stuck
        self._lock = threading.Lock()
        self._held: tuple[jobs.Job, ...] = ()
        self._since = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Report this worker once, then beat until stopped."""
        self._thread.start()

    def stop(self) -> None:
        """Stop beating."""
        self._stopping.set()
        self._thread.join(timeout=self._pace.heartbeat_s)

    @property
    def held(self) -> tuple[jobs.Job, ...]:
        """The batch in hand."""
        with self._lock:
            return self._held

    @contextmanager
    def hold(self, batch: Sequence[jobs.Job]) -> Iterator[None]:
        """Keep the leases of `batch` while the block runs."""
        with self._lock:
            self._held, self._since = tuple(batch), time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                self._held = ()

    def _run(self) -> None:
        while True:
            self._beat()
            if self._stopping.wait(self._pace.heartbeat_s):
                return

    def _beat(self) -> None:
        with self._lock:
            held, since = self._held, self._since
        try:
            self._store.report_worker(self._worker)
            if held and time.monotonic() - since > self._pace.batch_limit_s:
                log.error("batch.stuck", jobs=[job.id for job in held])
                self._on_stuck()
                return
            if held:
                self._warn_of_lost(held, self._store.heartbeat(held, lease_s=self._pace.lease_s))
        except errors.Unavailable as error:
            log.warning("heartbeat.missed", reason=error.detail)

    def _warn_of_lost(self, held: Sequence[jobs.Job], kept: frozenset[jobs.JobId]) -> None:
        still_held = {job.id for job in self.held}
        lost = [job.id for job in held if job.id not in kept and job.id in still_held]
        if lost:
            log.warning("lease.lost", jobs=lost)
