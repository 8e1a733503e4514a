"""The `Tracks` port: files with other bytes, files that moved, files that are gone."""

import pytest

from sightsong.core.errors import TrackNotFound
from sightsong.core.jobs import (
    Completion,
    JobId,
    JobKind,
    JobState,
    KeepEmbedding,
    NewJob,
    Queue,
    Succeeded,
)
from sightsong.core.tracks import Forgotten, Tags, TrackState, Verdict
from tests.contract import building
from tests.contract.building import OTHER_SPACE, SPACE, found

LATER = JobId("00000000-0000-4000-8000-000000000001")
A, EDITED = found("a.mp3"), found("a.mp3", content="edited", tags={"title": "Retagged"})


def known(stores, path=A.path, *, by=LATER, space=SPACE):
    found = stores.tracks.known([path], space=space, ingest_id=by).get(path)
    return found and found.verdict


def one(stores):
    (track,) = stores.tracks.page(limit=10)
    return track


def waiting(stores):
    return stores.jobs.backlog(Queue.TRACKS, limit=100)


def keep(stores, *, space=SPACE):
    """Let the next `embed` job find that the sound is as it was."""
    job = building.claim_one(stores.jobs, queue=Queue.TRACKS)
    effect = KeepEmbedding(track_id=job.params["track_id"], space=space)
    stores.jobs.complete([Completion(job=job, outcome=Succeeded(result={}), effects=(effect,))])


@pytest.fixture
def embedded(stores):
    """A track that is embedded, with one file."""
    building.register(stores, A)
    building.embed(stores.jobs)
    return one(stores)


def test_a_file_with_other_bytes_keeps_its_track(stores, embedded):
    assert building.register(stores, EDITED) == [Verdict.CHANGED]
    track = one(stores)
    assert (track.id, track.sha256) == (embedded.id, EDITED.sha256)
    assert (track.tags, track.state) == (Tags(title="Retagged"), TrackState.READY)


def test_a_changed_file_is_looked_at_again(stores, embedded):
    building.register(stores, EDITED)
    assert waiting(stores) == 1
    assert stores.tracks.digest(embedded.id, space=SPACE) == "d" * 64


def test_a_kept_embedding_changes_nothing_but_the_need_to_look(stores, embedded):
    building.register(stores, EDITED)
    revision = stores.tracks.revision(SPACE)
    keep(stores)
    assert (stores.tracks.revision(SPACE), one(stores).state) == (revision, TrackState.READY)
    assert building.register(stores, EDITED) == [Verdict.KNOWN]
    assert waiting(stores) == 0


def test_a_changed_file_whose_job_was_lost_gets_another(stores, embedded):
    building.register(stores, EDITED)
    stores.jobs.complete([building.done(building.claim_one(stores.jobs, queue=Queue.TRACKS))])
    assert known(stores) is None  # or the scan would not look at the file
    assert building.register(stores, EDITED) == [Verdict.KNOWN]
    assert waiting(stores) == 1


def test_a_changed_file_is_looked_at_in_each_space_that_it_was_embedded_in(stores, embedded):
    building.register(stores, A, space=OTHER_SPACE)
    building.embed(stores.jobs, space=OTHER_SPACE)
    building.register(stores, EDITED)
    building.embed(stores.jobs)
    assert (known(stores), known(stores, space=OTHER_SPACE)) == (Verdict.KNOWN, None)


def test_an_embedding_that_is_kept_in_one_space_is_yet_to_be_looked_at_in_another(stores, embedded):
    building.register(stores, A, space=OTHER_SPACE)
    building.embed(stores.jobs, space=OTHER_SPACE)
    building.register(stores, EDITED, space=OTHER_SPACE)
    keep(stores, space=OTHER_SPACE)
    assert (known(stores, space=OTHER_SPACE), known(stores)) == (Verdict.KNOWN, None)
    assert building.register(stores, EDITED) == [Verdict.KNOWN]
    assert waiting(stores) == 1


def test_a_track_in_quarantine_for_its_bytes_is_tried_again_with_others(stores):
    building.register(stores, A)
    building.fail_embedding(stores, "audio_broken")
    assert building.register(stores, EDITED) == [Verdict.CHANGED]
    assert (one(stores).state, one(stores).reason_code) == (TrackState.PENDING, None)
    assert waiting(stores) == 1


def test_an_attempt_on_bytes_that_are_no_more_is_fenced(stores):
    building.register(stores, A)
    old = building.claim_one(stores.jobs, queue=Queue.TRACKS)
    building.register(stores, EDITED)
    assert stores.jobs.complete([building.done(old)]) == frozenset()
    assert stores.jobs.get(old.id).state is JobState.CANCELED
    assert waiting(stores) == 1


def test_a_job_that_waits_serves_the_new_bytes_too(stores):
    building.register(stores, A)
    building.register(stores, EDITED)
    assert waiting(stores) == 1


def test_a_path_leaves_a_track_that_has_another_file(stores):
    building.register(stores, A, found("b.mp3", content="a.mp3"))
    assert building.register(stores, EDITED) == [Verdict.NEW]
    assert len(stores.tracks.page(limit=10)) == 2


def test_a_track_that_loses_a_path_is_looked_at_again(stores):
    """Its job may have heard that path, when other music lay there already."""
    copy = found("b.mp3", content="a.mp3")
    building.register(stores, A, copy)
    track_id = building.embed(stores.jobs)
    building.register(stores, A, space=OTHER_SPACE)
    building.embed(stores.jobs, space=OTHER_SPACE)
    building.register(stores, EDITED)
    asked = {job.params["track_id"] for job in building.claim(stores.jobs, queue=Queue.TRACKS)}
    assert track_id in asked
    assert stores.tracks.get(track_id).state is TrackState.READY
    assert known(stores, copy.path, space=OTHER_SPACE) is Verdict.KNOWN  # asked already


def test_a_track_that_lost_a_path_and_sounds_as_it_did_is_known_again(stores):
    copy = found("b.mp3", content="a.mp3")
    building.register(stores, A, copy)
    building.embed(stores.jobs)
    building.register(stores, EDITED)
    for job in building.claim(stores.jobs, queue=Queue.TRACKS):
        effect = KeepEmbedding(track_id=job.params["track_id"], space=SPACE)
        building.finish(stores.jobs, job, effect)
    assert (known(stores, copy.path), waiting(stores)) == (Verdict.KNOWN, 0)


def test_a_track_that_lost_a_path_while_it_was_heard_is_heard_again(stores):
    copy = found("b.mp3", content="a.mp3")
    building.register(stores, A, copy)
    old = building.claim_one(stores.jobs, queue=Queue.TRACKS)
    building.register(stores, EDITED)
    assert stores.jobs.complete([building.done(old)]) == frozenset()
    asked = [job.params["track_id"] for job in building.claim(stores.jobs, queue=Queue.TRACKS)]
    assert old.params["track_id"] in asked


def test_a_file_that_became_a_copy_of_another_track_joins_it(stores):
    building.register(stores, A, found("b.mp3"))
    building.embed(stores.jobs)
    gone, revision = stores.tracks.page(limit=9), stores.tracks.revision(SPACE)
    old = next(track for track in gone if track.path == A.path)
    assert building.register(stores, found("a.mp3", content="b.mp3")) == [Verdict.DUPLICATE]
    assert stores.tracks.paths(one(stores).id) == ("/music/b.mp3", "/music/a.mp3")
    with pytest.raises(TrackNotFound):
        stores.tracks.get(old.id)
    assert list(stores.tracks.indexed(SPACE)) == []
    assert stores.tracks.revision(SPACE) > revision


def test_a_manifest_that_says_something_else_changes_the_tags_alone(stores, embedded):
    told = found("a.mp3", given={"genre": "Rock", "labels": ("x", "y")})
    assert building.register(stores, told) == [Verdict.CHANGED]
    assert (one(stores).tags.genre, one(stores).tags.labels) == ("Rock", ("x", "y"))
    assert (one(stores).tags.title, waiting(stores)) == ("A.Mp3", 0)
    assert building.register(stores, told) == [Verdict.KNOWN]
    other = found("a.mp3", given={"genre": "Pop"})
    assert building.register(stores, other) == [Verdict.CHANGED]
    assert (one(stores).tags.genre, one(stores).tags.labels) == ("Pop", ())


def test_copies_of_which_manifests_say_different_things_settle(stores):
    files = (
        found("a.mp3", given={"genre": "Rock"}),
        found("b.mp3", content="a.mp3", given={"genre": "Pop"}),
        found("c.mp3", content="a.mp3"),
    )
    building.register(stores, *files)
    assert building.register(stores, *files) == [Verdict.KNOWN] * 3
    assert one(stores).tags.genre == "Rock"


def test_an_ingest_that_runs_again_is_told_what_it_found_at_first(stores):
    copy = found("b.mp3", content="a.mp3")
    building.register(stores, A, copy)
    by = building.INGEST
    assert (known(stores, by=by), known(stores, copy.path, by=by)) == ("new", "duplicate")
    assert (known(stores), known(stores, copy.path)) == ("known", "known")


def test_a_file_that_its_ingest_registers_again_keeps_its_first_verdict(stores):
    building.register(stores, A)
    building.register(stores, A)
    assert known(stores, by=building.INGEST) is Verdict.NEW


def test_a_file_that_lies_elsewhere_now_has_moved(stores, embedded):
    building.register(stores, found("new/a.mp3", content="a.mp3"), by=LATER)
    forgotten = stores.tracks.forget([A.path], ingest_id=LATER, remove=False)
    assert forgotten == Forgotten(moved=1)
    assert stores.tracks.paths(embedded.id) == ("/music/new/a.mp3",)
    assert one(stores).path == "/music/new/a.mp3"
    assert known(stores, "/music/new/a.mp3") is Verdict.MOVED


def test_a_copy_that_is_gone_is_no_move(stores, embedded):
    building.register(stores, found("b.mp3", content="a.mp3"))
    forgotten = stores.tracks.forget(["/music/b.mp3"], ingest_id=LATER, remove=True)
    assert forgotten == Forgotten()
    assert stores.tracks.paths(embedded.id) == (A.path,)


def test_a_track_that_lost_a_copy_is_looked_at_by_the_next_scan(stores, embedded):
    copy = found("b.mp3", content="a.mp3")
    building.register(stores, copy)
    stores.tracks.forget([copy.path], ingest_id=LATER, remove=True)
    assert known(stores) is None
    assert building.register(stores, A) == [Verdict.KNOWN]
    assert waiting(stores) == 1


def test_a_track_that_has_moved_is_not_looked_at_again(stores, embedded):
    moved = found("new/a.mp3", content="a.mp3")
    building.register(stores, moved, by=LATER)
    stores.tracks.forget([A.path], ingest_id=LATER, remove=True)
    assert known(stores, moved.path) is Verdict.MOVED


def test_a_track_whose_files_are_gone_is_kept_unless_told_otherwise(stores, embedded):
    gone = [A.path, "/music/never.mp3"]
    assert stores.tracks.forget(gone, ingest_id=LATER, remove=False) == Forgotten(missing=1)
    assert stores.tracks.paths(embedded.id) == (A.path,)
    assert stores.tracks.forget(gone, ingest_id=LATER, remove=True) == Forgotten(removed=1)
    assert (stores.tracks.count(), list(stores.tracks.indexed(SPACE))) == ({}, [])
    assert building.register(stores, A) == [Verdict.NEW]


def test_forgetting_nothing_does_nothing(stores, embedded):
    assert stores.tracks.forget([], ingest_id=LATER, remove=True) == Forgotten()


def test_the_job_of_a_track_that_is_gone_for_good_is_canceled(stores):
    building.register(stores, A)
    job = building.claim_one(stores.jobs, queue=Queue.TRACKS)
    stores.tracks.forget([A.path], ingest_id=LATER, remove=True)
    assert stores.jobs.get(job.id).state is JobState.CANCELED


def test_the_files_below_a_folder_are_listed(stores):
    names = ("a/x.mp3", "a/b/y.mp3", "ab/z.mp3", "a_b.mp3", "a%/q.mp3")
    building.register(stores, *(found(name) for name in names))
    assert stores.tracks.paths_under("/music/a") == ["/music/a/b/y.mp3", "/music/a/x.mp3"]
    assert len(stores.tracks.paths_under("/music")) == 5
    assert stores.tracks.paths_under("/music/a/x.mp3") == []


def test_sizes_and_digests_that_are_there_are_found(stores):
    building.register(stores, found("a.mp3", size_bytes=7))
    assert stores.tracks.sizes([7, 8]) == {7}
    assert stores.tracks.of_bytes([A.sha256, "0" * 64]) == set()  # it is pending
    building.embed(stores.jobs)
    assert stores.tracks.of_bytes([A.sha256, "0" * 64]) == {A.sha256}


def test_what_a_manifest_said_outlives_a_scan_that_says_nothing(stores):
    building.register(stores, found("a.mp3", given={"mood": "calm"}))
    building.embed(stores.jobs)
    assert building.register(stores, found("a.mp3")) == [Verdict.KNOWN]
    assert building.register(stores, found("a.mp3", content="other")) == [Verdict.CHANGED]
    assert stores.tracks.page(limit=1)[0].tags.mood == "calm"


def test_a_job_of_another_kind_is_no_ingest_that_could_be_paused(stores):
    parent = stores.jobs.submit(NewJob(kind=JobKind.PHOTO))
    assert building.register(stores, A, by=parent.id) == [Verdict.NEW]
    assert waiting(stores) == 1
