"""Maintenance: leases that ran out, bells that were not heard. Any number of copies may run."""

import structlog

from sightsong.core import ports
from sightsong.engine.rounds import Rounds
from sightsong.engine.work import Pace

log = structlog.get_logger()


class Maintenance:
    """A thread that sweeps the job rows and rings again for jobs that wait too long."""

    def __init__(self, store: ports.Jobs, doorbell: ports.Doorbell, pace: Pace) -> None:
        self._store = store
        self._doorbell = doorbell
        self._pace = pace
        self._rounds = Rounds("maintenance", self.sweep, every_s=pace.maintenance_s)

    def start(self) -> None:
        """Begin to sweep."""
        self._rounds.start()

    def stop(self) -> None:
        """Stop sweeping."""
        self._rounds.stop()

    def sweep(self) -> None:
        """Do one round."""
        swept = self._store.sweep(ring_after_s=self._pace.ring_after_s)
        if swept.requeued or swept.failed:
            log.warning("leases.expired", requeued=swept.requeued, failed=swept.failed)
        for queue in sorted(swept.unrung):
            self._doorbell.ring(queue)
