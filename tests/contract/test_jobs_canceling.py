"""The `Jobs` port: jobs that are called off, and those that did not begin in time."""

import pytest

from sightsong.core.errors import Conflict, DeadlineExceeded, JobErased, JobNotFound
from sightsong.core.jobs import Completion, JobState, Queue, Release, Retry, Swept
from tests.contract import building
from tests.contract.building import INGEST, LONG_S, OOPS, SHORT_S, photo
from tests.waiting import wait_until


def sweep(stores) -> Swept:
    return stores.jobs.sweep(ring_after_s=LONG_S)


def sweep_until_failed(stores) -> Swept:
    rounds: list[Swept] = []
    wait_until(lambda: rounds.append(sweep(stores)) or rounds[-1].failed)
    return rounds[-1]


def complete(stores, job, outcome) -> frozenset[str]:
    return stores.jobs.complete([Completion(job=job, outcome=outcome)])


def test_a_waiting_job_is_canceled(stores):
    job = stores.jobs.submit(photo())
    canceled = stores.jobs.cancel(job.id)
    assert (canceled.state, canceled.state_version) == (JobState.CANCELED, 2)
    assert canceled.finished_at >= canceled.created_at
    assert stores.jobs.get(job.id) == canceled
    assert building.claim(stores.jobs) == []


def test_the_attempt_of_a_canceled_job_is_fenced(stores):
    stores.jobs.submit(photo())
    job = building.claim_one(stores.jobs)
    canceled = stores.jobs.cancel(job.id)
    assert stores.jobs.heartbeat([job], lease_s=LONG_S) == frozenset()
    assert stores.jobs.complete([building.done(job, caption="late")]) == frozenset()
    assert stores.jobs.get(job.id) == canceled
    assert (canceled.owner, canceled.result) == (None, None)


def test_a_job_may_be_canceled_again(stores):
    job = stores.jobs.submit(photo())
    assert stores.jobs.cancel(job.id) == stores.jobs.cancel(job.id)


def test_a_job_that_waits_to_be_tried_again_is_canceled(stores):
    stores.jobs.submit(photo())
    job = building.claim_one(stores.jobs)
    complete(stores, job, Retry(error=OOPS, delay_s=LONG_S))
    assert stores.jobs.cancel(job.id).state is JobState.CANCELED


def test_a_job_that_has_ended_is_not_canceled(stores):
    stores.jobs.submit(photo())
    job = building.claim_one(stores.jobs)
    stores.jobs.complete([building.done(job)])
    final = stores.jobs.get(job.id)
    with pytest.raises(Conflict):
        stores.jobs.cancel(job.id)
    assert stores.jobs.get(job.id) == final


def test_a_job_that_there_is_not_is_not_canceled(stores):
    with pytest.raises(JobNotFound):
        stores.jobs.cancel(INGEST)


def test_a_job_that_was_erased_is_not_canceled(stores):
    job = stores.jobs.submit(photo())
    stores.jobs.erase(job.id)
    with pytest.raises(JobErased):
        stores.jobs.cancel(job.id)


def test_a_job_tells_its_deadline(stores):
    job = stores.jobs.submit(photo(deadline_s=LONG_S))
    assert job.deadline_at == pytest.approx(job.created_at + LONG_S, abs=0.1)
    assert stores.jobs.get(job.id) == job
    assert stores.jobs.submit(photo()).deadline_at is None


def test_a_job_that_has_not_begun_by_its_deadline_fails(stores):
    job = stores.jobs.submit(photo(deadline_s=SHORT_S))
    swept = sweep_until_failed(stores)
    failed = stores.jobs.get(job.id)
    assert (swept.requeued, swept.failed) == (0, 1)
    assert (failed.state, failed.error.code) == (JobState.FAILED, DeadlineExceeded.code)
    assert (failed.state_version, failed.attempt, failed.started_at) == (2, 0, None)
    assert failed.finished_at >= failed.deadline_at
    assert sweep(stores).failed == 0


def test_a_job_whose_deadline_has_passed_does_not_begin_any_more(stores):
    late = stores.jobs.submit(photo(priority=0, deadline_s=0.0))
    other = stores.jobs.submit(photo(priority=2))
    assert [job.id for job in building.claim(stores.jobs)] == [other.id]
    assert stores.jobs.get(late.id).state is JobState.QUEUED


def test_a_job_that_is_tried_again_has_begun_and_does_not_fail_by_its_deadline(stores):
    stores.jobs.submit(photo(deadline_s=building.BRIEF_S))
    job = building.claim_one(stores.jobs)
    complete(stores, job, Retry(error=OOPS, delay_s=0.0))
    other = stores.jobs.submit(photo(deadline_s=building.BRIEF_S))
    sweep_until_failed(stores)  # that is the other, whose deadline is the later one
    assert stores.jobs.get(other.id).state is JobState.FAILED
    assert stores.jobs.get(job.id).state is JobState.QUEUED
    assert building.claim_one(stores.jobs).id == job.id


def test_a_job_that_has_begun_in_time_goes_on_beyond_its_deadline(stores):
    stores.jobs.submit(photo(deadline_s=building.BRIEF_S))
    job = building.claim_one(stores.jobs)
    other = stores.jobs.submit(photo(deadline_s=building.BRIEF_S))
    sweep_until_failed(stores)
    assert stores.jobs.get(other.id).state is JobState.FAILED
    assert stores.jobs.complete([building.done(job)]) == {job.id}


def test_a_job_that_is_given_back_as_if_it_had_not_begun_fails_by_its_deadline(stores):
    stores.jobs.submit(photo(deadline_s=building.BRIEF_S))
    job = building.claim_one(stores.jobs)
    stores.jobs.submit(photo(deadline_s=building.BRIEF_S))
    sweep_until_failed(stores)
    complete(stores, job, Release())
    assert sweep(stores).failed == 1
    assert stores.jobs.get(job.id).error.code == DeadlineExceeded.code


def test_a_job_whose_worker_died_is_begun_again_after_its_deadline(stores):
    stores.jobs.submit(photo(deadline_s=building.BRIEF_S))
    job = building.claim_one(stores.jobs, lease_s=building.BRIEF_S)
    stores.jobs.submit(photo(deadline_s=building.BRIEF_S))
    swept: list[Swept] = []
    wait_until(lambda: swept.append(sweep(stores)) or sum(one.requeued for one in swept))
    wait_until(lambda: swept.append(sweep(stores)) or sum(one.failed for one in swept))
    assert sweep(stores).failed == 0
    assert building.claim_one(stores.jobs).id == job.id


def test_a_job_before_its_deadline_is_left_alone(stores):
    job = stores.jobs.submit(photo(deadline_s=LONG_S))
    assert sweep(stores).failed == 0
    assert building.claim_one(stores.jobs).id == job.id


def test_a_canceled_job_does_not_fail_at_its_deadline(stores):
    job = stores.jobs.submit(photo(deadline_s=0.0))
    canceled = stores.jobs.cancel(job.id)
    assert sweep(stores).failed == 0
    assert stores.jobs.get(job.id) == canceled
    assert stores.jobs.backlog(Queue.PHOTOS, limit=9) == 0
