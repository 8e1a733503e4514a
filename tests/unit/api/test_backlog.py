"""How many wait is not counted for each submit, and still no submit is one too many."""

from api.backlog import CountedJobs
from sightsong.adapters import memory
from sightsong.core.jobs import JobKind, NewJob, Queue
from tests.clocks import Clock


class Counting:
    """The rows in memory; notes how often they were counted."""

    def __init__(self) -> None:
        self.jobs = memory.open_stores().jobs
        self.counted = 0

    def submit(self, new):
        return self.jobs.submit(new)

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
