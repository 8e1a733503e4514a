"""The engine: claim, run as one batch, complete in one transaction; until there is no more."""

import threading
import time
from collections.abc import Sequence

import structlog

from sightsong.core import errors, jobs, lifecycle, ports
from sightsong.engine.heartbeat import Heartbeat
from sightsong.engine.work import Handler, Pace, Work

log = structlog.get_logger()

#: Share of the lease during which a finished batch may still be written: after it, others may own
#: the jobs and the fence would refuse the write anyway.
_WRITE_SHARE = 0.8
_WRITE_PAUSE_S = 0.5


class Engine:
    """A thread that serves queues, a batch at a time."""

    def __init__(
        self,
        store: ports.Jobs,
        work: Work,
        *,
        worker: jobs.WorkerInfo,
        pace: Pace,
        heartbeat: Heartbeat,
    ) -> None:
        self._store = store
        self._work = work
        self._worker = worker
        self._pace = pace
        self._heartbeat = heartbeat
        self._bell = threading.Event()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    @property
    def queues(self) -> tuple[jobs.Queue, ...]:
        """The queues it serves, whose bells it should hear."""
        return tuple(line.queue for line in self._work.lines)

    @property
    def is_alive(self) -> bool:
        """Whether its thread runs: a batch may outlive a stop."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to claim."""
        self._thread.start()

    def wake(self) -> None:
        """Look for work now: the doorbell rang."""
        self._bell.set()

    def finish(self) -> None:
        """Claim no more; the batch in hand goes on."""
        self._work.watch.stop()
        self._bell.set()

    def stop(self) -> None:
        """Claim no more, let the batch in hand end within the grace, else give it back."""
        self.finish()
        if self.is_alive:
            self._thread.join(timeout=self._pace.grace_s)
        held = self._heartbeat.held
        if self.is_alive and held:
            log.warning("batch.released", jobs=[job.id for job in held])
            self._write([jobs.Completion(job=job, outcome=jobs.Release()) for job in held])

    def _run(self) -> None:
        while not self._work.watch.is_stopping:
            if not self._survive():
                self._bell.wait(self._pace.poll_s)
                self._bell.clear()

    def _survive(self) -> bool:
        """Do one step, whatever it raises: a process whose engine has ended looks well."""
        try:
            return self.step()
        except Exception:
            log.exception("engine.failed")
            return False

    def step(self) -> bool:
        """Claim and run one batch; False when there was none."""
        batch = self._claim()
        if not batch:
            return False
        with self._heartbeat.hold(batch):
            self._write(self._attempt(batch))
        return True

    def _claim(self) -> list[jobs.Job]:
        try:
            for line in self._work.lines:
                batch = self._store.claim(
                    (line.queue,),
                    owner=self._worker.owner,
                    limit=line.batch,
                    lease_s=self._pace.lease_s,
                )
                if batch:
                    return batch
        except errors.Unavailable as error:
            log.warning("claim.missed", reason=error.detail)
        return []

    def _attempt(self, batch: Sequence[jobs.Job]) -> Sequence[jobs.Completion]:
        handler: Handler = self._work.handlers[batch[0].kind]
        try:
            return handler(batch)
        except errors.SightsongError as error:
            cause = error
        except Exception as error:
            # The edge: whatever a task raises, its jobs end in a documented state.
            log.exception("task.failed", kind=batch[0].kind, jobs=[job.id for job in batch])
            cause = errors.TaskFailed(f"unexpected {type(error).__name__} in the task")
        return [lifecycle.failure(job, cause, alone=len(batch) > 1) for job in batch]

    def _write(self, completions: Sequence[jobs.Completion]) -> None:
        """Write a batch together; if the store chokes on it, each by itself."""
        try:
            self._commit(completions)
        except Exception:
            log.exception("completion.failed", jobs=[c.job.id for c in completions])
            for completion in completions:
                self._write_alone(completion)

    def _write_alone(self, completion: jobs.Completion) -> None:
        try:
            self._commit([completion])
        except Exception as error:
            log.exception("completion.failed", job_id=completion.job.id)
            failed = errors.TaskFailed(
                f"unexpected {type(error).__name__} while storing the result"
            )
            self._commit([lifecycle.failure(completion.job, failed, alone=True)])

    def _commit(self, completions: Sequence[jobs.Completion]) -> None:
        deadline = time.monotonic() + self._pace.lease_s * _WRITE_SHARE
        while True:
            try:
                written = self._store.complete(completions)
                break
            except errors.Unavailable as error:
                log.warning("completion.missed", reason=error.detail)
                if time.monotonic() > deadline:
                    return
                time.sleep(_WRITE_PAUSE_S)
        for completion in completions:
            _report(completion, written=completion.job.id in written)


def _report(completion: jobs.Completion, *, written: bool) -> None:
    job, outcome = completion.job, completion.outcome
    event = f"job.{type(outcome).__name__.lower()}" if written else "job.fenced"
    error = getattr(outcome, "error", None)
    log.info(
        event,
        job_id=job.id,
        kind=job.kind,
        attempt=job.attempt,
        **({"code": error.code, "detail": error.detail} if error else {}),
    )
