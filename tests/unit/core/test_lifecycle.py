"""What happens to a job whose attempt met an error."""

import pytest

from sightsong.core import errors, jobs, lifecycle
from sightsong.core.jobs import JobId, JobKind, JobState


def attempt(number: int) -> jobs.Job:
    return jobs.Job(
        id=JobId("j"),
        kind=JobKind.PHOTO,
        state=JobState.RUNNING,
        state_version=2,
        attempt=number,
        max_attempts=3,
        crash_count=0,
        priority=1,
        params={},
        created_at=0.0,
    )


def test_bad_input_fails_at_once():
    done = lifecycle.failure(attempt(1), errors.BrokenImage())
    assert isinstance(done.outcome, jobs.Failed)
    assert done.outcome.error.code == "image_broken"


def test_an_unavailable_service_is_tried_again_later():
    done = lifecycle.failure(attempt(1), errors.StoreUnavailable())
    assert isinstance(done.outcome, jobs.Retry)
    assert done.outcome.delay_s == 1.0


@pytest.mark.parametrize(("number", "pause_s"), [(1, 1), (2, 2), (3, 4), (4, 8), (50, 60)])
def test_the_pause_doubles_up_to_a_minute(number, pause_s):
    assert lifecycle.backoff_s(number) == pause_s


def test_a_job_that_may_have_hurt_its_batch_runs_alone_next_time():
    done = lifecycle.failure(attempt(1), errors.TaskFailed(), alone=True)
    assert isinstance(done.outcome, jobs.Retry)
    assert done.outcome.alone
