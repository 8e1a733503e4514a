"""One working process: an engine, its heartbeat, maintenance and a ringer, started and ended."""

import os
import threading
import uuid

import structlog

from sightsong.core import jobs, ports
from sightsong.engine.heartbeat import Heartbeat
from sightsong.engine.loop import Engine
from sightsong.engine.maintenance import Maintenance
from sightsong.engine.ringer import Ringer
from sightsong.engine.work import Pace, Work

log = structlog.get_logger()

#: Exit status of a process that ended itself over a stuck batch (sysexits: EX_SOFTWARE).
STUCK = 70


class Process:
    """The threads around an engine. The main thread stays free to hear the doorbell."""

    def __init__(
        self,
        store: ports.Jobs,
        work: Work,
        *,
        doorbell: ports.Doorbell,
        worker: jobs.WorkerInfo,
        pace: Pace,
        stopping: threading.Event,
    ) -> None:
        self._worker = worker
        self._ringer = Ringer(doorbell)
        self._maintenance = Maintenance(store, self._ringer, pace)
        self._heartbeat = Heartbeat(store, worker, pace, on_stuck=_end_at_once)
        self.engine = Engine(
            store, work, worker=worker, pace=pace, heartbeat=self._heartbeat, stopping=stopping
        )

    def start(self) -> None:
        """Begin to work."""
        self._ringer.start()
        self._heartbeat.start()
        self._maintenance.start()
        self.engine.start()
        log.info("worker.started", owner=self._worker.owner, device=self._worker.device)

    def stop(self) -> None:
        """End within the grace: the batch in hand is finished or given back."""
        self._maintenance.stop()
        self.engine.stop()
        self._heartbeat.stop()
        self._ringer.stop()
        log.info("worker.stopped", owner=self._worker.owner)


def new_worker(door: str, *, profile: str, device: str) -> jobs.WorkerInfo:
    """Name this run of this process: a restarted one is another owner."""
    owner = jobs.Owner(f"{door}-{os.getpid()}-{uuid.uuid4().hex[:8]}")
    return jobs.WorkerInfo(owner=owner, door=door, pid=os.getpid(), profile=profile, device=device)


def _end_at_once() -> None:
    # A handler that hangs cannot be interrupted; leaving is the only way to free its jobs.
    os._exit(STUCK)
