"""The `Tracks` port: registering what a scan found."""

from dataclasses import replace

import pytest

from sightsong.core.jobs import JobKind, JobState, Queue
from sightsong.core.tracks import FileStamp, Tags, TrackState, Verdict
from tests.contract import building
from tests.contract.building import INGEST, OOPS, OTHER_SPACE, SPACE, found

OF_THE_BYTES = ["audio_broken", "audio_silent", "audio_too_long", "audio_protected"]
PASSING = ["path_not_allowed", "store_unavailable", "task_failed", "worker_crashed"]
A_MP3 = found("a.mp3")
STAMPED = {A_MP3.path: FileStamp(size_bytes=A_MP3.size_bytes, mtime_ns=A_MP3.mtime_ns)}


def embed_jobs(stores):
    return stores.jobs.backlog(Queue.TRACKS, limit=100)


def stamps(stores, *, space=SPACE):
    paths = [A_MP3.path, "/music/other.mp3"]
    known = stores.tracks.known(paths, space=space, ingest_id=INGEST)
    return {path: file.stamp for path, file in known.items()}


def test_a_new_file_is_a_new_track_with_an_embed_job(stores):
    assert building.register(stores, found("a.mp3")) == [Verdict.NEW]
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
    assert building.register(stores, found("a.mp3")) == [Verdict.KNOWN]
    assert embed_jobs(stores) == 1


def test_the_same_bytes_elsewhere_are_a_duplicate(stores):
    building.register(stores, found("a.mp3"))
    copy = found("copy.mp3", content="a.mp3")
    assert building.register(stores, copy) == [Verdict.DUPLICATE]
    assert len(stores.tracks.page(limit=10)) == 1
    assert embed_jobs(stores) == 1


def test_the_same_bytes_twice_in_one_go_are_one_track(stores):
    copy = found("copy.mp3", content="a.mp3")
    told = building.register(stores, found("a.mp3"), copy)
    assert told == [Verdict.NEW, Verdict.DUPLICATE]
    assert stores.tracks.page(limit=10)[0].path == "/music/a.mp3"


def test_a_track_whose_file_became_another_is_named_by_the_file_that_is_left(stores):
    building.register(stores, found("a.mp3"), found("b.mp3", content="a.mp3"))
    (track,) = stores.tracks.page(limit=10)
    building.register(stores, found("a.mp3", content="edited"))
    assert stores.tracks.get(track.id).path == "/music/b.mp3"


def test_registering_nothing_does_nothing(stores):
    assert building.register(stores) == []


@pytest.mark.parametrize("code", OF_THE_BYTES)
def test_a_track_quarantined_for_its_bytes_is_known_and_gets_no_job(stores, code):
    building.register(stores, A_MP3)
    building.fail_embedding(stores, code)
    assert stamps(stores) == STAMPED
    assert building.register(stores, A_MP3) == [Verdict.KNOWN]
    assert embed_jobs(stores) == 0
    assert stores.tracks.count() == {TrackState.QUARANTINED: 1}


@pytest.mark.parametrize("code", PASSING)
def test_a_track_quarantined_for_a_passing_cause_gets_another_job(stores, code):
    building.register(stores, A_MP3)
    building.fail_embedding(stores, code)
    assert stamps(stores) == {}  # or the scan would not look at the file
    assert building.register(stores, A_MP3) == [Verdict.KNOWN]
    (track,) = stores.tracks.page(limit=10)
    assert (track.state, track.reason_code, track.reason) == (TrackState.PENDING, None, None)
    assert embed_jobs(stores) == 1


def test_a_track_that_is_tried_again_gets_one_job_and_its_stamp_back(stores):
    building.register(stores, A_MP3)
    building.fail_embedding(stores, OOPS.code)
    for _ in range(2):
        building.register(stores, A_MP3)
    assert (embed_jobs(stores), stamps(stores)) == (1, STAMPED)


def test_a_copy_of_a_track_in_quarantine_for_a_passing_cause_brings_it_back(stores):
    building.register(stores, A_MP3)
    building.fail_embedding(stores, "path_not_allowed")
    moved = found("new place/a.mp3", content="a.mp3")
    assert building.register(stores, moved) == [Verdict.DUPLICATE]
    assert embed_jobs(stores) == 1


def test_a_track_that_failed_in_another_space_is_tried_again_where_it_was_embedded(stores):
    building.register(stores, A_MP3)
    building.embed(stores.jobs)
    building.register(stores, A_MP3, space=OTHER_SPACE)
    building.fail_embedding(stores, OOPS.code)
    assert stamps(stores) == {}
    building.register(stores, A_MP3)
    assert embed_jobs(stores) == 1


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
        assert told == [Verdict.KNOWN]
    assert embed_jobs(stores) == 1


def test_a_track_whose_job_ended_without_an_embedding_gets_another(stores):
    building.register(stores, found("a.mp3"))
    stores.jobs.complete([building.done(building.claim_one(stores.jobs, queue=Queue.TRACKS))])
    building.register(stores, found("a.mp3"))
    assert embed_jobs(stores) == 1


def test_stamps_are_read_of_the_files_whose_tracks_wait_to_be_embedded(stores):
    building.register(stores, A_MP3)
    assert stamps(stores) == STAMPED


def test_stamps_are_read_of_the_files_whose_tracks_are_embedded_in_the_space(stores):
    building.register(stores, A_MP3)
    building.embed(stores.jobs)
    assert stamps(stores) == STAMPED


def test_stamps_leave_out_files_whose_tracks_are_embedded_in_another_space_only(stores):
    building.register(stores, A_MP3)
    building.embed(stores.jobs)
    assert stamps(stores, space=OTHER_SPACE) == {}
    building.register(stores, A_MP3, space=OTHER_SPACE)
    assert stamps(stores, space=OTHER_SPACE) == STAMPED


def test_stamps_leave_out_files_whose_job_ended_without_an_embedding(stores):
    building.register(stores, A_MP3)
    stores.jobs.complete([building.done(building.claim_one(stores.jobs, queue=Queue.TRACKS))])
    assert stamps(stores) == {}


def test_a_file_that_was_touched_gets_its_new_stamp(stores):
    building.register(stores, found("a.mp3", size_bytes=1))
    building.register(stores, found("a.mp3", size_bytes=2))
    assert stamps(stores)["/music/a.mp3"].size_bytes == 2


def test_tags_may_hold_what_text_columns_refuse(stores):
    odd = replace(found("a.mp3"), tags=Tags(title="a\x00b", labels=("\ud800",)))
    building.register(stores, odd)
    (track,) = stores.tracks.page(limit=10)
    assert track.tags == odd.tags
