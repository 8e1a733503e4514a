"""The `Ingests` port: what is asked of ingests, and how far they are."""

import pytest

from sightsong.adapters.store.schema import jobs
from sightsong.core.errors import Conflict, JobNotFound, NotFound
from sightsong.core.ingests import Order, Problem, Scan, Wish
from sightsong.core.jobs import (
    Completion,
    Failed,
    JobId,
    JobKind,
    JobState,
    NewJob,
    Queue,
    Release,
    Retry,
)
from sightsong.core.tracks import TrackState, Verdict
from tests.contract import building
from tests.contract.building import ANN, OOPS, OTHER_SPACE, SPACE, found
from tests.waiting import wait_until

WISH = Wish(paths=("/music",), remove_missing=True)
NOTHING = JobId("nothing")
ODD = Problem(file="a\x00\ud800.zip", code="archive_refused", detail="it is \x00 damaged")


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


def claim(stores, *, queue=Queue.TRACKS):
    return building.claim(stores.jobs, queue=queue)


def children(stores, ingest):
    return stores.ingests.progress(ingest).tracks


def test_a_submitted_ingest_is_a_queued_job_with_its_wish(stores, ingest):
    read = stores.ingests.get(ingest)
    assert (read.wish, read.scan, read.job.state) == (WISH, Scan(), JobState.QUEUED)
    assert (read.is_paused, read.is_canceled) == (False, False)
    assert (read.job.kind, read.job) == (JobKind.INGEST, stores.jobs.get(ingest))


def test_an_ingest_submitted_as_a_job_is_one_too(stores):
    job = stores.jobs.submit(NewJob(kind=JobKind.INGEST, params={"path": "/old"}))
    assert stores.ingests.get(job.id).wish == Wish(paths=("/old",))


def test_ingests_are_listed_newest_first(stores):
    ids = [stores.ingests.submit(WISH).id for _ in range(5)][::-1]
    first = [one.job.id for one in stores.ingests.listed(limit=2)]
    second = [one.job.id for one in stores.ingests.listed(limit=9, after=first[-1])]
    assert [*first, *second] == ids
    assert stores.ingests.listed(limit=9, after=NOTHING) == []


def test_unfinished_ingests_are_listed_oldest_first(stores):
    ids = [stores.ingests.submit(WISH).id for _ in range(4)]
    stores.jobs.submit(NewJob(kind=JobKind.REBUILD))
    ended = building.claim_one(stores.jobs, queue=Queue.LIBRARY)
    stores.jobs.complete([building.done(ended)])
    building.claim_one(stores.jobs, queue=Queue.LIBRARY)
    stores.ingests.pause(ids[2])
    stores.ingests.cancel(ids[3])
    unfinished = stores.ingests.unfinished()
    assert unfinished == [stores.ingests.get(one) for one in ids[1:3]]
    assert unfinished[0].job.state is JobState.RUNNING


@pytest.mark.parametrize("ask", ["get", "pause", "resume", "cancel", "retry"])
def test_an_unknown_ingest_is_not_found(stores, ask):
    photo = stores.jobs.submit(building.photo())
    for job_id in (NOTHING, photo.id):
        with pytest.raises(JobNotFound):
            getattr(stores.ingests, ask)(job_id)


def test_a_scan_notes_how_far_it_is(stores, ingest, scan):
    counts = Scan(found=3, new=2, unreadable=1, size_bytes=9)
    assert stores.ingests.note(scan, counts) is Order.GO_ON
    assert stores.ingests.get(ingest).scan == counts


def test_a_scan_that_lost_its_lease_is_told_to_stop_and_notes_nothing(stores, ingest):
    lost = building.lose_lease(stores.jobs, queue=Queue.LIBRARY)
    assert stores.ingests.note(lost, Scan(found=3), [ODD]) is Order.STOP
    assert stores.ingests.get(ingest).scan == Scan()
    assert stores.ingests.problems(ingest, limit=9) == []


def test_a_note_of_what_is_no_ingest_is_told_to_stop(stores):
    stores.jobs.submit(building.photo())
    assert stores.ingests.note(building.claim_one(stores.jobs), Scan()) is Order.STOP


def test_problems_are_listed_files_first_and_then_tracks(stores, ingest, scan):
    take_in(stores, ingest, "a.mp3", "b.mp3")
    for _ in range(2):
        building.fail_embedding(stores, "audio_broken")
    stores.ingests.note(scan, Scan(found=1), [ODD])
    pages, after = [], None
    while page := stores.ingests.problems(ingest, limit=1, after=after):
        pages += page
        after = page[-1].cursor
    assert [(one.file, one.code) for one in pages] == [
        (ODD.file, ODD.code),
        ("a.mp3", "audio_broken"),
        ("b.mp3", "audio_broken"),
    ]
    assert (pages[0].detail, pages[0].track_id) == (ODD.detail, None)
    assert stores.tracks.get(pages[1].track_id).path == "/music/a.mp3"
    assert stores.ingests.problems(ingest, limit=9) == pages


def test_the_first_note_of_an_attempt_drops_the_problems_of_the_one_before(stores, ingest, scan):
    stores.ingests.note(scan, Scan(found=5), [ODD])
    stores.jobs.complete([Completion(job=scan, outcome=Release())])
    again = building.claim_one(stores.jobs, queue=Queue.LIBRARY)  # the same number of attempt
    for code in ("url_not_allowed", "manifest_broken"):
        stores.ingests.note(again, Scan(), [Problem(file="x", code=code, detail="")])
    codes = [one.code for one in stores.ingests.problems(ingest, limit=9)]
    assert codes == ["url_not_allowed", "manifest_broken"]


def test_progress_counts_states_errors_and_what_was_heard(stores, ingest):
    take_in(stores, ingest, *"abcde")
    for duration_s in (30.0, 12.0):
        building.embed(stores.jobs, duration_s=duration_s)
    building.fail_embedding(stores, "audio_broken")
    claim_one = building.claim_one(stores.jobs, queue=Queue.TRACKS)
    stores.jobs.complete([Completion(job=claim_one, outcome=Retry(error=OOPS, delay_s=0))])
    progress = stores.ingests.progress(ingest)
    assert progress.tracks == {
        JobState.QUEUED: 2,
        JobState.SUCCEEDED: 2,
        JobState.FAILED: 1,
    }
    assert (progress.failed, progress.heard_s) == ({"audio_broken": 1}, 42.0)
    assert (progress.recent_tracks, progress.recent_heard_s) == (3, 42.0)
    assert 0 <= progress.recent_span_s < 60


def test_progress_knows_when_the_last_track_ended_but_for_canceled_ones(stores, ingest):
    take_in(stores, ingest, *"ab")
    assert stores.ingests.progress(ingest).ended_at is None
    heard, _ = claim(stores)
    building.finish(stores.jobs, heard, building.embedding(heard.params["track_id"]))
    stores.ingests.cancel(ingest)
    assert stores.ingests.progress(ingest).ended_at == stores.jobs.get(heard.id).finished_at


def test_the_progress_of_an_ingest_without_tracks_is_empty(stores, ingest):
    progress = stores.ingests.progress(ingest)
    assert (progress.tracks, progress.failed, progress.tracks_per_s) == ({}, {}, None)


def test_nothing_of_a_paused_ingest_is_claimed(stores, ingest):
    take_in(stores, ingest, "a.mp3")
    assert stores.ingests.pause(ingest).is_paused
    assert stores.ingests.pause(ingest).is_paused  # safe to repeat
    take_in(stores, ingest, "b.mp3")  # by a scan that has not heard of it yet
    assert (claim(stores), claim(stores, queue=Queue.LIBRARY)) == ([], [])
    assert stores.jobs.sweep(ring_after_s=0).unrung == frozenset()


def test_a_resumed_ingest_goes_on(stores, ingest):
    take_in(stores, ingest, "a.mp3", "b.mp3")
    stores.ingests.pause(ingest)
    assert not stores.ingests.resume(ingest).is_paused
    stores.ingests.resume(ingest)  # safe to repeat
    assert [job.params["track_id"] for job in claim(stores)] == [
        track.id for track in sorted(stores.tracks.page(limit=9), key=lambda one: one.path)
    ]
    assert len(claim(stores, queue=Queue.LIBRARY)) == 1


def test_a_scan_is_told_to_pause_and_waits(stores, ingest, scan):
    stores.ingests.pause(ingest)
    assert stores.ingests.note(scan, Scan(found=1)) is Order.PAUSE
    stores.jobs.complete([Completion(job=scan, outcome=Release())])
    assert claim(stores, queue=Queue.LIBRARY) == []
    stores.ingests.resume(ingest)
    assert [job.id for job in claim(stores, queue=Queue.LIBRARY)] == [ingest]


def test_a_track_that_runs_while_its_ingest_is_paused_waits_when_it_is_tried_again(stores, ingest):
    take_in(stores, ingest, "a.mp3", "b.mp3")
    first, second = claim(stores)
    stores.ingests.pause(ingest)
    retry = Retry(error=OOPS, delay_s=0)
    stores.jobs.complete([Completion(job=first, outcome=retry), building.done(second)])
    assert (claim(stores), stores.jobs.get(second.id).state) == ([], JobState.SUCCEEDED)
    stores.ingests.resume(ingest)
    assert [job.id for job in claim(stores)] == [first.id]


def test_a_track_that_loses_its_lease_while_its_ingest_is_paused_waits(stores, ingest):
    take_in(stores, ingest, "a.mp3")
    job = building.claim_one(stores.jobs, queue=Queue.TRACKS, lease_s=building.SHORT_S)
    stores.ingests.pause(ingest)
    wait_until(lambda: stores.jobs.sweep(ring_after_s=60).requeued)
    assert claim(stores) == []
    stores.ingests.resume(ingest)
    assert [one.id for one in claim(stores)] == [job.id]


def test_thousands_of_tracks_are_paused_resumed_and_canceled(sql_stores):
    """More than one transaction's worth; made by SQL, for registering so many takes long."""
    stores, ingest = sql_stores, sql_stores.ingests.submit(WISH).id
    take_in(stores, ingest, "a.mp3")
    with stores.database.write() as connection:
        row = dict(connection.execute(jobs.select().where(jobs.c.kind == "embed")).mappings().one())
        del row["sequence"]
        copies = [row | {"id": f"{number:06}{row['id'][6:]}"} for number in range(12_000)]
        connection.execute(jobs.insert(), copies)
    stores.ingests.pause(ingest)
    assert claim(stores) == []
    stores.ingests.resume(ingest)
    assert len(stores.jobs.claim([Queue.TRACKS], owner=ANN, limit=20_000, lease_s=60)) == 12_001
    stores.ingests.cancel(ingest)
    assert children(stores, ingest) == {JobState.CANCELED: 12_001}


def test_a_pause_leaves_other_ingests_alone(stores, ingest):
    other = stores.ingests.submit(WISH).id
    take_in(stores, other, "a.mp3")
    stores.ingests.pause(ingest)
    assert len(claim(stores)) == 1


def test_a_canceled_ingest_gives_up_what_is_left(stores, ingest, scan):
    take_in(stores, ingest, "a.mp3", "b.mp3", "c.mp3")
    done = building.embed(stores.jobs)
    running = building.claim_one(stores.jobs, queue=Queue.TRACKS)
    canceled = stores.ingests.cancel(ingest)
    assert (canceled.is_canceled, canceled.job.state) == (True, JobState.CANCELED)
    assert canceled.job.finished_at is not None
    assert children(stores, ingest) == {JobState.SUCCEEDED: 1, JobState.CANCELED: 2}
    assert stores.jobs.complete([building.done(running)]) == frozenset()
    assert stores.ingests.note(scan, Scan(found=9)) is Order.STOP
    assert stores.tracks.get(done).state is TrackState.READY
    assert stores.ingests.cancel(ingest) == canceled  # safe to repeat


def test_the_tracks_of_a_canceled_ingest_are_taken_up_by_a_later_one(stores, ingest):
    take_in(stores, ingest, "a.mp3")
    stores.ingests.cancel(ingest)
    take_in(stores, ingest, "b.mp3")  # by a scan that has not heard of it yet
    assert stores.jobs.backlog(Queue.TRACKS, limit=9) == 0
    later = stores.ingests.submit(WISH).id
    paths = ["/music/a.mp3", "/music/b.mp3"]
    assert stores.tracks.known(paths, space=SPACE, ingest_id=later) == {}
    assert take_in(stores, later, "a.mp3", "b.mp3") == [Verdict.KNOWN, Verdict.KNOWN]
    assert children(stores, later) == {JobState.QUEUED: 2}


def test_a_paused_ingest_is_canceled(stores, ingest):
    take_in(stores, ingest, "a.mp3")
    stores.ingests.pause(ingest)
    canceled = stores.ingests.cancel(ingest)
    assert (canceled.is_paused, canceled.job.state) == (False, JobState.CANCELED)


def test_what_is_done_is_neither_paused_nor_canceled(stores, ingest, scan):
    take_in(stores, ingest, "a.mp3")
    stores.jobs.complete([building.done(scan)])
    stores.ingests.pause(ingest)  # a track is left
    stores.ingests.resume(ingest)
    building.embed(stores.jobs)
    for ask in (stores.ingests.pause, stores.ingests.cancel):
        with pytest.raises(Conflict):
            ask(ingest)


def test_an_ingest_whose_scan_has_ended_is_canceled_with_its_tracks(stores, ingest, scan):
    take_in(stores, ingest, "a.mp3")
    stores.jobs.complete([building.done(scan)])
    canceled = stores.ingests.cancel(ingest)
    assert (canceled.is_canceled, canceled.job.state) == (True, JobState.SUCCEEDED)
    assert children(stores, ingest) == {JobState.CANCELED: 1}


def test_failed_tracks_are_tried_again(stores, ingest):
    take_in(stores, ingest, "a.mp3", "b.mp3", "c.mp3")
    building.fail_embedding(stores, "audio_broken")
    building.fail_embedding(stores, "worker_crashed")
    building.embed(stores.jobs)
    assert stores.ingests.retry(ingest) == 2
    assert children(stores, ingest) == {JobState.SUCCEEDED: 1, JobState.QUEUED: 2}
    assert stores.tracks.count() == {TrackState.READY: 1, TrackState.PENDING: 2}
    assert (stores.ingests.retry(ingest), stores.ingests.problems(ingest, limit=9)) == (0, [])


def test_a_failed_track_that_was_removed_is_not_tried_again(stores, ingest):
    take_in(stores, ingest, "a.mp3")
    stores.tracks.remove(building.fail_embedding(stores, "audio_broken"))
    assert stores.ingests.retry(ingest) == 0


def test_what_is_tried_again_of_a_paused_ingest_waits(stores, ingest):
    take_in(stores, ingest, "a.mp3")
    building.fail_embedding(stores, "audio_broken")
    stores.ingests.pause(ingest)
    assert (stores.ingests.retry(ingest), claim(stores)) == (1, [])


def test_the_speed_is_known_from_three_tracks_on(stores, ingest):
    take_in(stores, ingest, "a.mp3", "b.mp3", "c.mp3")
    claimed = claim(stores)
    for job in claimed[:2]:
        building.finish(stores.jobs, job, building.embedding(job.params["track_id"]))
    assert stores.ingests.heard_per_s(SPACE) is None
    wait_until(lambda: stores.ingests.progress(ingest).recent_span_s > 0.01)
    building.finish(stores.jobs, claimed[2], building.embedding(claimed[2].params["track_id"]))
    begun, ended = claimed[0].started_at, stores.jobs.get(claimed[2].id).finished_at
    expected = 3 * 22.5 / (ended - min(begun, claimed[2].started_at))
    assert stores.ingests.heard_per_s(SPACE) == pytest.approx(expected, rel=0.01)
    assert stores.ingests.heard_per_s(OTHER_SPACE) is None


def test_folders_are_watched_once_each_and_listed_in_order(stores):
    first = stores.ingests.watch("/music/b")
    second = stores.ingests.watch("/music/a")
    assert stores.ingests.watch("/music/b") == first
    assert sorted(one.path for one in stores.ingests.watched()) == ["/music/a", "/music/b"]
    stores.ingests.note_watched(second.id, JobId("last"))
    stores.ingests.note_watched("nothing", JobId("last"))
    assert {one.ingest_id for one in stores.ingests.watched()} == {None, "last"}
    stores.ingests.unwatch(second.id)
    assert stores.ingests.watched() == [first]
    with pytest.raises(NotFound):
        stores.ingests.unwatch(second.id)


def test_a_failed_scan_has_no_code_among_the_tracks(stores, ingest, scan):
    stores.jobs.complete([Completion(job=scan, outcome=Failed(error=OOPS))])
    assert stores.ingests.progress(ingest).failed == {}


def test_a_queue_is_busy_while_anything_waits_that_no_pause_holds(stores):
    ingest = stores.ingests.submit(Wish(paths=("/music",)))
    assert not stores.jobs.is_busy(Queue.TRACKS)
    building.register(stores, found("a.mp3"), by=ingest.id)
    assert stores.jobs.is_busy(Queue.TRACKS)
    stores.ingests.pause(ingest.id)
    assert not stores.jobs.is_busy(Queue.TRACKS)
    stores.ingests.resume(ingest.id)
    job = building.claim_one(stores.jobs, queue=Queue.TRACKS)
    assert stores.jobs.is_busy(Queue.TRACKS)
    building.finish(stores.jobs, job)
    assert not stores.jobs.is_busy(Queue.TRACKS)
