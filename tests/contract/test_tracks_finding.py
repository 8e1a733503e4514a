"""The `Tracks` port: narrowed pages, recordings, and what tells them."""

import pytest

from sightsong.core.tracks import TrackFilter, TrackState
from tests.contract import building
from tests.contract.building import OTHER_SPACE, SPACE, found

LIBRARY = {
    "one.mp3": {"title": "Blue Train", "artist": "John Coltrane", "genre": "Jazz", "mood": "calm"},
    "two.mp3": {"title": "Blue in Green", "artist": "Miles Davis", "genre": "JAZZ"},
    "three.mp3": {"title": "Été", "artist": "Zoé", "genre": "Chanson", "album": "Bleu"},
    "Four Winds.mp3": {"labels": ("Deep Blue", "live"), "genre": "Rock"},
}


@pytest.fixture
def names(stores):
    """A function from a filter to the file names of the tracks that it finds."""
    building.register(stores, *(found(name, tags=tags) for name, tags in LIBRARY.items()))

    def find(**where: object) -> set[str]:
        page = stores.tracks.page(limit=9, where=TrackFilter(**where))
        assert [track.id for track in page] == sorted(track.id for track in page)
        return {track.path.rpartition("/")[2] for track in page}

    return find


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"genre": "jazz"}, {"one.mp3", "two.mp3"}),
        ({"genre": " Jazz "}, {"one.mp3", "two.mp3"}),
        ({"genre": "jaz"}, set()),
        ({"mood": "Calm"}, {"one.mp3"}),
        ({"artist": "miles  davis"}, {"two.mp3"}),
        ({"label": "deep blue"}, {"Four Winds.mp3"}),
        ({"text": "blu"}, {"one.mp3", "two.mp3", "Four Winds.mp3"}),
        ({"text": "blue tr"}, {"one.mp3"}),
        ({"text": "TRAIN, blue!"}, {"one.mp3"}),
        ({"text": "lue"}, set()),
        ({"text": "ÉTÉ"}, {"three.mp3"}),
        ({"text": "wind"}, {"Four Winds.mp3"}),
        ({"text": "b", "genre": "jazz", "mood": "calm"}, {"one.mp3"}),
        ({"text": "b", "state": TrackState.PENDING, "artist": "zoé"}, {"three.mp3"}),
        ({"genre": "jazz", "state": TrackState.READY}, set()),
        ({"text": " ?! "}, set(LIBRARY)),
        ({"text": "\x00\ud800"}, set(LIBRARY)),
        ({"label": "nobody\x00\ud800"}, set()),
        ({}, set(LIBRARY)),
    ],
)
def test_a_filter_finds_what_each_of_its_conditions_fits(names, where, expected):
    assert names(**where) == expected


def test_narrowed_pages_follow_each_other(stores):
    building.register(stores, *(found(f"{n}.mp3", tags={"genre": "x"}) for n in range(7)))
    for where in (TrackFilter(genre="x"), TrackFilter(text="x"), TrackFilter(text="x 3")):
        whole = stores.tracks.page(limit=9, where=where)
        first = stores.tracks.page(limit=3, where=where)
        assert first == whole[:3]
        assert stores.tracks.page(limit=9, after=first[-1].id, where=where) == whole[3:]


def test_a_filter_follows_an_edit(stores, names):
    (track,) = stores.tracks.page(limit=9, where=TrackFilter(text="train"))
    stores.tracks.edit(track.id, {"title": "Something Else", "genre": "Rock"})
    assert (names(text="train"), names(text="some els")) == (set(), {"one.mp3"})
    assert names(genre="rock") == {"one.mp3", "Four Winds.mp3"}


def test_a_filter_follows_a_changed_file_and_its_new_name(stores, names):
    building.register(stores, found("one.mp3", content="new", tags={"genre": "Pop"}))
    assert (names(text="blue train"), names(genre="pop")) == (set(), {"one.mp3"})
    building.register(stores, found("Named.mp3", content="Four Winds.mp3", tags={"genre": "Rock"}))
    stores.tracks.forget(["/music/Four Winds.mp3"], ingest_id=building.INGEST, remove=False)
    assert (names(text="winds"), names(text="named")) == (set(), {"Named.mp3"})


def test_endless_labels_are_cut(stores):
    labels = tuple(f"label {number} {'x' * 200}" for number in range(200))
    building.register(stores, found("a.mp3", tags={"genre": "Rock", "labels": labels}))
    assert stores.tracks.page(limit=9, where=TrackFilter(label=labels[0], genre="rock"))


@pytest.fixture
def trio(stores):
    """Three tracks, embedded, of 30, 10 and 20 s; in the order of their ids."""
    building.register(stores, *(found(f"{n}.mp3") for n in range(3)))
    for duration_s in (30.0, 10.0, 20.0):
        building.embed(stores.jobs, duration_s=duration_s)
    return [track.id for track in stores.tracks.page(limit=9)]


def test_prints_come_by_duration(stores, trio):
    prints = [one for one, _ in stores.tracks.prints(SPACE)]
    assert [one.duration_s for one in prints] == [10.0, 20.0, 30.0]
    assert {tuple(one.fingerprint.tolist()) for one in prints} == {(1, 2**32 - 1)}
    assert list(stores.tracks.prints(OTHER_SPACE)) == []


def test_prints_of_the_same_duration_come_by_id_over_many_pages(stores):
    building.register(stores, *(found(f"{n}.mp3") for n in range(260)))
    for job in building.claim(stores.jobs, limit=260, queue=building.Queue.TRACKS):
        building.finish(stores.jobs, job, building.embedding(job.params["track_id"]))
    ids = [one.track_id for one, _ in stores.tracks.prints(SPACE)]
    assert (len(ids), ids) == (260, sorted(ids))


def test_prints_tell_what_is_newer_than_a_revision(stores, trio):
    revision = stores.tracks.revision(SPACE)
    building.register(stores, found("new.mp3"))
    new = building.embed(stores.jobs, duration_s=15.0)
    told = {one.track_id: is_new for one, is_new in stores.tracks.prints(SPACE, since=revision)}
    assert told == dict.fromkeys(trio, False) | {new: True}


def test_prints_are_of_embedded_tracks_only(stores, trio):
    building.register(stores, found("waiting.mp3"))
    assert {one.track_id for one, _ in stores.tracks.prints(SPACE)} == set(trio)


def test_a_recording_is_read_with_the_one_that_stands_for_it_first(stores, trio):
    first, second, third = trio
    stores.tracks.group({first: second, second: second})
    assert [track.id for track in stores.tracks.recording(second)] == [second, first]
    assert stores.tracks.get(third).recording_id is None
    assert {one.recording_id for one, _ in stores.tracks.prints(SPACE)} == {second, None}
    stores.tracks.group({first: None, second: None})
    assert stores.tracks.recording(second) == []


def test_another_stands_for_a_recording_whose_first_is_removed(stores, trio):
    first, second, third = trio
    stores.tracks.group(dict.fromkeys(trio, first))
    stores.tracks.remove(first)
    assert [track.id for track in stores.tracks.recording(second)] == [second, third]
    stores.tracks.remove(third)
    assert stores.tracks.get(second).recording_id is None


def test_grouping_nothing_changes_nothing(stores, trio):
    stores.tracks.group({})
    assert {one.recording_id for one, _ in stores.tracks.prints(SPACE)} == {None}


def test_those_of_a_recording_with_several_encodings_can_be_listed_alone(stores, trio):
    first, second, third = trio
    stores.tracks.group({first: second, second: second})
    alone = stores.tracks.page(limit=9, where=TrackFilter(duplicates=True))
    assert {track.id for track in alone} == {first, second}
    stores.tracks.remove(third)
    pending = TrackFilter(duplicates=True, state=TrackState.PENDING)
    assert stores.tracks.page(limit=9, where=pending) == []
