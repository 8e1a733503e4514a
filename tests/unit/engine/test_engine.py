"""The engine with its threads: what becomes of jobs whatever their tasks do."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future

import pytest

from sightsong.core import jobs, ports
from sightsong.core.jobs import JobKind, JobState, NewJob
from sightsong.engine.loop import Engine
from sightsong.engine.watch import Watch
from sightsong.engine.work import Pace, Prepared, Work
from tests.unit.engine.parts import (
    ME,
    PACE,
    Panic,
    make_suspect,
    state_of,
    submit,
    succeed,
    work_of,
)
from tests.waiting import wait_until

MakeEngine = Callable[..., Engine]


@pytest.fixture
def make_engine(stores: ports.Stores) -> Iterator[MakeEngine]:
    started: list[Engine] = []

    def make(
        work: Work | None = None,
        *,
        pace: Pace = PACE,
        stuck: threading.Event | None = None,
        store: ports.Jobs = stores.jobs,
    ) -> Engine:
        work = work or work_of()
        on_stuck = (stuck or threading.Event()).set
        engine = Engine(store, work, worker=ME, pace=pace, on_stuck=on_stuck)
        started.append(engine)
        engine.start()
        return engine

    yield make
    for engine in started:
        engine.stop()


class Hold:
    """A task that runs until it is let go."""

    def __init__(self) -> None:
        self.running, self.go_on = threading.Event(), threading.Event()

    def __call__(self, batch: Sequence[Prepared]) -> list[jobs.Completion]:
        self.running.set()
        self.go_on.wait(10)
        return succeed(batch)


@pytest.fixture
def hold() -> Iterator[Hold]:
    task = Hold()
    yield task
    task.go_on.set()


def test_an_idle_engine_runs_a_job_without_being_rung(stores, make_engine):
    make_engine()
    job_id = submit(stores)
    wait_until(lambda: state_of(stores, job_id) is JobState.SUCCEEDED)


def test_a_ring_wakes_the_engine_before_it_would_look_by_itself(stores, make_engine):
    engine = make_engine(pace=Pace(lease_s=5, heartbeat_s=1, poll_s=60))
    job_id = submit(stores)
    engine.wake()
    wait_until(lambda: state_of(stores, job_id) is JobState.SUCCEEDED, within_s=5)


def test_room_on_the_desk_is_filled_without_a_ring(stores, make_engine):
    ids = [submit(stores) for _ in range(20)]
    engine = make_engine(work_of(batch=2), pace=Pace(lease_s=5, heartbeat_s=1, poll_s=60))
    engine.wake()
    wait_until(lambda: {state_of(stores, one) for one in ids} == {JobState.SUCCEEDED}, within_s=5)


def test_without_anything_to_prepare_jobs_still_follow_one_another_at_once(stores, make_engine):
    ids = [submit(stores) for _ in range(9)]
    engine = make_engine(
        work_of(prepare=None, batch=2), pace=Pace(lease_s=5, heartbeat_s=1, poll_s=60)
    )
    engine.wake()
    wait_until(lambda: {state_of(stores, one) for one in ids} == {JobState.SUCCEEDED}, within_s=5)


def test_a_suspect_is_run_as_soon_as_the_batch_before_it_has_ended(stores, make_engine, hold):
    suspect = make_suspect(stores, kind=JobKind.EMBED)
    photo = submit(stores)
    engine = make_engine(work_of(hold), pace=Pace(lease_s=5, heartbeat_s=1, poll_s=60))
    engine.wake()
    assert hold.running.wait(10)
    assert state_of(stores, suspect) is JobState.QUEUED
    hold.go_on.set()
    ids = (photo, suspect)
    wait_until(lambda: {state_of(stores, one) for one in ids} == {JobState.SUCCEEDED}, within_s=5)


def test_leases_are_kept_while_a_long_batch_runs_and_another_waits(stores, make_engine, hold):
    short = Pace(lease_s=0.3, heartbeat_s=0.02, poll_s=0.02)
    make_engine(work_of(hold, batch=1), pace=short)
    ids = [submit(stores) for _ in range(2)]
    wait_until(lambda: [state_of(stores, one) for one in ids] == [JobState.RUNNING] * 2)
    began = stores.jobs.get(ids[0]).created_at
    wait_until(lambda: stores.jobs.submit(NewJob(kind=JobKind.INGEST)).created_at > began + 0.9)
    assert stores.jobs.sweep(ring_after_s=99).requeued == 0
    hold.go_on.set()
    wait_until(lambda: [state_of(stores, one) for one in ids] == [JobState.SUCCEEDED] * 2)
    assert [stores.jobs.get(one).attempt for one in ids] == [1, 1]


def test_a_stop_lets_the_batch_in_hand_end_and_gives_back_what_waits(stores, make_engine, hold):
    engine = make_engine(work_of(hold, batch=1))
    first = submit(stores)
    assert hold.running.wait(10)
    second = submit(stores)
    wait_until(lambda: state_of(stores, second) is JobState.RUNNING)
    engine.finish()
    wait_until(lambda: state_of(stores, second) is JobState.QUEUED)  # before the first has ended
    assert stores.jobs.get(second).attempt == 0
    hold.go_on.set()
    engine.stop()
    assert state_of(stores, first) is JobState.SUCCEEDED
    assert state_of(stores, second) is JobState.QUEUED


def test_a_stop_gives_back_what_does_not_end_within_the_grace(stores, make_engine, hold):
    pace = Pace(lease_s=5, heartbeat_s=1, poll_s=0.02, grace_s=0.05)
    engine = make_engine(work_of(hold), pace=pace)
    job_id = submit(stores)
    assert hold.running.wait(10)
    engine.stop()
    released = stores.jobs.get(job_id)
    assert (released.state, released.attempt) == (JobState.QUEUED, 0)
    hold.go_on.set()  # the late answer must change nothing
    wait_until(lambda: not engine.is_alive)
    assert stores.jobs.get(job_id) == released


def test_a_stop_does_not_wait_for_a_preparation_that_hangs(stores, make_engine):
    hangs: Future[None] = Future()
    engine = make_engine(
        work_of(prepare=lambda _: hangs),
        pace=Pace(lease_s=99, heartbeat_s=1, poll_s=0.02, grace_s=600),
    )
    job_id = submit(stores)
    wait_until(lambda: state_of(stores, job_id) is JobState.RUNNING)
    engine.stop()
    released = stores.jobs.get(job_id)
    assert (released.state, released.attempt) == (JobState.QUEUED, 0)
    assert hangs.cancelled()


def test_a_batch_that_runs_past_its_limit_is_reported_as_stuck(stores, make_engine, hold):
    stuck = threading.Event()
    pace = Pace(lease_s=5, heartbeat_s=0.02, poll_s=0.02, batch_limit_s=0.05)
    make_engine(work_of(hold), pace=pace, stuck=stuck)
    submit(stores)
    assert stuck.wait(10)


def test_a_preparation_that_never_ends_is_reported_as_stuck(stores, make_engine):
    stuck, hangs = threading.Event(), Future()
    pace = Pace(lease_s=5, heartbeat_s=0.02, poll_s=0.02, batch_limit_s=0.05)
    make_engine(work_of(prepare=lambda _: hangs), pace=pace, stuck=stuck)
    submit(stores)
    assert stuck.wait(10)


def test_a_worker_reports_itself_as_alive(stores, make_engine):
    make_engine()
    wait_until(lambda: stores.jobs.workers_alive(within_s=5))
    assert stores.jobs.workers_alive(within_s=5) == [ME]


class Moody:
    """Job rows, a method of which raises what nobody foresaw, as often as told."""

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


def test_the_feeder_outlives_errors_that_nobody_foresaw(stores, make_engine):
    make_engine(store=Moody(stores.jobs, claim=3))
    job_id = submit(stores)
    wait_until(lambda: state_of(stores, job_id) is JobState.SUCCEEDED)


def test_the_runner_outlives_a_batch_that_cannot_be_written_at_all(stores, make_engine):
    make_engine(store=Moody(stores.jobs, complete=3))
    lost = submit(stores)
    wait_until(lambda: state_of(stores, lost) is JobState.RUNNING)
    job_id = submit(stores)
    wait_until(lambda: state_of(stores, job_id) is JobState.SUCCEEDED)


def test_the_heartbeat_outlives_errors_that_nobody_foresaw(stores, make_engine):
    make_engine(store=Moody(stores.jobs, report_worker=3))
    wait_until(lambda: stores.jobs.workers_alive(within_s=5))


def test_a_long_task_that_reports_progress_is_not_stuck(stores, make_engine):
    stuck, watch = threading.Event(), Watch()
    pace = Pace(lease_s=5, heartbeat_s=0.02, poll_s=0.02, batch_limit_s=0.3)

    def work_on(batch: Sequence[Prepared]) -> list[jobs.Completion]:
        for _ in range(40):
            watch.go_on()
            threading.Event().wait(0.02)
        return succeed(batch)

    make_engine(work_of(work_on, watch=watch), pace=pace, stuck=stuck)
    job_id = submit(stores)
    wait_until(lambda: state_of(stores, job_id) is JobState.SUCCEEDED)
    assert not stuck.is_set()


def test_a_task_is_told_when_the_process_is_to_stop(stores, make_engine):
    watch, running = Watch(), threading.Event()

    def until_told(batch: Sequence[Prepared]) -> list[jobs.Completion]:
        running.set()
        while watch.go_on():
            threading.Event().wait(0.005)
        return [jobs.Completion(job=ready.job, outcome=jobs.Release()) for ready in batch]

    engine = make_engine(work_of(until_told, watch=watch))
    job_id = submit(stores)
    assert running.wait(10)
    engine.stop()
    released = stores.jobs.get(job_id)
    assert (released.state, released.attempt) == (JobState.QUEUED, 0)


def test_the_runner_outlives_a_task_that_panics(stores, make_engine):
    def panic(batch: Sequence[Prepared]) -> list[jobs.Completion]:
        raise Panic

    engine = make_engine(work_of(panic))
    job_id = submit(stores)
    wait_until(lambda: stores.jobs.get(job_id).error is not None)
    later = submit(stores)
    wait_until(lambda: stores.jobs.get(later).error is not None)
    assert engine.is_alive
