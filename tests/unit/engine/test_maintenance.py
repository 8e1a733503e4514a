"""Maintenance and the ringer, over the in-memory store."""

import threading

import structlog

from sightsong.adapters import memory
from sightsong.core import errors
from sightsong.core.jobs import JobKind, JobState, NewJob, Owner, Queue
from sightsong.engine.maintenance import Maintenance
from sightsong.engine.ringer import Ringer
from sightsong.engine.work import Pace
from tests.clocks import Clock
from tests.waiting import wait_until


class SilentDoorbell:
    """A broker that is gone until it is told to come back."""

    def __init__(self) -> None:
        self.is_back = False
        self.rings: list[Queue] = []
        self.tried = threading.Event()
        self.tries = 0

    def ring(self, queue: Queue) -> None:
        self.tried.set()
        self.tries += 1
        if not self.is_back:
            raise errors.Unavailable("gone")
        self.rings.append(queue)


def test_a_job_whose_worker_died_is_given_back_and_rung_for():
    clock = Clock(1000.0)
    stores, doorbell = memory.open_stores(clock), memory.MemoryDoorbell()
    job_id = stores.jobs.submit(NewJob(kind=JobKind.PHOTO)).id
    stores.jobs.claim([Queue.PHOTOS], owner=Owner("dead"), limit=1, lease_s=30)
    maintenance = Maintenance(stores.jobs, doorbell, Pace(ring_after_s=3))
    clock.now += 31
    maintenance.sweep()
    assert stores.jobs.get(job_id).state is JobState.QUEUED
    clock.now += 4
    maintenance.sweep()
    assert doorbell.rings == (Queue.PHOTOS,)


def test_a_queue_that_was_just_rung_for_is_left_alone():
    clock = Clock(1000.0)
    stores, doorbell = memory.open_stores(clock), memory.MemoryDoorbell()
    stores.jobs.submit(NewJob(kind=JobKind.PHOTO))
    maintenance = Maintenance(stores.jobs, doorbell, Pace(ring_after_s=3))
    clock.now += 4
    maintenance.sweep()
    clock.now += 1
    maintenance.sweep()
    assert doorbell.rings == (Queue.PHOTOS,)


def test_rings_get_through_once_the_broker_is_back():
    doorbell = SilentDoorbell()
    ringer = Ringer(doorbell)
    ringer.start()
    ringer.ring(Queue.PHOTOS)
    assert doorbell.tried.wait(10)
    wait_until(lambda: ringer.last_error)
    doorbell.is_back = True
    ringer.ring(Queue.TRACKS)
    wait_until(lambda: doorbell.rings)
    ringer.stop()
    assert (doorbell.rings, ringer.last_error) == ([Queue.TRACKS], None)


def test_a_broker_that_nobody_rings_is_tried_from_the_start_and_again():
    doorbell = SilentDoorbell()
    ringer = Ringer(doorbell, try_every_s=0.01)
    ringer.start()
    wait_until(lambda: ringer.last_error)
    doorbell.is_back = True
    wait_until(lambda: not ringer.last_error)
    ringer.stop()


def test_rings_that_do_not_get_through_are_reported_once_and_their_end_too():
    doorbell = SilentDoorbell()
    with structlog.testing.capture_logs() as logs:
        ringer = Ringer(doorbell, try_every_s=0.001)
        ringer.start()
        wait_until(lambda: doorbell.tries > 5)
        doorbell.is_back = True
        wait_until(lambda: doorbell.rings)
        ringer.stop()
    assert [log["event"] for log in logs] == ["doorbell.silent", "doorbell.back"]
    assert logs[1]["missed"] > 5


def test_rings_wanted_at_the_stop_are_still_rung():
    doorbell = memory.MemoryDoorbell()
    ringer = Ringer(doorbell)
    ringer.ring(Queue.PHOTOS)
    ringer.ring(Queue.PHOTOS)
    ringer.start()
    ringer.stop()
    assert doorbell.rings == (Queue.PHOTOS,)
