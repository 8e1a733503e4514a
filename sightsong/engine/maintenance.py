"""Maintenance: leases that ran out, bells that were not heard. Any number of copies may run."""

import threading

import structlog

from sightsong.core import errors, ports
from sightsong.engine.work import Pace

log = structlog.get_logger()


class Maintenance:
    """A thread that sweeps the job rows and rings again for jobs that wait too long."""

    def __init__(self, store: ports.Jobs, doorbell: ports.Doorbell, pace: Pace) -> None:
        self._store = store
        self._doorbell = doorbell
        self._pace = pace
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="maintenance", daemon=True)

    def start(self) -> None:
        """Begin to sweep."""
        self._thread.start()

    def stop(self) -> None:
        """Stop sweeping."""
        self._stopping.set()
        self._thread.join(timeout=self._pace.maintenance_s + 1)

    def sweep(self) -> None:
        """Do one round."""
        swept = self._store.sweep(ring_after_s=self._pace.ring_after_s)
        if swept.requeued or swept.failed:
            log.warning("leases.expired", requeued=swept.requeued, failed=swept.failed)
        for queue in sorted(swept.unrung):
            self._doorbell.ring(queue)

    def _run(self) -> None:
        while not self._stopping.wait(self._pace.maintenance_s):
            try:
                self.sweep()
            except errors.Unavailable as error:
                log.warning("sweep.missed", reason=error.detail)
