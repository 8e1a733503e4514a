"""The `Jobs` port: leases."""

from sightsong.core.jobs import Completion, JobKind, JobState, NewJob, Queue, Retry
from tests.contract import building
from tests.contract.building import ANN, BOB, LONG_S, OOPS, SHORT_S, photo
from tests.waiting import wait_until


def test_a_claim_starts_an_attempt_for_its_owner(stores):
    queued = stores.jobs.submit(photo(params={"limit": 5}))
    (job,) = building.claim(stores.jobs, owner=ANN)
    assert (job.id, job.state, job.owner) == (queued.id, JobState.RUNNING, ANN)
    assert (job.attempt, job.state_version, job.params) == (1, 2, {"limit": 5})
    assert job.started_at >= job.created_at


def test_a_claimed_job_reads_back_the_same(stores):
    stores.jobs.submit(photo())
    job = building.claim_one(stores.jobs)
    assert stores.jobs.get(job.id) == job


def test_a_claim_takes_no_more_than_its_limit(stores):
    for _ in range(5):
        stores.jobs.submit(photo())
    batches = [len(building.claim(stores.jobs, limit=3)) for _ in range(3)]
    assert batches == [3, 2, 0]


def test_a_claim_from_an_empty_queue_is_empty(stores):
    stores.jobs.submit(photo())
    assert building.claim(stores.jobs, queue=Queue.TRACKS) == []


def test_jobs_are_claimed_by_priority_then_by_age(stores):
    ids = [stores.jobs.submit(photo(priority=priority)).id for priority in (2, 1, 0, 1, 0)]
    claimed = [job.id for job in building.claim(stores.jobs)]
    assert claimed == [ids[2], ids[4], ids[1], ids[3], ids[0]]


def test_a_claim_serves_the_first_queue_that_has_any(stores):
    stores.jobs.submit(NewJob(kind=JobKind.EMBED))
    stores.jobs.submit(photo())
    queues = (Queue.LIBRARY, Queue.PHOTOS, Queue.TRACKS)
    claimed = stores.jobs.claim(queues, owner=ANN, limit=8, lease_s=LONG_S)
    assert [job.kind for job in claimed] == [JobKind.PHOTO]


def test_a_running_job_is_not_claimed_by_another(stores):
    stores.jobs.submit(photo())
    building.claim_one(stores.jobs, owner=ANN)
    assert building.claim(stores.jobs, owner=BOB) == []


def test_an_expired_lease_is_not_claimed_before_it_is_swept(stores):
    stores.jobs.submit(photo())
    job = building.claim_one(stores.jobs, lease_s=SHORT_S)
    wait_until(lambda: not stores.jobs.heartbeat([job], lease_s=SHORT_S / 10))
    assert building.claim(stores.jobs, owner=BOB) == []


def test_a_suspect_is_claimed_first_and_alone(stores):
    suspect = stores.jobs.submit(photo(priority=2))
    building.lose_lease(stores.jobs)
    for _ in range(2):
        stores.jobs.submit(photo(priority=0))
    first, second = building.claim(stores.jobs), building.claim(stores.jobs)
    assert [job.id for job in first] == [suspect.id]
    assert [job.crash_count for job in second] == [0, 0]


def test_two_suspects_are_claimed_one_by_one(stores):
    ids = {stores.jobs.submit(photo()).id for _ in range(2)}
    for job in building.claim(stores.jobs):
        retry = Retry(error=OOPS, delay_s=0, alone=True)
        stores.jobs.complete([Completion(job=job, outcome=retry)])
    first, second = building.claim(stores.jobs), building.claim(stores.jobs)
    assert (len(first), len(second), {first[0].id, second[0].id}) == (1, 1, ids)


def test_a_heartbeat_keeps_a_lease_beyond_its_time(stores):
    stores.jobs.submit(photo())
    job = building.claim_one(stores.jobs, lease_s=0.5)
    assert stores.jobs.heartbeat([job], lease_s=LONG_S) == {job.id}
    waited = stores.jobs.submit(photo()).created_at
    wait_until(lambda: stores.jobs.submit(photo()).created_at > waited + 0.5)
    stores.jobs.sweep(ring_after_s=LONG_S)
    assert stores.jobs.get(job.id) == job


def test_a_heartbeat_names_only_the_leases_that_are_still_held(stores):
    for _ in range(3):
        stores.jobs.submit(photo())
    mine, lost, finished = building.claim(stores.jobs)
    stores.jobs.complete([building.done(finished)])
    stores.jobs.complete([Completion(job=lost, outcome=Retry(error=OOPS, delay_s=0))])
    building.claim(stores.jobs, owner=BOB)
    assert stores.jobs.heartbeat([mine, lost, finished], lease_s=LONG_S) == {mine.id}


def test_a_heartbeat_of_nothing_is_nothing(stores):
    assert stores.jobs.heartbeat([], lease_s=LONG_S) == frozenset()


def test_the_first_start_of_a_job_is_kept_over_its_attempts(stores):
    stores.jobs.submit(photo())
    first = building.lose_lease(stores.jobs)
    second = building.claim_one(stores.jobs)
    assert (second.attempt, second.started_at) == (2, first.started_at)


def test_how_fast_a_queue_moves_is_known_once_some_have_ended(stores):
    for _ in range(4):
        stores.jobs.submit(photo())
    assert stores.jobs.pace(Queue.PHOTOS) is None
    claimed = building.claim(stores.jobs, limit=3)
    stores.jobs.complete([building.done(job) for job in claimed])
    pace = stores.jobs.pace(Queue.PHOTOS)
    assert pace is not None
    assert pace > 0
    assert stores.jobs.pace(Queue.TRACKS) is None
