"""How completions get into the store: together, patiently, and if need be one by one."""

import time
from collections.abc import Sequence

import structlog

from sightsong.core import errors, jobs, lifecycle, ports
from sightsong.engine.work import Pace

log = structlog.get_logger()

#: Share of the lease during which a finished batch may still be written: after it, others may own
#: the jobs and the fence would refuse the write anyway.
_WRITE_SHARE = 0.8
_WRITE_PAUSE_S = 0.5


class Writer:
    """Writes completions. Any thread may use it."""

    def __init__(self, store: ports.Jobs, pace: Pace) -> None:
        self._store = store
        self._pace = pace

    def write(self, completions: Sequence[jobs.Completion]) -> None:
        """Write a batch together; if the store chokes on it, each by itself."""
        try:
            self._commit(completions)
        except Exception:
            log.exception("completion.failed", jobs=[c.job.id for c in completions])
            for completion in completions:
                self._write_alone(completion)

    def release(self, held: Sequence[jobs.Job]) -> None:
        """Give jobs back as they were."""
        if held:
            self.write([jobs.Completion(job=job, outcome=jobs.Release()) for job in held])

    def _write_alone(self, completion: jobs.Completion) -> None:
        try:
            self._commit([completion])
        except Exception as error:
            log.exception("completion.failed", job_id=completion.job.id)
            self._write_instead(_instead(completion, error))

    def _write_instead(self, completion: jobs.Completion) -> None:
        """The last try for a job: if it fails too, its lease brings it back."""
        try:
            self._commit([completion])
        except Exception:
            # The neighbours in the batch have results that can still be written.
            log.exception("completion.lost", job_id=completion.job.id)

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


def _instead(completion: jobs.Completion, error: Exception) -> jobs.Completion:
    """What is written when a completion cannot be; a job given back has done nothing wrong."""
    if isinstance(completion.outcome, jobs.Release):
        return completion
    failed = errors.TaskFailed(f"unexpected {type(error).__name__} while storing the result")
    return lifecycle.failure(completion.job, failed, alone=True)


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
