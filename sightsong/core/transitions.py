"""How the end of an attempt changes a job: the arrows out of `running`, for every store alike.

And the one arrow out of `queued` that nobody asks for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, assert_never

from sightsong.core.errors import DeadlineExceeded, WorkerCrashed
from sightsong.core.jobs import (
    Failed,
    Job,
    JobError,
    JobKind,
    JobState,
    Outcome,
    QuarantineTrack,
    Release,
    Retry,
    Succeeded,
)
from sightsong.core.tracks import TrackId

#: Attempts of a job that may fail by its own doing: one bad moment, one bad machine, then give up.
MAX_ATTEMPTS = 3
#: Leases that a job may lose: once in a batch, where any other may have brought the worker down,
#: and three times alone. They are not counted as attempts, so that an unlucky hour of restarts
#: fails no job that has done nothing.
MAX_CRASHES = 4


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What becomes of a job whose attempt has ended."""

    state: JobState
    attempt: int
    crash_count: int
    error: JobError | None
    delay_s: float | None = None  #: From now until it may be claimed; None: as before.
    result: Mapping[str, Any] | None = None

    @property
    def gave_up(self) -> bool:
        """Whether the job has failed."""
        return self.state is JobState.FAILED


def settle(job: Job, outcome: Outcome) -> Settled:
    """Work out what an outcome makes of a running job.

    Args:
        job: the job as its attempt was claimed, with its counters as they are now.
        outcome: how the attempt ended.
    """
    match outcome:
        case Succeeded():
            return _ended(job, JobState.SUCCEEDED, result=outcome.result)
        case Failed():
            return _ended(job, JobState.FAILED, error=outcome.error)
        case Retry():
            return _tried(job, outcome)
        case Release():
            return Settled(
                state=JobState.QUEUED,
                attempt=job.attempt - 1,
                crash_count=job.crash_count,
                error=job.error,
                delay_s=outcome.delay_s,
            )
        case _:
            assert_never(outcome)


def forgiven(job: Job) -> Job:
    """Let what befell a running job so far count no more: it got further than ever before.

    The attempt keeps its number, by which it is known; what follows may fail as often as at first.
    """
    return replace(job, crash_count=0, max_attempts=job.attempt - 1 + MAX_ATTEMPTS)


def crash(job: Job) -> Settled:
    """Work out what a lost lease makes of a running job."""
    spent = job.crash_count + 1 >= MAX_CRASHES
    return Settled(
        state=JobState.FAILED if spent else JobState.QUEUED,
        attempt=job.attempt,
        crash_count=job.crash_count + 1,
        error=JobError(code=WorkerCrashed.code, detail=WorkerCrashed().detail),
        delay_s=0.0,
    )


def overdue(job: Job) -> Settled:
    """Work out what a deadline that has passed makes of a job that has not begun."""
    error = JobError(code=DeadlineExceeded.code, detail=DeadlineExceeded().detail)
    return _ended(job, JobState.FAILED, error=error)


def quarantine(job: Job, error: JobError) -> QuarantineTrack | None:
    """Name the track that a job leaves behind when it fails for good; None if there is none."""
    track_id = job.params.get("track_id")
    if job.kind is not JobKind.EMBED or track_id is None:
        return None
    return QuarantineTrack(track_id=TrackId(track_id), error=error)


def _ended(
    job: Job,
    state: JobState,
    *,
    result: Mapping[str, Any] | None = None,
    error: JobError | None = None,
) -> Settled:
    return Settled(
        state=state, attempt=job.attempt, crash_count=job.crash_count, error=error, result=result
    )


def _tried(job: Job, retry: Retry) -> Settled:
    if job.attempt - job.crash_count >= job.max_attempts:
        return _ended(job, JobState.FAILED, error=retry.error)
    return Settled(
        state=JobState.QUEUED,
        attempt=job.attempt,
        crash_count=max(job.crash_count, int(retry.alone)),
        error=retry.error,
        delay_s=retry.delay_s,
    )
