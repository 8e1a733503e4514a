"""The `Tracks` port: what a person says of tracks, and takes away."""

import pytest

from sightsong.core.errors import TrackNotFound
from sightsong.core.jobs import JobId, JobState, Queue
from sightsong.core.tracks import Forgotten, Tags, TrackFilter, TrackId, TrackState, Verdict
from tests.contract import building
from tests.contract.building import SPACE, found

LATER = JobId("00000000-0000-4000-8000-000000000001")
A = found("a.mp3")


@pytest.fixture
def track(stores):
    """A track that is embedded."""
    building.register(stores, A)
    return stores.tracks.get(building.embed(stores.jobs))


@pytest.fixture
def removed(stores, track):
    """A track that was embedded and removed."""
    stores.tracks.remove(track.id)
    return track


def known(stores, *, restore=False):
    return stores.tracks.known([A.path], space=SPACE, ingest_id=LATER, restore=restore)


def test_an_edit_weighs_more_than_manifest_and_file(stores, track):
    building.register(stores, found("a.mp3", given={"genre": "Rock", "mood": "calm"}))
    edited = stores.tracks.edit(track.id, {"genre": "Jazz", "labels": ["mine"]})
    assert edited == stores.tracks.get(track.id)
    assert edited.tags == Tags(
        title="A.Mp3", artist="Ann", genre="Jazz", mood="calm", labels=("mine",)
    )


def test_an_edit_outlives_other_bytes(stores, track):
    stores.tracks.edit(track.id, {"title": "Mine"})
    building.register(stores, found("a.mp3", content="edited", tags={"title": "Theirs"}))
    assert stores.tracks.get(track.id).title == "Mine"


def test_an_edit_is_taken_back(stores, track):
    stores.tracks.edit(track.id, {"title": "Mine", "genre": "Jazz"})
    edited = stores.tracks.edit(track.id, {"title": None})
    assert (edited.title, edited.tags.genre) == (track.title, "Jazz")


def test_an_edit_may_say_that_there_is_nothing(stores, track):
    assert stores.tracks.edit(track.id, {"artist": ""}).tags.artist == ""
    assert stores.tracks.get(track.id).tags.artist == ""


def test_an_unknown_track_is_not_edited(stores):
    with pytest.raises(TrackNotFound):
        stores.tracks.edit(TrackId("nothing"), {"title": "Mine"})


def test_a_removed_track_is_gone_for_all_reads(stores, removed):
    assert stores.tracks.page(limit=9) == []
    assert stores.tracks.page(limit=9, where=TrackFilter(text="a")) == []
    assert stores.tracks.page(limit=9, where=TrackFilter(state=TrackState.PENDING)) == []
    assert (stores.tracks.count(), stores.tracks.get_many([removed.id])) == ({}, {})
    assert (list(stores.tracks.indexed(SPACE)), list(stores.tracks.prints(SPACE))) == ([], [])
    for read in (stores.tracks.get, stores.tracks.paths, stores.tracks.remove):
        with pytest.raises(TrackNotFound):
            read(removed.id)
    with pytest.raises(TrackNotFound):
        stores.tracks.edit(removed.id, {})


def test_removing_changes_the_revision(stores, track):
    before = stores.tracks.revision(SPACE)
    stores.tracks.remove(track.id)
    assert stores.tracks.revision(SPACE) > before


def test_the_bytes_of_a_removed_track_are_not_taken_in_again(stores, removed):
    assert known(stores)[A.path].verdict is Verdict.REMOVED
    copy = found("b.mp3", content="a.mp3")
    assert building.register(stores, A, copy) == [Verdict.REMOVED, Verdict.REMOVED]
    assert (stores.tracks.count(), stores.jobs.backlog(Queue.TRACKS, limit=9)) == ({}, 0)


def test_a_removed_track_is_restored_when_asked_for(stores, removed):
    assert known(stores, restore=True) == {}
    assert building.register(stores, A, restore=True) == [Verdict.NEW]
    track = stores.tracks.get(removed.id)
    assert (track.state, track.tags) == (TrackState.PENDING, removed.tags)
    assert building.embed(stores.jobs) == removed.id
    assert [t.id for t in stores.tracks.page(limit=9, where=TrackFilter(artist="ann"))] == [
        removed.id
    ]


def test_the_waiting_job_of_a_removed_track_is_canceled(stores):
    building.register(stores, A)
    (track,) = stores.tracks.page(limit=9)
    job = building.claim_one(stores.jobs, queue=Queue.TRACKS)
    stores.tracks.remove(track.id)
    assert stores.jobs.get(job.id).state is JobState.CANCELED
    assert stores.jobs.complete([building.done(job)]) == frozenset()


def test_an_embedding_of_a_track_that_was_removed_meanwhile_is_let_go(stores, removed):
    building.register(stores, found("b.mp3"))
    job = building.claim_one(stores.jobs, queue=Queue.TRACKS)
    building.finish(stores.jobs, job, building.embedding(removed.id))
    assert list(stores.tracks.indexed(SPACE)) == []


def test_the_mark_of_a_removed_track_outlives_its_file(stores, removed):
    assert stores.tracks.forget([A.path], ingest_id=LATER, remove=True) == Forgotten()
    assert stores.tracks.paths_under("/music") == []
    assert building.register(stores, A) == [Verdict.REMOVED]


def test_other_bytes_in_the_place_of_a_removed_track_are_new(stores, removed):
    assert building.register(stores, found("a.mp3", content="other")) == [Verdict.NEW]
    assert building.register(stores, found("b.mp3", content="a.mp3")) == [Verdict.REMOVED]


def test_what_a_manifest_said_is_there_again_after_a_restore(stores):
    building.register(stores, found("a.mp3", given={"mood": "calm"}))
    track_id = building.embed(stores.jobs)
    stores.tracks.remove(track_id)
    building.register(stores, A, restore=True)
    assert stores.tracks.get(track_id).tags.mood == "calm"


def test_files_of_removed_tracks_are_held_by_nobody(stores, track):
    building.register(stores, found("b.mp3"))
    assert stores.tracks.held([A.path, "/music/b.mp3", "/x"]) == {A.path, "/music/b.mp3"}
    stores.tracks.remove(track.id)
    assert stores.tracks.held([A.path, "/music/b.mp3"]) == {"/music/b.mp3"}
