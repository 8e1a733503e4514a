"""Claimed and made ready ahead: what waits while a batch runs, and what is taken next."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sightsong.core import jobs, ports
from sightsong.core.jobs import JobKind, JobState, Owner, Queue
from sightsong.engine.desk import Desk
from sightsong.engine.work import Line
from tests.unit.engine.parts import (
    Batches,
    ByHand,
    Preparations,
    make_suspect,
    state_of,
    submit,
    work_of,
)
from tests.waiting import wait_until


def test_the_next_batch_is_claimed_and_prepared_while_one_runs(stores):
    prepare = Preparations()
    engine = ByHand(stores, work_of(prepare=prepare, batch=2))
    first = [submit(stores) for _ in range(2)]
    engine.feed()
    prepare.end(*first)
    engine.desk.take()
    following = [submit(stores) for _ in range(3)]
    engine.feed()
    assert engine.waiting == following[:2]
    assert set(prepare.begun) == {*first, *following[:2]}
    assert state_of(stores, following[2]) is JobState.QUEUED


def test_photos_that_come_while_a_batch_runs_make_one_batch_together(stores):
    run = Batches()
    engine = ByHand(stores, work_of(run))
    first = submit(stores)
    engine.feed()
    engine.desk.take()  # it runs
    later = []
    for _ in range(3):
        later.append(submit(stores))
        engine.feed()
    engine.desk.finish()
    engine.runner.step()
    assert run.seen == [later]
    assert first not in later


def test_without_anything_to_prepare_nothing_is_claimed_ahead(stores):
    engine = ByHand(stores, work_of(prepare=None, batch=1))
    submit(stores)
    engine.feed()
    engine.desk.take()
    second = submit(stores)
    engine.feed()
    assert state_of(stores, second) is JobState.QUEUED
    engine.desk.finish()
    engine.feed()
    assert engine.waiting == [second]


def test_no_track_is_claimed_while_a_photo_waits(stores):
    engine = ByHand(stores, work_of(prepare=Preparations()))
    submit(stores)
    track = submit(stores, kind=JobKind.EMBED)
    engine.feed()
    assert state_of(stores, track) is JobState.QUEUED


def test_a_photo_that_comes_later_goes_before_a_track_that_is_ready(stores):
    prepare, run = Preparations(), Batches()
    engine = ByHand(stores, work_of(run, prepare=prepare))
    track = submit(stores, kind=JobKind.EMBED)
    engine.feed()
    prepare.end(track)
    photo = submit(stores)
    engine.feed()
    with ThreadPoolExecutor(1) as thread:
        turn = thread.submit(engine.runner.step)
        assert not run.seen  # the photo is still being prepared: it is waited for
        prepare.end(photo)
        turn.result(10)
    engine.runner.step()
    assert run.seen == [[photo], [track]]


def test_photos_that_are_being_prepared_together_run_together(stores):
    prepare, run = Preparations(), Batches()
    engine = ByHand(stores, work_of(run, prepare=prepare))
    ids = [submit(stores) for _ in range(3)]
    engine.feed()
    prepare.end(ids[1])
    with ThreadPoolExecutor(1) as thread:
        turn = thread.submit(engine.runner.step)
        prepare.end(ids[0], ids[2])
        turn.result(10)
    assert run.seen == [ids]


def test_a_photo_that_takes_long_to_prepare_does_not_hold_up_the_others(stores):
    prepare, run = Preparations(), Batches()
    engine = ByHand(stores, work_of(run, prepare=prepare))
    slow, quick = submit(stores), submit(stores)
    engine.feed()
    prepare.end(quick)
    engine.runner.step()
    prepare.end(slow)
    engine.runner.step()
    assert run.seen == [[quick], [slow]]


def test_a_waiting_job_whose_lease_was_lost_is_let_go(stores):
    prepare = Preparations()
    engine = ByHand(stores, work_of(prepare=prepare))
    lost, kept = submit(stores), submit(stores)
    engine.feed()
    stores.jobs.heartbeat([stores.jobs.get(lost)], lease_s=-1)
    engine.heartbeat.start()
    wait_until(lambda: engine.waiting == [kept])
    engine.heartbeat.stop()
    assert prepare.begun[lost].cancelled()
    assert not prepare.begun[kept].cancelled()


def test_a_closed_desk_takes_and_gives_nothing(stores):
    desk = Desk([Line(queue=Queue.PHOTOS, batch=2)], is_ahead=True, on_room=lambda: None)
    submit(stores)
    claimed = stores.jobs.claim([Queue.PHOTOS], owner=Owner("me"), limit=1, lease_s=60)
    desk.close()
    assert desk.lay(claimed) == ()
    assert desk.take() == ()
    assert desk.room(Line(queue=Queue.PHOTOS, batch=2)) == 0


class Late:
    """Job rows whose claim comes back when the process has been told to stop."""

    def __init__(self, rows: ports.Jobs) -> None:
        self._rows = rows
        self.on_claim: Callable[[], None] = lambda: None

    def __getattr__(self, name: str) -> object:
        return getattr(self._rows, name)

    def claim(self, *args: object, **options: object) -> list[jobs.Job]:
        claimed = self._rows.claim(*args, **options)
        self.on_claim()
        return claimed


def test_jobs_that_are_claimed_too_late_are_given_back_at_once(stores):
    job_id = submit(stores)
    late = Late(stores.jobs)
    engine = ByHand(stores, work_of(), store=late)
    late.on_claim = engine.desk.close
    engine.feed()
    released = stores.jobs.get(job_id)
    assert (released.state, released.attempt) == (JobState.QUEUED, 0)


def test_who_was_told_that_there_is_no_room_is_told_when_there_is(stores):
    told = threading.Event()
    line = Line(queue=Queue.PHOTOS, batch=1)
    desk = Desk([line], is_ahead=True, on_room=told.set)
    submit(stores)
    [job] = stores.jobs.claim([Queue.PHOTOS], owner=Owner("me"), limit=1, lease_s=60)
    [held] = desk.lay([job])
    assert desk.room(line) == 0
    future = Preparations()(job)
    desk.prepare(held, future)
    assert not told.is_set()
    future.set_result(None)
    desk.take()
    assert told.is_set()


def test_a_suspect_waits_until_everything_else_is_done_and_then_is_alone(stores):
    run, prepare = Batches(), Preparations()
    suspect = make_suspect(stores, kind=JobKind.EMBED)
    engine = ByHand(stores, work_of(run, prepare=prepare))
    photo = submit(stores)
    engine.feed()
    prepare.end(photo)
    engine.desk.take()
    engine.feed()  # meets the suspect
    assert engine.waiting == []
    assert stores.jobs.get(suspect).attempt == 1  # given back: this attempt does not count
    later = submit(stores)
    engine.feed()
    assert engine.waiting == []  # and nothing is claimed until it is done
    engine.desk.finish()
    engine.feed()
    assert engine.waiting == [suspect]
    assert later not in prepare.begun
    prepare.end(suspect)
    engine.runner.step()
    engine.feed()
    assert engine.waiting == [later]
    assert run.seen == [[suspect]]


def test_nothing_is_claimed_beside_a_suspect_that_runs(stores):
    suspect = make_suspect(stores)
    engine = ByHand(stores, work_of())
    innocent = submit(stores)
    engine.feed()
    assert engine.waiting == [suspect]
    assert [held.job.id for held in engine.desk.take()] == [suspect]
    engine.feed()
    assert state_of(stores, innocent) is JobState.QUEUED
    engine.desk.finish()
    engine.feed()
    assert engine.waiting == [innocent]


def test_a_suspect_track_that_was_given_back_goes_before_photos_that_came_since(stores):
    run = Batches()
    suspect = make_suspect(stores, kind=JobKind.EMBED)
    engine = ByHand(stores, work_of(run))
    submit(stores)
    engine.feed()
    engine.desk.take()
    engine.feed()  # meets the suspect
    photo = submit(stores)
    engine.desk.finish()
    engine.turn()
    engine.turn()
    assert run.seen == [[suspect], [photo]]


def test_one_killer_among_a_hundred_takes_no_innocent_with_it(stores):
    """The process dies whenever it holds the killer: every job in hand is counted as crashed."""
    killer, *innocent = (submit(stores) for _ in range(100))
    for _ in range(300):
        engine = ByHand(stores, work_of())  # a fresh process
        while engine.feeder.step() or engine.waiting:
            engine.feed()
            batch = engine.desk.take()
            engine.feed()  # ahead
            if killer in {job.id for job in engine.desk.held}:
                break
            done = [jobs.Completion(job=h.job, outcome=jobs.Succeeded(result={})) for h in batch]
            stores.jobs.complete(done)
            engine.desk.finish()
        else:
            break
        stores.jobs.heartbeat(engine.desk.held, lease_s=-1)  # its leases run out
        stores.jobs.sweep(ring_after_s=99)
    assert stores.jobs.get(killer).error.code == "worker_crashed"
    assert {state_of(stores, one) for one in innocent} == {JobState.SUCCEEDED}
