"""The runner: takes batches whose jobs are ready, runs them, and completes them."""

import threading
from collections.abc import Sequence
from typing import TypeVar

import structlog

from sightsong.core import errors, jobs, lifecycle, ports
from sightsong.engine.desk import Desk, Held
from sightsong.engine.work import Pace, Prepared, Work
from sightsong.engine.writing import Writer

log = structlog.get_logger()

T = TypeVar("T", Prepared, jobs.Completion)


class Runner:
    """A thread that runs one batch after another. It owns the models, and with them the device."""

    def __init__(self, store: ports.Jobs, work: Work, *, pace: Pace, desk: Desk) -> None:
        self._work = work
        self._pace = pace
        self._desk = desk
        self._writer = Writer(store, pace)
        work.interlude.bind(self._play)
        self._thread = threading.Thread(target=self._run, name="runner", daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether its thread runs: a batch may outlive a stop."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to run batches."""
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        """Wait for its end, which a stop brings about after the batch in hand."""
        if self.is_alive:
            self._thread.join(max(timeout_s, 0))

    def step(self) -> None:
        """Wait for a batch, run it and write what became of it; nothing when the desk closes."""
        if batch := self._desk.take():
            self._settle(batch)

    def _run(self) -> None:
        while not self._work.watch.is_stopping:
            try:
                self.step()
            except BaseException:
                # A process whose runner has ended looks well, and does nothing.
                log.exception("runner.failed")
                self._desk.rest(self._pace.poll_s)

    def _play(self) -> None:
        """Run what is more urgent than the batch that calls this between two of its steps."""
        self._work.watch.go_on()
        while batch := self._desk.take_urgent():
            self._settle(batch)

    def _settle(self, batch: Sequence[Held]) -> None:
        try:
            completions = self._outcomes(batch)
            for of_kind in _by_kind(completions):
                self._work.on_batch(of_kind)
            self._writer.write(completions)
        finally:
            self._desk.finish()

    def _outcomes(self, batch: Sequence[Held]) -> list[jobs.Completion]:
        """One completion for each job: those whose preparation failed, then those that ran."""
        ready: list[Prepared] = []
        failed: list[jobs.Completion] = []
        for held in batch:
            made = _made_ready(held)
            if isinstance(made, Prepared):
                ready.append(made)
            else:
                failed.append(made)
        # A queue may hold several kinds: those of one run together.
        ran = [done for of_kind in _by_kind(ready) for done in self._attempt(of_kind)]
        return [*failed, *ran]

    def _attempt(self, batch: Sequence[Prepared]) -> Sequence[jobs.Completion]:
        kind = batch[0].job.kind
        try:
            return self._work.handlers[kind].run(batch)
        except errors.SightsongError as error:
            return _failures(batch, error)
        except BaseException as error:
            # The edge: whatever a task raises, its jobs end in a documented state. A panic in a
            # library written in Rust, and a SystemExit, are no `Exception`.
            log.exception("task.failed", kind=kind, jobs=[ready.job.id for ready in batch])
            failed = errors.TaskFailed(f"unexpected {type(error).__name__} in the task")
            return _failures(batch, failed)


def _by_kind(batch: Sequence[T]) -> list[list[T]]:
    """Part a batch by the kinds of its jobs, in the order of the first of each kind."""
    parts: dict[jobs.JobKind, list[T]] = {}
    for one in batch:
        parts.setdefault(one.job.kind, []).append(one)
    return list(parts.values())


def _failures(batch: Sequence[Prepared], error: errors.SightsongError) -> list[jobs.Completion]:
    """The ends of a batch that failed; nothing keeps the error, which keeps the batch's arrays."""
    return [lifecycle.failure(ready.job, error, alone=len(batch) > 1) for ready in batch]


def _made_ready(held: Held) -> Prepared | jobs.Completion:
    """What the preparation of a job gave, or how the job ends because it failed: it alone."""
    job, future = held.job, held.future
    try:
        return Prepared(job=job, value=future.result(timeout=0) if future else None)
    except errors.SightsongError as error:
        return lifecycle.failure(job, error)
    except BaseException as error:
        log.exception("preparation.failed", kind=job.kind, job_id=job.id)
        cause = errors.TaskFailed(f"unexpected {type(error).__name__} in the preparation")
        return lifecycle.failure(job, cause)
