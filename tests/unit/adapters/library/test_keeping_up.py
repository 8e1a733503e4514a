"""The reader keeps up with what changes: not more of it than it can hold, and all or none of it."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import structlog.testing

from sightsong.core import errors
from sightsong.core.snapshots import IndexedTrack
from tests.unit.adapters.library.parts import EVERY_NAME, SPACE, Rows, query_of, track
from tests.unit.adapters.library.reading import Parts


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    made = Parts(tmp_path)
    yield made
    made.library.close()


def with_vector(name: str, vector: object) -> IndexedTrack:
    made = track(name, 1)
    entry = dataclasses.replace(made.entry, vector=np.asarray(vector, np.float16))
    return dataclasses.replace(made, entry=entry)


def spoilt(name: str, value: float = np.nan) -> IndexedTrack:
    vector = track(name, 1).entry.vector.copy()
    vector[0] = value
    return with_vector(name, vector)


def test_without_a_snapshot_no_process_holds_more_than_it_may(parts):
    early = parts.reader(most_held=35)
    early.follow()
    assert early.view().changed == 30
    parts.rows.put(*(track(name, 1) for name in EVERY_NAME[30:60]))
    late = parts.reader(most_held=35)
    for library in (early, late):
        library.follow()
        with pytest.raises(errors.IndexUnavailable, match="too many"):
            library.view()
        library.close()


def test_beside_a_snapshot_no_process_holds_more_than_it_may(parts):
    made = parts.publish()
    early = parts.reader(most_held=5)
    early.follow()
    parts.rows.put(*(track(name, 1) for name in EVERY_NAME[30:34]))
    early.follow()
    assert (early.view().changed, early.health().held_back) == (4, None)
    parts.rows.put(*(track(name, 1) for name in EVERY_NAME[34:60]))
    late = parts.reader(most_held=5)
    for library in (early, late):
        library.follow()
        found = library.view().search(query_of(1), k=999, duplicates=True)
        assert {one.track_id for one in found} == set(EVERY_NAME[:30])
        assert library.health().serving == made.version
        assert "more than 5 tracks" in library.health().held_back
        library.close()


def test_tracks_that_change_again_and_again_count_once(parts):
    parts.publish()
    library = parts.reader(most_held=5)
    for seed in range(4):
        parts.rows.put(*(track(name, seed) for name in EVERY_NAME[:3]))
        library.follow()
        assert library.view().revision == parts.rows.now
    library.close()


def test_what_was_too_much_is_taken_in_once_it_is_less(parts):
    parts.publish()
    library = parts.reader(most_held=5)
    parts.rows.put(*(track(name, 1) for name in EVERY_NAME[30:60]))
    library.follow()
    for name in EVERY_NAME[30:60]:  # as if a snapshot of another space's were cleared away
        parts.rows.stamps.pop(name)
    parts.rows.put(track("t0900", 1))
    parts.clock.now += 30
    library.follow()
    assert library.view().changed == 1
    assert library.health().held_back is None
    library.close()


def test_what_is_too_much_is_not_counted_at_every_look(parts):
    parts.publish()
    library = parts.reader(most_held=5)
    parts.rows.put(*(track(name, 1) for name in EVERY_NAME[30:60]))
    library.follow()
    before = parts.rows.counted
    for _ in range(5):
        library.follow()
    assert parts.rows.counted == before > 0
    library.close()


def test_an_older_database_is_begun_with_anew_from_the_snapshot(parts):
    """As after a backup was put back that is newer than the snapshot."""
    parts.publish()
    parts.rows.put(track("t0900", 1))
    parts.rows.put(track("t0901", 1))
    parts.library.follow()
    for name in ("t0900", "t0901"):
        parts.rows.tracks.pop(name)
        parts.rows.stamps.pop(name)
    parts.rows.now = 1
    parts.rows.put(track("t0902", 1))
    parts.library.follow()
    assert parts.library.view().snapshot == parts.shelf.now.version
    assert parts.library.view().revision == parts.rows.now == 2
    assert parts.all_there() == {*EVERY_NAME[:30], "t0902"}


def test_a_snapshot_since_which_changes_are_forgotten_is_not_served(parts):
    made = parts.publish()
    parts.rows.put(track("t0900", 1))
    parts.rows.forgotten_up_to = parts.rows.now
    parts.library.follow()
    assert parts.library.view().snapshot is None
    assert made.version in parts.library.health().refused
    assert parts.all_there() == {*EVERY_NAME[:30], "t0900"}


def test_a_snapshot_that_is_newer_than_the_database_is_not_served(parts):
    """As after an old backup was put back."""
    parts.rows.now = 7
    parts.publish()
    parts.library.follow()
    assert parts.library.view().snapshot is not None
    parts.rows.now = 3
    parts.rows.stamps = dict.fromkeys(parts.rows.stamps, 3)
    parts.library.follow()  # it must not be served on
    parts.library.follow()
    assert parts.library.view().snapshot is None
    assert parts.all_there() == set(EVERY_NAME[:30])


def test_where_one_must_not_serve_on_the_newest_good_one_takes_its_place(parts):
    """Not for ever: what is active once it may be served."""
    old = parts.publish()
    parts.rows.put(track("t0900", 1))
    parts.library.follow()
    new = parts.publish()
    parts.library.follow()
    assert parts.library.view().snapshot == new.version
    parts.rows.now = 1  # an older database, in which only the old one was built
    parts.rows.tracks.pop("t0900")
    parts.rows.stamps.pop("t0900")
    parts.library.follow()
    parts.library.follow()
    assert parts.library.view().snapshot == old.version
    newest = parts.publish()
    for _ in range(3):
        parts.library.follow()
    assert parts.library.view().snapshot == newest.version


def test_without_a_snapshot_an_older_database_is_begun_with_anew(parts):
    parts.rows.put(track("t0900", 1))
    parts.library.follow()
    parts.rows.tracks.pop("t0900")
    parts.rows.stamps.pop("t0900")
    parts.rows.now = 1
    parts.library.follow()
    assert parts.all_there() == set(EVERY_NAME[:30])
    assert parts.library.view().revision == 1


def test_who_catches_up_finds_what_was_written_before(parts):
    parts.publish()
    parts.library.follow()
    parts.rows.put(track("t0900", 1))
    parts.rows.remove("t0003")
    parts.library.catch_up()
    assert parts.all_there() == {*EVERY_NAME[:30], "t0900"} - {"t0003"}


def test_catching_up_loads_nothing_and_takes_in_nothing_large(parts):
    parts.publish()
    parts.library.catch_up()
    assert parts.opened.versions == []
    parts.library.follow()
    before = parts.library.view()
    parts.rows.put(*(track(f"x{number:04d}", 1) for number in range(501)))
    parts.library.catch_up()
    assert parts.library.view() is before
    parts.publish()
    parts.library.catch_up()
    assert len(parts.opened.versions) == 1


def test_catching_up_does_not_wait_for_who_is_looking(parts):
    parts.publish()
    parts.library.follow()
    seen = []

    def catch_up_as_another() -> None:
        parts.library.catch_up()
        seen.append("t0900" in parts.all_there())

    parts.rows.meanwhile = catch_up_as_another
    parts.rows.put(track("t0900", 1))
    parts.library.follow()
    assert seen == [True]
    assert "t0900" in parts.all_there()


def test_while_the_database_is_away_catching_up_does_nothing(parts):
    parts.publish()
    parts.library.follow()
    before = parts.library.view()
    parts.rows.put(track("t0900", 1))
    parts.rows.is_away = True
    parts.library.catch_up()
    assert parts.library.view() is before


BAD = {
    "no number": spoilt("t0005"),
    "endless": spoilt("t0005", np.inf),
    "short": with_vector("t0005", np.ones(8) / 8**0.5),
    "none": with_vector("t0005", []),
}


@pytest.mark.parametrize("is_in_a_snapshot", [True, False])
@pytest.mark.parametrize("kind", BAD)
def test_a_track_whose_vector_is_none_is_left_out_and_told_of_once(parts, kind, is_in_a_snapshot):
    if is_in_a_snapshot:
        parts.publish()
    parts.rows.put(BAD[kind])
    with structlog.testing.capture_logs() as logged:
        parts.library.follow()
        parts.rows.put(track("t0900", 1))
        parts.library.follow()
    assert parts.all_there() == {*EVERY_NAME[:30], "t0900"} - {"t0005"}
    told = [one for one in logged if one["event"] == "tracks.left_out"]
    assert [(one["count"], one["first"]) for one in told] == [(1, "t0005")]
    nearest = parts.library.view().search(query_of(1), k=5, duplicates=True)
    assert [one.cosine for one in nearest] == sorted((one.cosine for one in nearest), reverse=True)
    assert len(nearest) == 5
    assert parts.library.view().vector("t0005") is None


def test_a_track_that_gets_a_good_vector_is_found_again(parts):
    parts.publish()
    parts.rows.put(spoilt("t0005"))
    parts.library.follow()
    parts.rows.put(track("t0005", 2))
    parts.library.follow()
    assert "t0005" in parts.all_there()


def test_the_length_of_most_vectors_counts_where_there_is_no_snapshot():
    rows = Rows([with_vector("t0000", np.ones(8))])
    made = Parts(Path("unused"))
    library = made.reader(rows=rows)
    library.follow()
    rows.put(*(track(name, 1) for name in EVERY_NAME[1:4]))
    library.follow()
    found = library.view().search(query_of(1), k=9, duplicates=True)
    assert {one.track_id for one in found} == set(EVERY_NAME[1:4])
    assert rows.revision(SPACE) == library.view().revision
    library.close()
