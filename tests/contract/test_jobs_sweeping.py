"""The `Jobs` port: maintenance, and the workers that report."""

from sightsong.core.errors import WorkerCrashed
from sightsong.core.jobs import JobKind, JobState, NewJob, Owner, Queue, Swept, WorkerInfo
from sightsong.core.tracks import TrackState
from sightsong.core.transitions import MAX_CRASHES
from tests.contract import building
from tests.contract.building import ANN, BOB, LONG_S, SHORT_S, photo
from tests.waiting import wait_until

NOTHING = Swept(requeued=0, failed=0, unrung=frozenset())


def worker(owner: Owner, **fields: object) -> WorkerInfo:
    given = {"door": "workers", "pid": 42, "profile": "lite", "device": "cpu"} | fields
    return WorkerInfo(owner=owner, **given)


def crash(stores, *, queue=Queue.PHOTOS, times=MAX_CRASHES):
    for _ in range(times):
        job = building.lose_lease(stores.jobs, queue=queue)
    return stores.jobs.get(job.id)


def test_a_lease_that_holds_is_left_alone(stores):
    stores.jobs.submit(photo())
    job = building.claim_one(stores.jobs)
    assert stores.jobs.sweep(ring_after_s=0) == NOTHING
    assert stores.jobs.get(job.id) == job


def test_a_lost_lease_goes_back_to_its_queue_as_a_suspect(stores):
    stores.jobs.submit(photo())
    job = crash(stores, times=1)
    assert (job.state, job.attempt, job.crash_count) == (JobState.QUEUED, 1, 1)
    assert (job.owner, job.state_version, job.error.code) == (None, 3, WorkerCrashed.code)


def test_a_lost_lease_is_given_back_once(stores):
    stores.jobs.submit(photo())
    building.claim_one(stores.jobs, lease_s=SHORT_S)
    rounds = []
    wait_until(lambda: rounds.append(stores.jobs.sweep(ring_after_s=LONG_S)) or rounds[-1].requeued)
    assert (rounds[-1].requeued, stores.jobs.sweep(ring_after_s=LONG_S)) == (1, NOTHING)


def test_a_job_whose_worker_crashes_each_time_fails(stores):
    stores.jobs.submit(photo())
    job = crash(stores)
    assert (job.state, job.attempt, job.crash_count) == (JobState.FAILED, 4, 4)
    assert job.error.code == WorkerCrashed.code
    assert job.finished_at >= job.started_at


def test_a_track_whose_worker_crashes_each_time_is_quarantined(stores):
    building.register(stores, building.found("a.mp3"))
    job = crash(stores, queue=Queue.TRACKS)
    track = stores.tracks.get(job.params["track_id"])
    assert (track.state, track.reason_code) == (TrackState.QUARANTINED, WorkerCrashed.code)


def test_queues_whose_jobs_waited_too_long_are_rung_for(stores):
    stores.jobs.submit(photo())
    stores.jobs.submit(NewJob(kind=JobKind.EMBED))
    assert stores.jobs.sweep(ring_after_s=0).unrung == {Queue.PHOTOS, Queue.TRACKS}


def test_a_queue_is_not_rung_for_before_its_job_has_waited(stores):
    stores.jobs.submit(photo())
    assert stores.jobs.sweep(ring_after_s=LONG_S) == NOTHING


def test_a_queue_is_rung_for_again_only_after_another_wait(stores):
    stores.jobs.submit(photo())
    wait_until(lambda: stores.jobs.sweep(ring_after_s=0.5).unrung)
    assert stores.jobs.sweep(ring_after_s=0.5).unrung == frozenset()
    wait_until(lambda: stores.jobs.sweep(ring_after_s=0.5).unrung)


def test_a_queue_of_running_jobs_is_not_rung_for(stores):
    stores.jobs.submit(photo())
    building.claim_one(stores.jobs)
    assert stores.jobs.sweep(ring_after_s=0).unrung == frozenset()


def test_workers_that_reported_are_alive(stores):
    for owner in (BOB, ANN):
        stores.jobs.report_worker(worker(owner))
    assert stores.jobs.workers_alive(within_s=LONG_S) == [worker(ANN), worker(BOB)]


def test_a_worker_that_reports_again_is_known_by_its_last_report(stores):
    stores.jobs.report_worker(worker(ANN))
    stores.jobs.report_worker(worker(ANN, device="cuda"))
    assert stores.jobs.workers_alive(within_s=LONG_S) == [worker(ANN, device="cuda")]


def test_a_worker_tells_its_space_and_what_it_has_loaded(stores):
    told = worker(ANN, space="tiny@1", models=("a/clip@1f2e", "a/clap@main"))
    stores.jobs.report_worker(told)
    assert stores.jobs.workers_alive(within_s=LONG_S) == [told]


def test_a_worker_that_fell_silent_is_not_alive(stores):
    stores.jobs.report_worker(worker(ANN))
    wait_until(lambda: stores.jobs.workers_alive(within_s=SHORT_S) == [])
    assert stores.jobs.workers_alive(within_s=LONG_S) == [worker(ANN)]
