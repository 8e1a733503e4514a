"""The heartbeat: what counts as stuck, and what it does whatever else fails."""

import time
from collections.abc import Callable, Iterator

import pytest

from sightsong.core import jobs, ports
from sightsong.engine.heartbeat import Heartbeat
from sightsong.engine.work import Pace
from tests.unit.engine.parts import ByHand, Preparations, submit, work_of
from tests.waiting import wait_until

QUICK = Pace(lease_s=5, heartbeat_s=0.02, poll_s=0.02)

Beating = Callable[[ByHand], Heartbeat]


@pytest.fixture
def beating() -> Iterator[Beating]:
    begun: list[Heartbeat] = []

    def begin(engine: ByHand) -> Heartbeat:
        begun.append(engine.heartbeat)
        engine.heartbeat.start(engine.runner, engine.feeder)
        return engine.heartbeat

    yield begin
    for heartbeat in begun:
        heartbeat.stop()


class Mute:
    """Job rows that take no report, and count the calls for leases."""

    def __init__(self, rows: ports.Jobs) -> None:
        self._rows = rows
        self.beats = 0
        self.reports = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._rows, name)

    def report_worker(self, worker: jobs.WorkerInfo) -> None:
        self.reports += 1
        raise LookupError("nobody foresaw this")

    def heartbeat(self, *args: object, **how: object) -> object:
        self.beats += 1
        return self._rows.heartbeat(*args, **how)


def age(engine: ByHand, at_least_s: float) -> None:
    """Wait until the oldest preparation has gone on for so long."""
    wait_until(lambda: engine.desk.preparing_s >= at_least_s)


def test_leases_are_kept_though_the_worker_cannot_be_reported(stores):
    store = Mute(stores.jobs)
    engine = ByHand(stores, work_of(prepare=Preparations()), pace=QUICK, store=store)
    submit(stores)
    engine.feed()
    engine.heartbeat.start()
    wait_until(lambda: store.beats >= 2 and store.reports >= 2)
    engine.heartbeat.stop()


def test_what_is_stuck_is_noticed_though_the_worker_cannot_be_reported(stores):
    pace = Pace(lease_s=5, heartbeat_s=0.02, batch_limit_s=0.05)
    engine = ByHand(stores, work_of(prepare=Preparations()), pace=pace, store=Mute(stores.jobs))
    submit(stores)
    engine.feed()
    age(engine, 0.06)
    engine.heartbeat.start()
    assert engine.stuck.wait(10)
    engine.heartbeat.stop()


def test_jobs_whose_runner_has_ended_are_stuck(stores, beating):
    engine = ByHand(stores, work_of(), pace=QUICK)
    submit(stores)
    engine.feed()
    beating(engine)  # neither its runner nor its feeder has a thread
    assert engine.stuck.wait(10)


def test_a_runner_that_has_ended_because_of_a_stop_leaves_nothing_stuck(stores, beating):
    store, work = Mute(stores.jobs), work_of()
    engine = ByHand(stores, work, pace=QUICK, store=store)
    submit(stores)
    engine.feed()
    work.watch.stop()
    beating(engine)
    wait_until(lambda: store.beats >= 3)
    assert not engine.stuck.is_set()


def test_an_idle_engine_is_not_stuck_before_its_threads_begin(stores, beating):
    store = Mute(stores.jobs)
    engine = ByHand(stores, work_of(), pace=QUICK, store=store)
    beating(engine)
    wait_until(lambda: store.reports >= 3)
    assert not engine.stuck.is_set()


def test_a_preparation_that_waits_for_its_turn_makes_progress_when_one_before_it_ends(stores):
    prepare = Preparations()
    engine = ByHand(stores, work_of(prepare=prepare))
    first, _second = submit(stores), submit(stores)
    engine.feed()
    age(engine, 0.2)
    began = time.monotonic()
    prepare.end(first)
    assert engine.desk.preparing_s <= time.monotonic() - began


def test_a_preparation_that_hangs_is_not_excused_by_those_behind_it(stores):
    prepare = Preparations()
    engine = ByHand(stores, work_of(prepare=prepare))
    _hangs, behind = submit(stores), submit(stores)
    engine.feed()
    age(engine, 0.2)
    prepare.end(behind)
    assert engine.desk.preparing_s >= 0.2
