"""The engine: one loop of claim, prepare, run and complete, in two threads."""

import time
from collections.abc import Callable

import structlog

from sightsong.core import jobs, ports
from sightsong.engine.bell import Bell
from sightsong.engine.desk import Desk
from sightsong.engine.feeder import Feeder
from sightsong.engine.heartbeat import Heartbeat
from sightsong.engine.runner import Runner
from sightsong.engine.work import Pace, Work
from sightsong.engine.writing import Writer

log = structlog.get_logger()


class Engine:
    """Serves queues a batch at a time; the next batch is made ready while one runs."""

    def __init__(
        self,
        store: ports.Jobs,
        work: Work,
        *,
        worker: jobs.WorkerInfo,
        pace: Pace,
        on_stuck: Callable[[], None],
    ) -> None:
        self._work = work
        self._pace = pace
        self._bell = Bell()
        self._desk = Desk(work.lines, is_ahead=work.is_ready_ahead, on_room=self._bell.ring)
        self._writer = Writer(store, pace)
        self._feeder = Feeder(
            store, work, owner=worker.owner, pace=pace, desk=self._desk, bell=self._bell
        )
        self._runner = Runner(store, work, pace=pace, desk=self._desk)
        self._heartbeat = Heartbeat(
            store, worker, desk=self._desk, watch=work.watch, pace=pace, on_stuck=on_stuck
        )

    @property
    def queues(self) -> tuple[jobs.Queue, ...]:
        """The queues it serves, whose bells it should hear."""
        return tuple(line.queue for line in self._work.lines)

    @property
    def is_alive(self) -> bool:
        """Whether a batch may still be running: it may outlive a stop."""
        return self._runner.is_alive

    def start(self) -> None:
        """Begin to claim."""
        self._heartbeat.start(self._runner, self._feeder)
        self._runner.start()
        self._feeder.start()

    def wake(self) -> None:
        """Look for work now: the doorbell rang."""
        self._bell.ring()

    def finish(self) -> None:
        """Claim no more; the batch in hand goes on, what waits is given back.

        A signal handler may call this at any moment, so that it takes no lock.
        """
        self._work.watch.stop()
        self._bell.ring()

    def stop(self) -> None:
        """Claim no more, let the batch in hand end within the grace, else give it back."""
        self.finish()
        self._desk.close()
        end = time.monotonic() + self._pace.grace_s
        self._feeder.join(end - time.monotonic())
        self._runner.join(end - time.monotonic())
        if held := self._desk.held:
            log.warning("batch.released", jobs=[job.id for job in held])
            self._writer.release(held)
        self._heartbeat.stop()
