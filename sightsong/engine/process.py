"""One working process: its engines, maintenance and a ringer, started and ended."""

import os
import uuid
from collections.abc import Sequence

import structlog

from sightsong.core import jobs, ports
from sightsong.engine.loop import Engine
from sightsong.engine.maintenance import Maintenance
from sightsong.engine.ringer import Ringer
from sightsong.engine.work import Pace, Work

log = structlog.get_logger()

#: Exit status of a process that ended itself over a stuck batch (sysexits: EX_SOFTWARE).
STUCK = 70


class Process:
    """The threads of a working process. Its main thread stays free to hear the doorbell.

    Each of its works has an engine of its own: a long one does not hold up the others.
    """

    def __init__(
        self,
        store: ports.Jobs,
        works: Sequence[Work],
        *,
        ringer: Ringer,
        worker: jobs.WorkerInfo,
        pace: Pace,
    ) -> None:
        self._worker = worker
        self._ringer = ringer
        self._maintenance = Maintenance(store, self._ringer, pace)
        self._engines = [
            Engine(store, work, worker=worker, pace=pace, on_stuck=_end_at_once) for work in works
        ]

    @property
    def queues(self) -> tuple[jobs.Queue, ...]:
        """The queues whose bells it should hear."""
        return tuple(queue for engine in self._engines for queue in engine.queues)

    def start(self) -> None:
        """Begin to work."""
        self._ringer.start()
        self._maintenance.start()
        for engine in self._engines:
            engine.start()
        log.info("worker.started", owner=self._worker.owner, device=self._worker.device)

    def wake(self) -> None:
        """Look for work now: the doorbell rang."""
        for engine in self._engines:
            engine.wake()

    def finish(self) -> None:
        """Claim no more; what is in hand goes on."""
        for engine in self._engines:
            engine.finish()

    def stop(self) -> None:
        """End within the grace: what is in hand is finished or given back."""
        self.finish()
        self._maintenance.stop()
        for engine in self._engines:
            engine.stop()
        self._ringer.stop()
        log.info("worker.stopped", owner=self._worker.owner)


def new_worker(
    door: str,
    *,
    profile: str,
    device: str,
    space: str = "",
    models: Sequence[str] = (),
    heard_per_s: float | None = None,
) -> jobs.WorkerInfo:
    """Name this run of this process: a restarted one is another owner."""
    return jobs.WorkerInfo(
        owner=jobs.Owner(f"{door}-{os.getpid()}-{uuid.uuid4().hex[:8]}"),
        door=door,
        pid=os.getpid(),
        profile=profile,
        device=device,
        space=space,
        models=tuple(models),
        heard_per_s=heard_per_s,
    )


def _end_at_once() -> None:
    # A handler that hangs cannot be interrupted; leaving is the only way to free its jobs.
    os._exit(STUCK)
