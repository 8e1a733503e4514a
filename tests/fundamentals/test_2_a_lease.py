"""Fundamentals, 2: leases and fences, or why a killed worker loses nothing."""

import pytest

from sightsong.adapters import memory
from sightsong.core.jobs import Completion, JobKind, JobState, NewJob, Owner, Queue, Succeeded


class Clock:
    """Stands for the database's clock."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def stores(clock):
    return memory.open_stores(clock)


def claim(stores, owner="ann", limit=8):
    return stores.jobs.claim([Queue.PHOTOS], owner=Owner(owner), limit=limit, lease_s=30)


def submit(stores):
    return stores.jobs.submit(NewJob(kind=JobKind.PHOTO)).id


def succeeded(job, by):
    return Completion(job=job, outcome=Succeeded(result={"by": by}))


def test_a_claimed_job_is_nobody_elses_while_the_lease_runs(stores):
    """Two workers never share a job."""
    submit(stores)
    assert len(claim(stores, "ann")) == 1
    assert claim(stores, "bob") == []


def test_a_dead_workers_job_goes_back_when_the_lease_has_run_out(stores, clock):
    """Nobody reports a death: the missing heartbeat does."""
    job_id = submit(stores)
    claim(stores, "ann")
    clock.now += 31
    assert stores.jobs.sweep(ring_after_s=3).requeued == 1
    assert stores.jobs.get(job_id).state is JobState.QUEUED


def test_a_heartbeat_keeps_the_lease(stores, clock):
    """Long work is fine as long as the worker gives signs of life."""
    submit(stores)
    batch = claim(stores, "ann")
    for _ in range(5):
        clock.now += 20
        stores.jobs.heartbeat(batch, lease_s=30)
    assert stores.jobs.sweep(ring_after_s=3).requeued == 0


def test_a_worker_that_wakes_up_too_late_writes_nothing(stores, clock):
    """The fence: work may run twice, a result is recorded once."""
    job_id = submit(stores)
    late = claim(stores, "ann")[0]
    clock.now += 31
    stores.jobs.sweep(ring_after_s=3)
    second = claim(stores, "bob")[0]
    assert stores.jobs.complete([succeeded(late, by="ann")]) == frozenset()
    assert stores.jobs.complete([succeeded(second, by="bob")]) == {job_id}
    assert stores.jobs.get(job_id).result == {"by": "bob"}


def test_a_suspect_is_claimed_alone(stores, clock):
    """A job that may have killed its worker must not take the next batch with it."""
    submit(stores)
    claim(stores, "ann")
    innocent = [submit(stores) for _ in range(3)]
    clock.now += 31
    stores.jobs.sweep(ring_after_s=3)
    assert [job.crash_count for job in claim(stores, "bob")] == [1]
    assert [job.id for job in claim(stores, "bob")] == innocent


def test_a_job_that_kills_its_worker_each_time_fails(stores, clock):
    """Once in a batch, where any other may be to blame, and three times alone, are enough."""
    job_id = submit(stores)
    for _ in range(4):
        claim(stores)
        clock.now += 31
        stores.jobs.sweep(ring_after_s=3)
    job = stores.jobs.get(job_id)
    assert (job.state, job.error.code) == (JobState.FAILED, "worker_crashed")
