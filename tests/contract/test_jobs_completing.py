"""The `Jobs` port: how attempts end, and the fence."""

import pytest
from sqlalchemy.exc import StatementError

from sightsong.core.jobs import (
    Completion,
    Failed,
    JobKind,
    JobState,
    NewJob,
    Queue,
    Release,
    Retry,
    Succeeded,
)
from sightsong.core.tracks import TrackState
from tests.contract import building
from tests.contract.building import BOB, LONG_S, OOPS, SHORT_S, photo
from tests.waiting import wait_until

OUTCOMES = [
    Succeeded(result={"late": True}),
    Failed(error=OOPS),
    Retry(error=OOPS, delay_s=0),
    Release(),
]


def complete(stores, job, outcome):
    assert stores.jobs.complete([Completion(job=job, outcome=outcome)]) == {job.id}
    return stores.jobs.get(job.id)


def spend_attempts(stores, *, queue=Queue.PHOTOS):
    """Retry the one job of a queue until it is given up; returns its last state."""
    for _ in range(3):
        job = building.claim_one(stores.jobs, queue=queue)
        after = complete(stores, job, Retry(error=OOPS, delay_s=0))
    return after


def test_a_success_keeps_its_result(stores):
    stores.jobs.submit(photo())
    result = {"tracks": [{"id": "a", "score": 0.1 + 0.2}], "caption": "é", "none": None}
    job = complete(stores, building.claim_one(stores.jobs), Succeeded(result=result))
    assert (job.state, job.result, job.error) == (JobState.SUCCEEDED, result, None)
    assert (job.state_version, job.owner) == (3, None)
    assert job.finished_at >= job.started_at


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_result_that_is_no_json_is_refused_and_the_job_stays_in_hand(stores, number):
    stores.jobs.submit(photo())
    job = building.claim_one(stores.jobs)
    done = building.done(job, matches=[{"score": number}])
    with pytest.raises((ValueError, StatementError)):
        stores.jobs.complete([done])
    assert stores.jobs.get(job.id).state is JobState.RUNNING


def test_a_failure_keeps_its_error(stores):
    stores.jobs.submit(photo())
    job = complete(stores, building.claim_one(stores.jobs), Failed(error=OOPS))
    assert (job.state, job.result, job.error) == (JobState.FAILED, None, OOPS)
    assert job.finished_at >= job.started_at


def test_a_retry_waits_for_its_delay(stores):
    stores.jobs.submit(photo())
    job = complete(stores, building.claim_one(stores.jobs), Retry(error=OOPS, delay_s=LONG_S))
    assert (job.state, job.attempt, job.error, job.finished_at) == (JobState.QUEUED, 1, OOPS, None)
    assert building.claim(stores.jobs) == []


def test_a_retry_is_claimed_after_its_delay(stores):
    stores.jobs.submit(photo())
    complete(stores, building.claim_one(stores.jobs), Retry(error=OOPS, delay_s=SHORT_S))
    batches = []
    wait_until(lambda: batches.append(building.claim(stores.jobs)) or batches[-1])
    (job,) = batches[-1]
    assert (job.attempt, job.crash_count, job.error) == (2, 0, OOPS)


def test_a_retry_alone_makes_a_suspect(stores):
    stores.jobs.submit(photo())
    retry = Retry(error=OOPS, delay_s=0, alone=True)
    assert complete(stores, building.claim_one(stores.jobs), retry).crash_count == 1


def test_a_success_after_a_retry_forgets_the_error(stores):
    stores.jobs.submit(photo())
    complete(stores, building.claim_one(stores.jobs), Retry(error=OOPS, delay_s=0))
    job = complete(stores, building.claim_one(stores.jobs), Succeeded(result={}))
    assert (job.attempt, job.error, job.result) == (2, None, {})


def test_a_retry_of_the_last_attempt_is_a_failure(stores):
    stores.jobs.submit(photo())
    job = spend_attempts(stores)
    assert (job.state, job.attempt, job.error) == (JobState.FAILED, 3, OOPS)
    assert job.finished_at is not None


def test_a_released_job_is_as_if_it_was_never_claimed(stores):
    queued = stores.jobs.submit(photo())
    job = complete(stores, building.claim_one(stores.jobs), Release())
    assert (job.state, job.attempt, job.owner) == (JobState.QUEUED, 0, None)
    assert (job.started_at, job.state_version) == (queued.started_at, 3)


def test_a_released_job_returns_to_its_place_in_the_queue(stores):
    first = stores.jobs.submit(photo())
    claimed = building.claim_one(stores.jobs)
    stores.jobs.submit(photo())
    complete(stores, claimed, Release())
    assert building.claim_one(stores.jobs).id == first.id


@pytest.mark.parametrize("late", OUTCOMES, ids=lambda outcome: type(outcome).__name__)
def test_an_attempt_that_lost_its_lease_writes_nothing(stores, late):
    stores.jobs.submit(photo())
    zombie = building.lose_lease(stores.jobs)
    current = building.claim_one(stores.jobs, owner=BOB)
    assert stores.jobs.complete([Completion(job=zombie, outcome=late)]) == frozenset()
    assert stores.jobs.get(current.id) == current


@pytest.mark.parametrize("late", OUTCOMES, ids=lambda outcome: type(outcome).__name__)
def test_a_final_state_never_changes(stores, late):
    stores.jobs.submit(photo())
    job = building.claim_one(stores.jobs)
    final = complete(stores, job, Succeeded(result={"first": True}))
    assert stores.jobs.complete([Completion(job=job, outcome=late)]) == frozenset()
    assert stores.jobs.get(job.id) == final


def test_an_expired_lease_writes_nothing_even_before_it_is_swept(stores):
    stores.jobs.submit(photo())
    job = building.claim_one(stores.jobs, lease_s=SHORT_S)
    wait_until(lambda: not stores.jobs.heartbeat([job], lease_s=SHORT_S / 10))
    assert stores.jobs.complete([building.done(job)]) == frozenset()


def test_of_a_batch_only_the_fenced_are_left_out(stores):
    for _ in range(3):
        stores.jobs.submit(photo())
    first, fenced, third = building.claim(stores.jobs)
    complete(stores, fenced, Release())
    written = stores.jobs.complete([building.done(job) for job in (first, fenced, third)])
    assert written == {first.id, third.id}
    assert stores.jobs.get(fenced.id).state is JobState.QUEUED


def test_a_batch_may_end_in_every_way_at_once(stores):
    for _ in OUTCOMES:
        stores.jobs.submit(photo())
    batch = building.claim(stores.jobs)
    completions = [Completion(job=j, outcome=o) for j, o in zip(batch, OUTCOMES, strict=True)]
    assert len(stores.jobs.complete(completions)) == 4
    states = [stores.jobs.get(job.id).state for job in batch]
    queued = JobState.QUEUED
    assert states == [JobState.SUCCEEDED, JobState.FAILED, queued, queued]


def test_completing_nothing_writes_nothing(stores):
    assert stores.jobs.complete([]) == frozenset()


def test_a_fenced_completion_has_no_effects(stores):
    building.register(stores, building.found("a.mp3"))
    zombie = building.lose_lease(stores.jobs, queue=Queue.TRACKS)
    effect = building.embedding(zombie.params["track_id"])
    late = Completion(job=zombie, outcome=Succeeded(result={}), effects=(effect,))
    stores.jobs.complete([late])
    assert stores.tracks.get(effect.track_id).state is TrackState.PENDING
    assert stores.tracks.revision(building.SPACE) == 0


def test_an_embed_job_that_spent_its_attempts_quarantines_its_track(stores):
    building.register(stores, building.found("a.mp3"))
    job = spend_attempts(stores, queue=Queue.TRACKS)
    track = stores.tracks.get(job.params["track_id"])
    assert track.state is TrackState.QUARANTINED
    assert (track.reason_code, track.reason) == (OOPS.code, OOPS.detail)


def test_an_embed_job_without_a_track_fails_all_the_same(stores):
    stores.jobs.submit(NewJob(kind=JobKind.EMBED))
    assert spend_attempts(stores, queue=Queue.TRACKS).state is JobState.FAILED
