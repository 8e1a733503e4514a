"""From an error to an outcome: what is worth another attempt, and when."""

from sightsong.core import errors, jobs

#: First pause before another attempt, in seconds; doubles each time.
BACKOFF_S = 1.0
#: Longest pause before another attempt, in seconds.
BACKOFF_MAX_S = 60.0


def backoff_s(attempt: int) -> float:
    """Pause after the `attempt`-th try (1-based): 1 s, 2 s, 4 s … at most 60 s."""
    return float(min(BACKOFF_S * 2 ** max(attempt - 1, 0), BACKOFF_MAX_S))


def failure(job: jobs.Job, error: errors.SightsongError, *, alone: bool = False) -> jobs.Completion:
    """Decide how an attempt that met `error` ends.

    Args:
        job: the attempt.
        error: what stopped it.
        alone: whether the next attempt must run by itself, because this job may have taken its
            batch down.

    Returns:
        A retry while the error is retryable, else a failure. (The store turns the retry of a job
        whose attempts are spent into a failure, and sets the track of a failed `embed` job aside.)
    """
    reason = jobs.JobError(code=error.code, detail=error.detail)
    if not error.retryable:
        return jobs.Completion(job=job, outcome=jobs.Failed(error=reason))
    retry = jobs.Retry(error=reason, delay_s=backoff_s(job.attempt), alone=alone)
    return jobs.Completion(job=job, outcome=retry)
