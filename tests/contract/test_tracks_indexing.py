"""The `Tracks` port: what indexes are made of, and what they are told of later."""

import numpy as np
import pytest

from sightsong.core.affect import Affect
from sightsong.core.facts import Facts
from sightsong.core.jobs import Completion, Queue, Succeeded
from sightsong.core.snapshots import Changes, Extent
from sightsong.core.tracks import Tags
from tests.contract import building
from tests.contract.building import OTHER_SPACE, SPACE, found

A = found("a.mp3", tags={"title": "Aha", "artist": "Ann", "genre": "Jazz"})
B = found("b.mp3")


def changes(stores, since):
    return stores.tracks.changes(SPACE, since=since)


def told(stores, since):
    """The ids of changed tracks, and of those that are gone."""
    found = changes(stores, since)
    return [entry.track_id for entry in found.entries], set(found.gone)


def facts(stores, track_id):
    entries = [indexed.entry for indexed in stores.tracks.indexed(SPACE)]
    (one,) = (entry.facts for entry in entries if entry.track_id == track_id)
    return one


def revision(stores):
    return stores.tracks.revision(SPACE)


@pytest.fixture
def track(stores):
    """The id of a track that is embedded."""
    building.register(stores, A)
    return building.embed(stores.jobs)


@pytest.fixture
def pair(stores, track):
    """The ids of two such tracks."""
    building.register(stores, B)
    return track, building.embed(stores.jobs)


def test_an_entry_has_the_facts_of_its_track(stores, track):
    assert facts(stores, track) == Facts(
        terms=("genre:jazz", "artist:ann"),
        artist="artist:ann",
        affect=Affect(valence=0.25, arousal=-0.5),
        duration_s=22.5,
        tempo_bpm=92.0,
    )


def test_a_track_that_is_known_not_to_be_explicit_is_told_from_an_unknown_one(stores, track):
    stores.tracks.edit(track, {"explicit": True, "library": "Attic"})
    stores.tracks.edit(track, {"explicit": False})
    seen = facts(stores, track)
    assert (seen.explicit, "library:attic" in seen.terms) == (False, True)
    stores.tracks.edit(track, {"explicit": None})
    assert facts(stores, track).explicit is None


def test_an_edit_that_a_track_is_not_explicit_weighs_more_than_its_file(stores):
    building.register(stores, found("a.mp3", tags={"explicit": True}))
    track = building.embed(stores.jobs)
    edited = stores.tracks.edit(track, {"explicit": False})
    assert edited.tags == Tags(explicit=False)
    assert stores.tracks.get(track).tags == edited.tags


def test_the_extent_counts_tracks_and_the_bytes_of_their_windows(stores, pair):
    bytes_of_one = building.embedding(pair[0]).windows.nbytes
    assert stores.tracks.extent(SPACE) == Extent(tracks=2, window_bytes=2 * bytes_of_one)
    assert stores.tracks.extent(OTHER_SPACE) == Extent(tracks=0, window_bytes=0)


def test_windows_are_read_of_the_tracks_that_have_them(stores, pair):
    first, _ = pair
    found = stores.tracks.windows(SPACE, [first, "nothing"])
    assert list(found) == [first]
    effect = building.embedding(first)
    np.testing.assert_array_equal(found[first].vectors, effect.windows)
    assert found[first].starts_s == effect.window_starts_s
    assert stores.tracks.windows(OTHER_SPACE, [first]) == {}


def test_nothing_has_become_of_an_empty_space(stores):
    assert changes(stores, 0) == Changes(revision=0)
    assert stores.tracks.count_changes(SPACE, since=0, limit=9) == 0


def test_nothing_has_become_of_a_library_since_its_own_revision(stores, pair):
    assert changes(stores, revision(stores)) == Changes(revision=revision(stores))


def test_what_was_embedded_since_is_told(stores, track):
    since = revision(stores)
    building.register(stores, B)
    other = building.embed(stores.jobs, seed=7)
    found = changes(stores, since)
    (entry,) = found.entries
    assert (entry.track_id, found.gone, found.revision) == (other, set(), revision(stores))
    vector = building.embedding(other, seed=7).vector.astype(np.float16)
    np.testing.assert_array_equal(entry.vector, vector)


def test_changes_are_told_over_many_pages(stores):
    building.register(stores, *(found(f"{number}.mp3") for number in range(503)))
    tracks = stores.tracks.page(limit=1000)
    job = building.claim_one(stores.jobs, queue=Queue.TRACKS)
    effects = tuple(building.embedding(track.id) for track in tracks)
    stores.jobs.complete([Completion(job=job, outcome=Succeeded(result={}), effects=effects)])
    assert sorted(told(stores, 0)[0]) == [track.id for track in tracks]
    assert stores.tracks.count_changes(SPACE, since=0, limit=1000) == 503
    assert stores.tracks.count_changes(SPACE, since=0, limit=500) == 500


@pytest.mark.parametrize(
    "edit", [{"genre": "Pop"}, {"labels": ("sea",)}, {"library": "Attic"}, {"explicit": False}]
)
def test_an_edit_that_searches_ask_for_is_told(stores, pair, edit):
    since = revision(stores)
    stores.tracks.edit(pair[1], edit)
    assert told(stores, since) == ([pair[1]], set())
    assert changes(stores, since).entries[0].facts == facts(stores, pair[1])


def test_an_edit_that_changes_nothing_is_not_told(stores, track):
    since = revision(stores)
    stores.tracks.edit(track, {"genre": "Jazz"})
    stores.tracks.edit(track, {"title": "No search asks for titles"})
    assert revision(stores) == since


def test_an_edit_of_a_track_that_is_not_embedded_is_not_told(stores):
    building.register(stores, A)
    (track,) = stores.tracks.page(limit=9)
    stores.tracks.edit(track.id, {"genre": "Pop"})
    assert revision(stores) == 0


def test_an_edit_is_told_in_each_space(stores, track):
    building.register(stores, A, space=OTHER_SPACE)
    building.embed(stores.jobs, space=OTHER_SPACE)
    since = [stores.tracks.revision(space) for space in (SPACE, OTHER_SPACE)]
    stores.tracks.edit(track, {"genre": "Pop"})
    now = [stores.tracks.revision(space) for space in (SPACE, OTHER_SPACE)]
    assert now == [before + 1 for before in since]


def test_what_another_space_heard_in_a_track_is_told(stores, track):
    since = revision(stores)
    building.register(stores, A, space=OTHER_SPACE)
    building.embed(stores.jobs, space=OTHER_SPACE, duration_s=40.0)
    (entry,) = changes(stores, since).entries
    assert (entry.track_id, entry.facts.duration_s) == (track, 40.0)


@pytest.mark.parametrize("said", [{"tags": {"artist": "Bob"}}, {"given": {"mood": "calm"}}])
def test_a_file_that_says_something_else_is_told(stores, pair, said):
    since = revision(stores)
    again = {"tags": {"title": "Aha", "artist": "Ann", "genre": "Jazz"}} | said
    building.register(stores, found("a.mp3", **again), B)
    assert told(stores, since) == ([pair[0]], set())


def test_a_file_that_says_the_same_is_not_told(stores, pair):
    since = revision(stores)
    building.register(stores, A, B)
    assert revision(stores) == since


def test_a_file_with_other_bytes_and_words_is_told_before_it_is_heard(stores, pair):
    since = revision(stores)
    building.register(stores, found("a.mp3", content="retagged", tags={"genre": "Pop"}), B)
    assert told(stores, since) == ([pair[0]], set())


def test_only_tracks_whose_recording_changes_are_told(stores, pair):
    first, second = pair
    stores.tracks.group({first: first, second: None, "nothing": first})
    since = revision(stores)
    stores.tracks.group({first: first, second: None})
    assert revision(stores) == since
    stores.tracks.group({first: first, second: first})
    assert told(stores, since) == ([second], set())


def test_a_removed_track_is_told_to_be_gone(stores, pair):
    since = revision(stores)
    stores.tracks.remove(pair[0])
    assert told(stores, since) == ([], {pair[0]})
    assert stores.tracks.count_changes(SPACE, since=since, limit=9) == 1


def test_a_track_whose_file_is_gone_is_told_to_be_gone(stores, track):
    since = revision(stores)
    stores.tracks.forget([A.path], ingest_id=building.INGEST, remove=True)
    assert told(stores, since) == ([], {track})


def test_the_others_of_a_removed_tracks_recording_are_told(stores, pair):
    first, second = pair
    stores.tracks.group({first: first, second: first})
    since = revision(stores)
    stores.tracks.remove(first)
    assert told(stores, since) == ([second], {first})
    assert changes(stores, since).entries[0].facts.recording_id is None


def test_a_track_that_is_there_again_is_not_gone(stores, track):
    since = revision(stores)
    stores.tracks.remove(track)
    building.register(stores, A, restore=True)
    assert told(stores, since) == ([], {track})
    building.embed(stores.jobs)
    assert told(stores, since) == ([track], set())


def test_an_embedding_of_a_removed_track_does_not_bring_it_back(stores, track):
    since = revision(stores)
    stores.tracks.remove(track)
    building.register(stores, B)
    job = building.claim_one(stores.jobs, queue=Queue.TRACKS)
    building.finish(stores.jobs, job, building.embedding(track))
    assert told(stores, since) == ([], {track})


def test_a_revision_that_the_space_has_not_reached_is_not_whole(stores, pair):
    now = revision(stores)
    assert changes(stores, now) == Changes(revision=now)
    assert changes(stores, now + 1) == Changes(revision=now, is_whole=False)


def test_prints_of_a_track_that_says_something_else_are_looked_at_again(stores, pair):
    since = revision(stores)
    stores.tracks.edit(pair[0], {"genre": "Pop"})
    newer = {one.track_id: is_newer for one, is_newer in stores.tracks.prints(SPACE, since=since)}
    assert newer == {pair[0]: True, pair[1]: False}


def test_what_another_model_has_heard_is_unheard_until_it_is_asked_for(stores, pair):
    assert list(stores.tracks.unheard(SPACE)) == []
    both = {stores.tracks.get(track_id).path for track_id in pair}
    assert set(stores.tracks.unheard(OTHER_SPACE)) == both
    building.register(stores, A, space=OTHER_SPACE)
    assert list(stores.tracks.unheard(OTHER_SPACE)) == [B.path]
    building.embed(stores.jobs, space=OTHER_SPACE)
    assert list(stores.tracks.unheard(OTHER_SPACE)) == [B.path]


def test_a_track_that_was_removed_or_never_heard_is_not_unheard(stores, track):
    building.register(stores, B)
    stores.tracks.remove(track)
    assert list(stores.tracks.unheard(OTHER_SPACE)) == []


def test_many_tracks_are_unheard_page_by_page_in_the_order_of_their_ids(stores):
    building.register(stores, *(found(f"{n}.mp3") for n in range(130)))
    ids = sorted(building.embed(stores.jobs) for _ in range(130))
    paths = [stores.tracks.get(track_id).path for track_id in ids]
    assert list(stores.tracks.unheard(OTHER_SPACE)) == paths
