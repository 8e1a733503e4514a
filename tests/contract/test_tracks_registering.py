"""The `Tracks` port: registering what a scan found."""

from dataclasses import replace

from sightsong.core.jobs import Completion, Failed, JobKind, JobState, QuarantineTrack, Queue
from sightsong.core.tracks import FileStamp, Registered, Tags
from tests.contract import building
from tests.contract.building import INGEST, OOPS, OTHER_SPACE, found


def embed_jobs(stores):
    return stores.jobs.backlog(Queue.TRACKS, limit=100)


def test_a_new_file_is_a_new_track_with_an_embed_job(stores):
    assert building.register(stores, found("a.mp3")) == Registered(new=1)
    (track,) = stores.tracks.page(limit=10)
    job = building.claim_one(stores.jobs, queue=Queue.TRACKS)
    assert (job.kind, job.params, job.parent_id) == (
        JobKind.EMBED,
        {"track_id": track.id},
        INGEST,
    )


def test_the_embed_jobs_are_the_children_of_the_ingest(stores):
    building.register(stores, found("a.mp3"), found("b.mp3"))
    assert stores.jobs.children(INGEST) == {JobState.QUEUED: 2}


def test_the_same_file_again_is_known(stores):
    building.register(stores, found("a.mp3"))
    assert building.register(stores, found("a.mp3")) == Registered(known=1)
    assert embed_jobs(stores) == 1


def test_the_same_bytes_elsewhere_are_a_duplicate(stores):
    building.register(stores, found("a.mp3"))
    copy = found("copy.mp3", content="a.mp3")
    assert building.register(stores, copy) == Registered(duplicates=1)
    assert len(stores.tracks.page(limit=10)) == 1
    assert embed_jobs(stores) == 1


def test_the_same_bytes_twice_in_one_go_are_one_track(stores):
    copy = found("copy.mp3", content="a.mp3")
    told = building.register(stores, found("a.mp3"), copy)
    assert told == Registered(new=1, duplicates=1)
    assert stores.tracks.page(limit=10)[0].path == "/music/a.mp3"


def test_a_file_with_other_bytes_than_before_is_a_new_track(stores):
    building.register(stores, found("a.mp3"))
    assert building.register(stores, found("a.mp3", content="edited")) == Registered(new=1)
    assert len(stores.tracks.page(limit=10)) == 2


def test_a_track_whose_file_became_another_is_named_by_the_file_that_is_left(stores):
    building.register(stores, found("a.mp3"), found("b.mp3", content="a.mp3"))
    (track,) = stores.tracks.page(limit=10)
    building.register(stores, found("a.mp3", content="edited"))
    assert stores.tracks.get(track.id).path == "/music/b.mp3"


def test_registering_nothing_does_nothing(stores):
    assert building.register(stores) == Registered()


def test_a_quarantined_track_is_known_and_gets_no_job(stores):
    building.register(stores, found("a.mp3"))
    job = building.claim_one(stores.jobs, queue=Queue.TRACKS)
    effect = QuarantineTrack(track_id=job.params["track_id"], error=OOPS)
    stores.jobs.complete([Completion(job=job, outcome=Failed(error=OOPS), effects=(effect,))])
    assert building.register(stores, found("a.mp3")) == Registered(known=1)
    assert embed_jobs(stores) == 0


def test_a_track_embedded_in_the_space_gets_no_job(stores):
    building.register(stores, found("a.mp3"))
    building.embed(stores.jobs)
    building.register(stores, found("a.mp3"))
    assert embed_jobs(stores) == 0


def test_a_track_embedded_in_another_space_gets_one_job(stores):
    building.register(stores, found("a.mp3"))
    building.embed(stores.jobs)
    for _ in range(2):
        told = building.register(stores, found("a.mp3"), space=OTHER_SPACE)
        assert told == Registered(known=1)
    assert embed_jobs(stores) == 1


def test_a_track_whose_job_ended_without_an_embedding_gets_another(stores):
    building.register(stores, found("a.mp3"))
    stores.jobs.complete([building.done(building.claim_one(stores.jobs, queue=Queue.TRACKS))])
    building.register(stores, found("a.mp3"))
    assert embed_jobs(stores) == 1


def test_stamps_are_read_of_the_files_that_are_registered(stores):
    file = found("a.mp3")
    building.register(stores, file)
    stamp = FileStamp(size_bytes=file.size_bytes, mtime_ns=file.mtime_ns)
    assert stores.tracks.stamps([file.path, "/music/other.mp3"]) == {file.path: stamp}


def test_a_file_that_was_touched_gets_its_new_stamp(stores):
    building.register(stores, found("a.mp3", size_bytes=1))
    building.register(stores, found("a.mp3", size_bytes=2))
    assert stores.tracks.stamps(["/music/a.mp3"])["/music/a.mp3"].size_bytes == 2


def test_tags_may_hold_what_text_columns_refuse(stores):
    odd = replace(found("a.mp3"), tags=Tags(title="a\x00b", artist="\ud800"))
    building.register(stores, odd)
    (track,) = stores.tracks.page(limit=10)
    assert track.tags == odd.tags
