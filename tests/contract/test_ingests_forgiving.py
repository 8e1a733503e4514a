"""The `Ingests` port: scans that get further outlive what befalls them on the way."""

import pytest

from sightsong.core.ingests import Order, Scan, Wish
from sightsong.core.jobs import Completion, JobState, Queue, Retry
from sightsong.core.transitions import MAX_ATTEMPTS, MAX_CRASHES
from tests.contract import building
from tests.contract.building import OOPS
from tests.waiting import wait_until


@pytest.fixture
def ingest(stores):
    """An ingest that was submitted."""
    return stores.ingests.submit(Wish(paths=("/music",))).id


def advance(stores, found_files: int):
    """Let the next attempt get so far; returns it."""
    job = building.claim_one(stores.jobs, queue=Queue.LIBRARY)
    assert stores.ingests.note(job, Scan(found=found_files)) is Order.GO_ON
    return job


def give_up(stores, job):
    """End an attempt by a failure that may pass."""
    stores.jobs.complete([Completion(job=job, outcome=Retry(error=OOPS, delay_s=0))])
    return stores.jobs.get(job.id).state


def crash_at(stores, found_files: int):
    """Let the next attempt get so far and lose its lease."""
    job = building.claim_one(stores.jobs, queue=Queue.LIBRARY, lease_s=building.BRIEF_S)
    assert stores.ingests.note(job, Scan(found=found_files)) is Order.GO_ON
    wait_until(lambda: building.gave_back(stores.jobs.sweep(ring_after_s=60)))
    return stores.jobs.get(job.id).state


def test_a_scan_that_gets_further_each_time_outlives_many_crashes(stores, ingest):
    states = {crash_at(stores, 1000 * (attempt + 1)) for attempt in range(6)}
    assert states == {JobState.QUEUED}
    assert stores.jobs.get(ingest).crash_count == 1


def test_a_scan_that_gets_further_each_time_outlives_many_failures(stores, ingest):
    states = {give_up(stores, advance(stores, 1000 * (attempt + 1))) for attempt in range(6)}
    assert states == {JobState.QUEUED}


def test_a_scan_that_crashes_at_the_same_place_each_time_fails(stores, ingest):
    states = [crash_at(stores, 1000) for _ in range(MAX_CRASHES)]
    assert states == [JobState.QUEUED] * (MAX_CRASHES - 1) + [JobState.FAILED]
    assert stores.jobs.get(ingest).error.code == "worker_crashed"


def test_a_scan_that_fails_at_the_same_place_each_time_fails(stores, ingest):
    give_up(stores, advance(stores, 500))
    states = [give_up(stores, advance(stores, 1000)) for _ in range(MAX_ATTEMPTS)]
    assert states == [JobState.QUEUED] * (MAX_ATTEMPTS - 1) + [JobState.FAILED]


def test_what_an_attempt_did_before_it_got_further_is_forgiven_when_it_ends(stores, ingest):
    for _ in range(MAX_CRASHES - 1):
        building.lose_lease(stores.jobs, queue=Queue.LIBRARY)
    assert give_up(stores, advance(stores, 1)) is JobState.QUEUED
    assert stores.jobs.get(ingest).crash_count == 0
