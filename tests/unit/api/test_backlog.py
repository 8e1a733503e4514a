"""How many wait is not counted for each submit, and still no submit is one too many."""

from api.backlog import CountedJobs
from sightsong.adapters import memory
from sightsong.core.jobs import JobKind, NewJob, Owner, Queue
from tests.clocks import Clock


class Counting:
    """The rows in memory; notes how often they were counted."""

    def __init__(self) -> None:
        self.jobs = memory.open_stores().jobs
        self.counted = 0
        self.paced = 0

    def submit(self, new):
        return self.jobs.submit(new)

    def pace(self, _queue):
        self.paced += 1
        return 2.0

    def backlog(self, queue, *, limit):
        self.counted += 1
        return self.jobs.backlog(queue, limit=limit)


def submit_up_to(jobs, limit, *, tries):
    taken = 0
    for _ in range(tries):
        if jobs.backlog(Queue.PHOTOS, limit=limit) < limit:
            jobs.submit(NewJob(kind=JobKind.TEXT))
            taken += 1
    return taken


def test_exactly_as_many_are_taken_as_there_is_room_for():
    for limit in (1, 2, 7):
        assert submit_up_to(CountedJobs(Counting()), limit, tries=20) == limit


def test_while_there_is_room_they_are_seldom_counted():
    rows = Counting()
    assert submit_up_to(CountedJobs(rows, clock=Clock()), 1000, tries=500) == 500
    assert rows.counted == 1


def test_after_a_second_they_are_counted_anew():
    rows, clock = Counting(), Clock()
    jobs = CountedJobs(rows, clock=clock)
    for queued in range(3):
        assert jobs.backlog(Queue.PHOTOS, limit=100) == queued
        rows.submit(NewJob(kind=JobKind.TEXT))
        clock.now += 1.5
    assert rows.counted == 3


def test_while_there_is_no_room_they_are_seldom_counted_and_room_is_soon_seen():
    rows, clock = Counting(), Clock()
    jobs = CountedJobs(rows, clock=clock)
    assert submit_up_to(jobs, 3, tries=50) == 3
    counted = rows.counted
    assert (submit_up_to(jobs, 3, tries=50), rows.counted) == (0, counted)
    rows.jobs.claim([Queue.PHOTOS], owner=Owner("w"), limit=1, lease_s=9)
    clock.now += 0.2
    assert submit_up_to(jobs, 3, tries=50) == 1


def test_how_fast_a_queue_moves_is_looked_at_once_a_second():
    rows, clock = Counting(), Clock()
    jobs = CountedJobs(rows, clock=clock)
    assert [jobs.pace(Queue.PHOTOS) for _ in range(9)] == [2.0] * 9
    clock.now += 1
    jobs.pace(Queue.PHOTOS)
    assert rows.paced == 2
