"""The `Ingests` port: what waits for one ingest, and is asked for by another."""

import pytest

from sightsong.core.ingests import Wish
from sightsong.core.jobs import Completion, JobState, Queue, Retry
from sightsong.core.tracks import Verdict
from tests.contract import building
from tests.contract.building import OOPS, SPACE, found

WISH = Wish(paths=("/music",))


@pytest.fixture
def ingest(stores):
    """An ingest that was submitted."""
    return stores.ingests.submit(WISH).id


@pytest.fixture
def scan(stores, ingest):
    """The attempt that scans for it."""
    return building.claim_one(stores.jobs, queue=Queue.LIBRARY)


def take_in(stores, ingest, *names: str):
    return building.register(stores, *(found(name) for name in names), by=ingest)


def claim(stores):
    return building.claim(stores.jobs, queue=Queue.TRACKS)


def children(stores, ingest):
    return stores.ingests.progress(ingest).tracks


@pytest.fixture
def paused(stores, ingest):
    """An ingest that is paused, with one track."""
    take_in(stores, ingest, "a.mp3")
    return stores.ingests.pause(ingest).job.id


def test_what_waits_for_a_paused_ingest_is_taken_over_by_another(stores, paused):
    other = stores.ingests.submit(WISH).id
    assert stores.tracks.known(["/music/a.mp3"], space=SPACE, ingest_id=other) == {}
    assert take_in(stores, other, "a.mp3") == [Verdict.KNOWN]
    assert (children(stores, paused), children(stores, other)) == ({}, {JobState.QUEUED: 1})
    known = stores.tracks.known(["/music/a.mp3"], space=SPACE, ingest_id=other)
    assert list(known) == ["/music/a.mp3"]
    assert len(claim(stores)) == 1


def test_what_was_taken_over_outlives_a_cancel_and_a_resume_of_the_paused_ingest(stores, paused):
    other = stores.ingests.submit(WISH).id
    take_in(stores, other, "a.mp3")
    stores.ingests.cancel(paused)
    stores.ingests.resume(paused)
    assert len(claim(stores)) == 1
    assert children(stores, other) == {JobState.RUNNING: 1}


def test_a_paused_ingest_of_which_all_was_taken_over_is_paused_again_and_canceled(
    stores, ingest, scan
):
    take_in(stores, ingest, "a.mp3")
    stores.jobs.complete([building.done(scan)])
    stores.ingests.pause(ingest)
    take_in(stores, stores.ingests.submit(WISH).id, "a.mp3")
    assert stores.ingests.pause(ingest).is_paused
    canceled = stores.ingests.cancel(ingest)
    assert (canceled.is_paused, canceled.is_canceled) == (False, True)
    assert len(claim(stores)) == 1


def test_a_track_at_work_of_a_paused_ingest_is_taken_over_too(stores, ingest):
    take_in(stores, ingest, "a.mp3")
    job = building.claim_one(stores.jobs, queue=Queue.TRACKS)
    stores.ingests.pause(ingest)
    other = stores.ingests.submit(WISH).id
    take_in(stores, other, "a.mp3")
    stores.jobs.complete([Completion(job=job, outcome=Retry(error=OOPS, delay_s=0))])
    assert [one.id for one in claim(stores)] == [job.id]


def test_a_paused_ingest_keeps_its_own(stores, paused):
    known = stores.tracks.known(["/music/a.mp3"], space=SPACE, ingest_id=paused)
    assert list(known) == ["/music/a.mp3"]
    take_in(stores, paused, "a.mp3")
    assert (children(stores, paused), claim(stores)) == ({JobState.QUEUED: 1}, [])


def test_a_paused_ingest_takes_nothing_over_until_it_is_resumed(stores, paused):
    other = stores.ingests.submit(WISH).id
    stores.ingests.pause(other)
    take_in(stores, other, "a.mp3")
    assert (children(stores, other), claim(stores)) == ({}, [])
    stores.ingests.resume(other)
    take_in(stores, other, "a.mp3")
    assert len(claim(stores)) == 1


def test_what_another_ingest_asked_for_is_taken_up_once_that_is_canceled(stores, ingest):
    take_in(stores, ingest, "a.mp3")
    other = stores.ingests.submit(WISH).id
    take_in(stores, other, "a.mp3")  # waits for the first one's job
    stores.ingests.cancel(ingest)
    assert stores.tracks.known(["/music/a.mp3"], space=SPACE, ingest_id=other) == {}
    take_in(stores, other, "a.mp3")
    assert children(stores, other) == {JobState.QUEUED: 1}
