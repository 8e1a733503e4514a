"""The `Tracks` port: reading the library's rows."""

import numpy as np
import pytest

from sightsong.core.affect import Affect
from sightsong.core.errors import TrackNotFound
from sightsong.core.jobs import (
    Completion,
    Effect,
    Failed,
    JobState,
    QuarantineTrack,
    Queue,
    Succeeded,
)
from sightsong.core.tracks import TrackFilter, TrackId, TrackState
from tests.contract import building
from tests.contract.building import OOPS, OTHER_SPACE, SPACE, found


def finish(stores, *effects: Effect):
    """Complete the next `embed` job with effects; returns its track."""
    job = building.claim_one(stores.jobs, queue=Queue.TRACKS)
    completion = Completion(job=job, outcome=Succeeded(result={}), effects=effects)
    assert stores.jobs.complete([completion]) == {job.id}
    return TrackId(job.params["track_id"])


def registered(stores, *names: str):
    """Register files; returns their tracks in the order of ids."""
    building.register(stores, *(found(name) for name in names))
    return stores.tracks.page(limit=100)


def test_a_registered_track_reads_as_its_file_was(stores):
    file = found("a.mp3")
    building.register(stores, file)
    (track,) = stores.tracks.page(limit=10)
    assert (track.sha256, track.path, track.tags) == (file.sha256, file.path, file.tags)
    assert (track.state, track.duration_s, track.affect) == (TrackState.PENDING, None, None)
    assert (track.descriptors, track.reason_code, track.reason) == ({}, None, None)
    assert stores.tracks.get(track.id) == track


def test_an_unknown_id_is_no_track(stores):
    with pytest.raises(TrackNotFound):
        stores.tracks.get(TrackId("nothing"))


def test_the_paths_of_a_track_are_its_main_one_and_then_the_others_in_order(stores):
    names = ("m.mp3", "é.mp3", "B.mp3", "a.mp3")
    building.register(stores, *(found(name, content="m") for name in names), found("z.mp3"))
    track = next(t for t in stores.tracks.page(limit=9) if t.path == "/music/m.mp3")
    expected = ("/music/m.mp3", "/music/B.mp3", "/music/a.mp3", "/music/é.mp3")
    assert stores.tracks.paths(track.id) == expected


def test_an_unknown_id_has_no_paths(stores):
    with pytest.raises(TrackNotFound):
        stores.tracks.paths(TrackId("nothing"))


def test_many_tracks_are_read_without_those_that_are_unknown(stores):
    first, second = registered(stores, "a.mp3", "b.mp3")
    asked = [second.id, TrackId("nothing"), first.id]
    assert stores.tracks.get_many(asked) == {first.id: first, second.id: second}


def test_pages_follow_each_other_in_the_order_of_ids(stores):
    tracks = registered(stores, *(f"{number}.mp3" for number in range(5)))
    first = stores.tracks.page(limit=3)
    second = stores.tracks.page(limit=3, after=first[-1].id)
    assert [*first, *second] == tracks
    assert [track.id for track in tracks] == sorted(track.id for track in tracks)


def test_a_page_may_hold_one_state_only(stores):
    registered(stores, "a.mp3", "b.mp3", "c.mp3")
    ready = building.embed(stores.jobs)
    page = stores.tracks.page(limit=10, where=TrackFilter(state=TrackState.READY))
    assert [track.id for track in page] == [ready]


def test_tracks_are_counted_by_state(stores):
    registered(stores, "a.mp3", "b.mp3", "c.mp3")
    building.embed(stores.jobs)
    assert stores.tracks.count() == {TrackState.READY: 1, TrackState.PENDING: 2}


def test_an_empty_library_counts_nothing(stores):
    assert stores.tracks.count() == {}


def test_a_stored_embedding_makes_its_track_ready(stores):
    (track,) = registered(stores, "a.mp3")
    finish(stores, building.embedding(track.id))
    track = stores.tracks.get(track.id)
    assert (track.state, track.duration_s) == (TrackState.READY, 22.5)
    assert track.affect == Affect(valence=0.25, arousal=-0.5)
    assert track.descriptors == {"tempo_bpm": 92.0}


def test_stored_vectors_are_read_back_to_the_bit(stores):
    (track,) = registered(stores, "a.mp3")
    effect = building.embedding(track.id)
    finish(stores, effect)
    (indexed,) = stores.tracks.indexed(SPACE)
    assert (indexed.entry.track_id, indexed.windows.starts_s) == (track.id, effect.window_starts_s)
    np.testing.assert_array_equal(indexed.entry.vector, effect.vector.astype(np.float16))
    np.testing.assert_array_equal(indexed.windows.vectors, effect.windows)
    types = (indexed.entry.vector.dtype, indexed.windows.vectors.dtype)
    assert types == (np.float16, np.float16)


def test_vectors_stream_in_the_order_of_track_ids_over_many_pages(stores):
    tracks = registered(stores, *(f"{number}.mp3" for number in range(130)))
    job = building.claim_one(stores.jobs, queue=Queue.TRACKS)
    effects = tuple(building.embedding(track.id) for track in reversed(tracks))
    done = Completion(job=job, outcome=Succeeded(result={}), effects=effects)
    stores.jobs.complete([done])
    streamed = [indexed.entry.track_id for indexed in stores.tracks.indexed(SPACE)]
    assert streamed == [track.id for track in tracks]


def test_vectors_of_another_space_are_not_among_them(stores):
    registered(stores, "a.mp3")
    building.embed(stores.jobs, space=OTHER_SPACE)
    assert list(stores.tracks.indexed(SPACE)) == []
    assert (stores.tracks.revision(SPACE), stores.tracks.revision(OTHER_SPACE)) == (0, 1)


def test_the_revision_grows_with_each_change_of_a_space(stores):
    registered(stores, "a.mp3", "b.mp3")
    revisions = [stores.tracks.revision(SPACE)]
    for _ in range(2):
        building.embed(stores.jobs)
        revisions.append(stores.tracks.revision(SPACE))
    assert revisions[0] == 0
    assert revisions == sorted(set(revisions))


def test_an_embedding_stored_again_replaces_the_first(stores):
    first, _ = registered(stores, "a.mp3", "b.mp3")
    finish(stores, building.embedding(first.id, seed=1))
    finish(stores, building.embedding(first.id, seed=2))
    (indexed,) = stores.tracks.indexed(SPACE)
    second = building.embedding(first.id, seed=2).vector.astype(np.float16)
    np.testing.assert_array_equal(indexed.entry.vector, second)


def test_an_embedding_of_a_track_that_is_gone_is_let_go(stores):
    registered(stores, "a.mp3")
    finish(stores, building.embedding(TrackId("nothing")))
    assert list(stores.tracks.indexed(SPACE)) == []


def test_a_quarantined_track_has_its_reason(stores):
    (track,) = registered(stores, "a.mp3")
    job = building.claim_one(stores.jobs, queue=Queue.TRACKS)
    effect = QuarantineTrack(track_id=track.id, error=OOPS)
    stores.jobs.complete([Completion(job=job, outcome=Failed(error=OOPS), effects=(effect,))])
    track = stores.tracks.get(track.id)
    assert (track.state, track.reason_code) == (TrackState.QUARANTINED, OOPS.code)
    assert stores.jobs.get(job.id).state is JobState.FAILED


def test_a_quarantined_track_that_is_embedded_after_all_is_ready_again(stores):
    first, _ = registered(stores, "a.mp3", "b.mp3")
    finish(stores, QuarantineTrack(track_id=first.id, error=OOPS))
    finish(stores, building.embedding(first.id))
    track = stores.tracks.get(first.id)
    assert (track.state, track.reason_code, track.reason) == (TrackState.READY, None, None)
