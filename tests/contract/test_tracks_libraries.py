"""`Tracks`: what an ingest or a manifest says of the library that tracks belong to."""

import pytest

from sightsong.core.tracks import Tags, Verdict
from tests.contract import building
from tests.contract.building import SPACE, found


def shown(stores) -> Tags:
    [track] = stores.tracks.page(limit=9)
    return track.tags


@pytest.fixture
def told(stores):
    """A track that a manifest has named."""
    file = found("a.mp3", tags={}, given={"title": "Song", "library": "Vinyl"})
    building.register(stores, file)
    return file


def test_the_name_of_a_library_changes_and_other_words_stay(stores, told):
    other = found("a.mp3", tags={}, given={"library": "Radio"})
    assert building.register(stores, other) == [Verdict.CHANGED]
    assert shown(stores) == Tags(title="Song", library="Radio")
    assert building.register(stores, other) == [Verdict.KNOWN]


def test_other_words_leave_the_name_of_the_library(stores, told):
    building.register(stores, found("a.mp3", tags={}, given={"genre": "Jazz"}))
    assert shown(stores) == Tags(genre="Jazz", library="Vinyl")


def test_a_file_with_other_bytes_stays_in_its_library(stores, told):
    building.register(stores, found("a.mp3", content="other", tags={}, given={"mood": "calm"}))
    assert shown(stores) == Tags(mood="calm", library="Vinyl")


def test_what_is_taken_in_again_by_hand_is_in_its_library_again(stores, told):
    [track] = stores.tracks.page(limit=9)
    stores.tracks.remove(track.id)
    building.register(stores, found("a.mp3", tags={}, given={"mood": "calm"}), restore=True)
    assert shown(stores) == Tags(mood="calm", library="Vinyl")


def test_a_known_file_tells_what_was_given_of_its_track(stores, told):
    by = building.INGEST
    known = stores.tracks.known([told.path], space=SPACE, ingest_id=by)
    assert known[told.path].given == Tags(title="Song", library="Vinyl")


def test_that_words_are_clean_is_kept_through_given_words_and_edits(stores):
    building.register(stores, found("a.mp3", tags={"explicit": True}, given={"explicit": False}))
    assert shown(stores) == Tags(explicit=False)
    [track] = stores.tracks.page(limit=9)
    assert stores.tracks.edit(track.id, {"explicit": True}).tags.explicit is True
    assert stores.tracks.edit(track.id, {"explicit": False}).tags.explicit is False
    assert stores.tracks.edit(track.id, {"explicit": None}).tags.explicit is False
