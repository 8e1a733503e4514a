"""The engine over the in-memory store: what becomes of jobs whatever their tasks do."""

import threading
from collections.abc import Callable, Iterator, Sequence

import pytest

from sightsong.adapters import memory
from sightsong.core import errors, jobs, ports
from sightsong.core.jobs import JobKind, JobState, NewJob, Owner, Queue
from sightsong.engine.heartbeat import Heartbeat
from sightsong.engine.loop import Engine
from sightsong.engine.watch import Watch
from sightsong.engine.work import Handler, Line, Pace, Work
from tests.waiting import wait_until

PACE = Pace(lease_s=5, heartbeat_s=0.02, poll_s=0.02, grace_s=2)
ME = jobs.WorkerInfo(owner=Owner("me"), door="workers", pid=1, profile="stub", device="cpu")

MakeEngine = Callable[..., Engine]


@pytest.fixture
def stores() -> ports.Stores:
    return memory.open_stores()


@pytest.fixture
def make_engine(stores: ports.Stores) -> Iterator[MakeEngine]:
    started: list[tuple[Engine, Heartbeat]] = []

    def make(
        handler: Handler,
        *,
        batch: int = 8,
        pace: Pace = PACE,
        stuck: threading.Event | None = None,
        store: ports.Jobs = stores.jobs,
        watch: Watch | None = None,
    ) -> Engine:
        work = Work(
            lines=(
                Line(queue=Queue.PHOTOS, batch=batch),
                Line(queue=Queue.TRACKS, batch=batch),
            ),
            handlers={JobKind.PHOTO: handler, JobKind.EMBED: handler},
            watch=watch or Watch(),
        )
        on_stuck = (stuck or threading.Event()).set
        heartbeat = Heartbeat(store, ME, watch=work.watch, pace=pace, on_stuck=on_stuck)
        engine = Engine(store, work, worker=ME, pace=pace, heartbeat=heartbeat)
        heartbeat.start()
        started.append((engine, heartbeat))
        return engine

    yield make
    for engine, heartbeat in started:
        engine.finish()
        heartbeat.stop()


def succeed(batch: Sequence[jobs.Job]) -> list[jobs.Completion]:
    outcome = jobs.Succeeded(result={"batch": len(batch)})
    return [jobs.Completion(job=job, outcome=outcome) for job in batch]


def submit(stores: ports.Stores, *, kind: JobKind = JobKind.PHOTO) -> jobs.JobId:
    return stores.jobs.submit(NewJob(kind=kind)).id


def state_of(stores: ports.Stores, job_id: jobs.JobId) -> JobState:
    return stores.jobs.get(job_id).state


def test_waiting_jobs_are_run_as_one_batch(stores, make_engine):
    ids = [submit(stores) for _ in range(3)]
    assert make_engine(succeed).step()
    assert [stores.jobs.get(one).result for one in ids] == [{"batch": 3}] * 3


def test_an_idle_engine_runs_a_job_without_being_rung(stores, make_engine):
    make_engine(succeed).start()
    job_id = submit(stores)
    wait_until(lambda: state_of(stores, job_id) is JobState.SUCCEEDED)


def test_a_ring_wakes_the_engine_before_it_would_look_by_itself(stores, make_engine):
    slow = Pace(lease_s=5, heartbeat_s=1, poll_s=60)
    engine = make_engine(succeed, pace=slow)
    engine.start()
    job_id = submit(stores)
    engine.wake()
    wait_until(lambda: state_of(stores, job_id) is JobState.SUCCEEDED, within_s=5)


def test_photos_go_before_tracks_that_wait_longer(stores, make_engine):
    submit(stores, kind=JobKind.EMBED)
    photo = submit(stores)
    make_engine(succeed).step()
    assert state_of(stores, photo) is JobState.SUCCEEDED


def test_a_task_that_raises_an_input_error_fails_its_jobs(stores, make_engine):
    def refuse(batch: Sequence[jobs.Job]) -> list[jobs.Completion]:
        raise errors.BrokenImage

    job_id = submit(stores)
    make_engine(refuse).step()
    job = stores.jobs.get(job_id)
    assert (job.state, job.error.code) == (JobState.FAILED, "image_broken")


def test_a_task_with_a_bug_puts_its_jobs_back_to_run_alone(stores, make_engine):
    def break_down(batch: Sequence[jobs.Job]) -> list[jobs.Completion]:
        raise ZeroDivisionError

    ids = [submit(stores) for _ in range(2)]
    make_engine(break_down).step()
    found = [stores.jobs.get(one) for one in ids]
    assert [job.state for job in found] == [JobState.QUEUED] * 2
    assert [job.crash_count for job in found] == [1, 1]
    assert [job.error.code for job in found] == ["task_failed"] * 2
    assert "ZeroDivisionError" in found[0].error.detail


def test_leases_are_kept_while_a_long_batch_runs(stores, make_engine):
    short = Pace(lease_s=0.2, heartbeat_s=0.02, poll_s=0.02)
    go_on = threading.Event()

    def wait_then_succeed(batch: Sequence[jobs.Job]) -> list[jobs.Completion]:
        go_on.wait(10)
        return succeed(batch)

    job_id = submit(stores)
    make_engine(wait_then_succeed, pace=short).start()
    began = stores.jobs.get(job_id).created_at
    wait_until(lambda: stores.jobs.submit(NewJob(kind=JobKind.INGEST)).created_at > began + 0.6)
    assert stores.jobs.sweep(ring_after_s=99).requeued == 0
    go_on.set()
    wait_until(lambda: state_of(stores, job_id) is JobState.SUCCEEDED)
    assert stores.jobs.get(job_id).attempt == 1


def test_a_stop_lets_the_batch_in_hand_end(stores, make_engine):
    running, go_on = threading.Event(), threading.Event()

    def run(batch: Sequence[jobs.Job]) -> list[jobs.Completion]:
        running.set()
        go_on.wait(10)
        return succeed(batch)

    first = submit(stores)
    engine = make_engine(run, batch=1)
    engine.start()
    running.wait(10)
    second = submit(stores)
    engine.finish()
    go_on.set()
    engine.stop()
    assert state_of(stores, first) is JobState.SUCCEEDED
    assert state_of(stores, second) is JobState.QUEUED


def test_a_stop_gives_back_what_does_not_end_within_the_grace(stores, make_engine):
    running, go_on = threading.Event(), threading.Event()

    def run(batch: Sequence[jobs.Job]) -> list[jobs.Completion]:
        running.set()
        go_on.wait(10)
        return succeed(batch)

    job_id = submit(stores)
    engine = make_engine(run, pace=Pace(lease_s=5, heartbeat_s=1, poll_s=0.02, grace_s=0.05))
    engine.start()
    running.wait(10)
    engine.stop()
    released = stores.jobs.get(job_id)
    assert (released.state, released.attempt) == (JobState.QUEUED, 0)
    go_on.set()  # the late answer must change nothing
    wait_until(lambda: not engine.is_alive)
    assert stores.jobs.get(job_id) == released


def test_a_batch_that_runs_past_its_limit_is_reported_as_stuck(stores, make_engine):
    stuck, go_on = threading.Event(), threading.Event()

    def hang(batch: Sequence[jobs.Job]) -> list[jobs.Completion]:
        go_on.wait(10)
        return succeed(batch)

    submit(stores)
    pace = Pace(lease_s=5, heartbeat_s=0.02, poll_s=0.02, batch_limit_s=0.05)
    make_engine(hang, pace=pace, stuck=stuck).start()
    assert stuck.wait(10)
    go_on.set()


def test_a_worker_reports_itself_as_alive(stores, make_engine):
    make_engine(succeed)
    wait_until(lambda: stores.jobs.workers_alive(within_s=5))
    assert stores.jobs.workers_alive(within_s=5) == [ME]


class Moody:
    """Job rows whose `complete` or `claim` raises what nobody foresaw, as often as told."""

    def __init__(self, rows: ports.Jobs, **times: int) -> None:
        self._rows = rows
        self._times = times

    def __getattr__(self, name: str) -> object:
        if self._times.get(name, 0) > 0:
            self._times[name] -= 1
            return self._fail
        return getattr(self._rows, name)

    def _fail(self, *_: object, **__: object) -> None:
        raise LookupError("nobody foresaw this")


def test_the_engine_outlives_errors_that_nobody_foresaw(stores, make_engine):
    make_engine(succeed, store=Moody(stores.jobs, claim=3)).start()
    job_id = submit(stores)
    wait_until(lambda: state_of(stores, job_id) is JobState.SUCCEEDED)


def test_the_heartbeat_outlives_errors_that_nobody_foresaw(stores, make_engine):
    make_engine(succeed, store=Moody(stores.jobs, report_worker=3))
    wait_until(lambda: stores.jobs.workers_alive(within_s=5))


def test_a_batch_that_the_store_chokes_on_is_written_one_by_one(stores, make_engine):
    ids = [submit(stores) for _ in range(3)]
    make_engine(succeed, store=Moody(stores.jobs, complete=1)).step()
    assert {state_of(stores, one) for one in ids} == {JobState.SUCCEEDED}


def test_a_result_that_cannot_be_stored_is_a_failed_attempt_of_its_job_alone(stores, make_engine):
    ids = [submit(stores) for _ in range(2)]
    make_engine(succeed, store=Moody(stores.jobs, complete=2)).step()
    states = [state_of(stores, one) for one in ids]
    assert states == [JobState.QUEUED, JobState.SUCCEEDED]
    assert stores.jobs.get(ids[0]).error.code == "task_failed"


def test_a_long_task_that_reports_progress_is_not_stuck(stores, make_engine):
    stuck, watch = threading.Event(), Watch()
    pace = Pace(lease_s=5, heartbeat_s=0.02, poll_s=0.02, batch_limit_s=0.3)

    def work_on(batch: Sequence[jobs.Job]) -> list[jobs.Completion]:
        for _ in range(40):
            watch.go_on()
            threading.Event().wait(0.02)
        return succeed(batch)

    job_id = submit(stores)
    make_engine(work_on, pace=pace, stuck=stuck, watch=watch).step()
    assert state_of(stores, job_id) is JobState.SUCCEEDED
    assert not stuck.is_set()


def test_a_task_is_told_when_the_process_is_to_stop(stores, make_engine):
    watch, running = Watch(), threading.Event()

    def until_told(batch: Sequence[jobs.Job]) -> list[jobs.Completion]:
        running.set()
        while watch.go_on():
            threading.Event().wait(0.005)
        return [jobs.Completion(job=job, outcome=jobs.Release()) for job in batch]

    job_id = submit(stores)
    engine = make_engine(until_told, watch=watch)
    engine.start()
    assert running.wait(10)
    engine.stop()
    released = stores.jobs.get(job_id)
    assert (released.state, released.attempt) == (JobState.QUEUED, 0)
