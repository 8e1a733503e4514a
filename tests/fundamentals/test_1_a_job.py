"""Fundamentals, 1: the life of a job.

Read these files in their order, as a tutorial. Everything runs in memory; the same behaviour is
proven for SQLite and Postgres in `tests/contract`.
"""

import pytest

from sightsong.adapters import memory
from sightsong.core.errors import JobNotFound
from sightsong.core.jobs import (
    Completion,
    Failed,
    JobError,
    JobId,
    JobKind,
    JobState,
    NewJob,
    Owner,
    Queue,
    Retry,
    Succeeded,
)

ME = Owner("worker-1")


@pytest.fixture
def stores():
    return memory.open_stores()


def claim(stores):
    """Claim what waits for a photo worker, for a minute."""
    return stores.jobs.claim([Queue.PHOTOS], owner=ME, limit=8, lease_s=60)


def test_a_submitted_job_waits_in_the_queue_of_its_kind(stores):
    """Anything that takes time is a job: a row, which is the truth about that work."""
    job = stores.jobs.submit(NewJob(kind=JobKind.PHOTO, params={"top_k": 5}))
    assert (job.state, job.attempt, job.kind.queue) == (JobState.QUEUED, 0, Queue.PHOTOS)


def test_a_worker_claims_jobs_and_completes_them(stores):
    """A claim is an attempt. A completion ends it, with a result or an error."""
    submitted = stores.jobs.submit(NewJob(kind=JobKind.PHOTO))
    claimed = claim(stores)[0]
    assert (claimed.id, claimed.state, claimed.attempt) == (submitted.id, JobState.RUNNING, 1)
    stores.jobs.complete([Completion(job=claimed, outcome=Succeeded(result={"caption": "A sea."}))])
    done = stores.jobs.get(submitted.id)
    assert (done.state, done.result) == (JobState.SUCCEEDED, {"caption": "A sea."})


def test_each_change_raises_the_state_version(stores):
    """The state version is what a client compares: it is the job's ETag."""
    job_id = stores.jobs.submit(NewJob(kind=JobKind.PHOTO)).id
    versions = [stores.jobs.get(job_id).state_version]
    claimed = claim(stores)[0]
    versions.append(stores.jobs.get(job_id).state_version)
    stores.jobs.complete([Completion(job=claimed, outcome=Succeeded(result={}))])
    versions.append(stores.jobs.get(job_id).state_version)
    assert versions == [1, 2, 3]


def test_jobs_are_claimed_as_one_batch_by_priority_then_age(stores):
    """Batching falls out of the claim: as many as wait, up to the limit."""
    later, sooner, urgent = (
        stores.jobs.submit(NewJob(kind=JobKind.PHOTO, priority=priority)).id
        for priority in (2, 1, 0)
    )
    assert [job.id for job in claim(stores)] == [urgent, sooner, later]


def test_a_failed_job_says_why(stores):
    """An error has a stable code for programs and a sentence for people."""
    job_id = stores.jobs.submit(NewJob(kind=JobKind.PHOTO)).id
    broken = Failed(error=JobError(code="image_broken", detail="The image is truncated."))
    stores.jobs.complete([Completion(job=claim(stores)[0], outcome=broken)])
    assert stores.jobs.get(job_id).error.code == "image_broken"


def test_a_retried_job_waits_for_its_time_and_keeps_its_count(stores):
    """What may succeed later goes back to the queue; three attempts, then it has failed."""
    job_id = stores.jobs.submit(NewJob(kind=JobKind.PHOTO)).id
    error = JobError(code="store_unavailable", detail="Away.")
    for attempt in (1, 2):
        again = Retry(error=error, delay_s=0)
        stores.jobs.complete([Completion(job=claim(stores)[0], outcome=again)])
        job = stores.jobs.get(job_id)
        assert (job.state, job.attempt) == (JobState.QUEUED, attempt)
    stores.jobs.complete([Completion(job=claim(stores)[0], outcome=again)])
    assert stores.jobs.get(job_id).state is JobState.FAILED


def test_an_id_that_names_nothing_is_an_error_never_a_waiting_job(stores):
    """Nobody should poll for ever for a job that never was."""
    with pytest.raises(JobNotFound):
        stores.jobs.get(JobId("nobody"))
