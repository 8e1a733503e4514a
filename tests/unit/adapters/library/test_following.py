"""The reader follows snapshots and changes: no restart, no pause, nothing mixed."""

import gc
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import structlog.testing

from sightsong.core import errors
from sightsong.core.ports import Health
from tests.unit.adapters.library.parts import (
    EVERY_NAME,
    Rows,
    query_of,
    rewritten,
    track,
)
from tests.unit.adapters.library.reading import Parts


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    made = Parts(tmp_path)
    yield made
    made.library.close()


def test_before_it_has_looked_it_serves_nothing_and_says_so(parts):
    with pytest.raises(errors.IndexUnavailable, match="not been opened"):
        parts.library.view()
    assert parts.library.health() == Health(serving=None)


def test_a_library_without_tracks_is_empty_once_it_was_looked_at(parts):
    library = parts.reader(rows=Rows())
    library.follow()
    assert library.view().search(query_of(1), k=9) == ()
    library.close()


def test_where_the_database_was_away_at_the_first_look_nothing_is_served_yet(parts):
    parts.rows.is_away = True
    parts.library.follow()
    with pytest.raises(errors.IndexUnavailable):
        parts.library.view()
    parts.rows.is_away = False
    parts.library.follow()
    assert parts.all_there() == set(EVERY_NAME[:30])


def test_before_there_is_a_snapshot_every_track_is_found(parts):
    parts.library.follow()
    assert parts.all_there() == set(EVERY_NAME[:30])
    assert parts.library.view().snapshot is None


def test_new_changed_and_removed_tracks_are_seen_at_the_next_look(parts):
    parts.publish()
    parts.library.follow()
    parts.rows.put(track("t0900", 1))
    parts.rows.remove("t0003")
    parts.library.follow()
    assert parts.all_there() == {*EVERY_NAME[:30], "t0900"} - {"t0003"}
    assert parts.library.view().revision == parts.rows.now


def test_a_newer_snapshot_takes_over_and_the_older_one_is_closed(parts):
    old = parts.publish()
    parts.library.follow()
    parts.rows.put(track("t0900", 1))
    new = parts.publish()
    parts.library.follow()
    assert parts.library.view().snapshot == new.version
    assert parts.all_there() == {*EVERY_NAME[:30], "t0900"}
    gc.collect()
    assert parts.opened.closed == [old.version]


def test_a_snapshot_is_not_closed_while_somebody_searches_it(parts):
    parts.publish()
    parts.library.follow()
    view = parts.library.view()
    parts.rows.put(track("t0900", 1))
    parts.library.follow()  # another view of the same snapshot
    parts.publish()
    parts.library.follow()
    gc.collect()
    assert parts.opened.closed == []
    assert len(view.search(query_of(1), k=999, duplicates=True)) == 30
    del view
    gc.collect()
    assert len(parts.opened.closed) == 1


def test_a_view_stays_as_it_is_when_its_snapshot_is_gone_from_the_disk(parts):
    old = parts.publish()
    parts.library.follow()
    view = parts.library.view()
    before = view.search(query_of(1), k=9)
    shutil.rmtree(parts.root / old.path)
    after = view.search(query_of(1), k=9)
    assert [one.cosine for one in after] == [one.cosine for one in before]


def test_tracks_taken_in_while_a_snapshot_was_built_are_found_with_it(parts):
    parts.publish()
    parts.rows.put(track("t0900", 1))
    parts.rows.remove("t0000")
    parts.library.follow()
    assert parts.all_there() == {*EVERY_NAME[1:30], "t0900"}


def test_after_a_roll_back_what_changed_since_is_still_right(parts):
    old = parts.publish()
    parts.rows.put(*(track(name, 2) for name in EVERY_NAME[20:60]))
    parts.rows.remove("t0001")
    parts.publish()
    parts.library.follow()
    newest = parts.all_there()
    parts.shelf.now = old
    parts.library.follow()
    assert parts.library.view().snapshot == old.version
    assert parts.all_there() == newest == {*EVERY_NAME[:60]} - {"t0001"}


@pytest.mark.parametrize("name", ["vectors.bin", "windows.bin"])
def test_a_damaged_snapshot_is_refused_with_a_reason_and_the_old_one_serves_on(parts, name):
    old = parts.publish()
    parts.library.follow()
    parts.rows.put(track("t0900", 1))
    parts.damage(parts.publish(), name)
    parts.library.follow()
    health = parts.library.health()
    assert health.serving == parts.library.view().snapshot == old.version
    assert name in health.refused
    assert "t0900" in parts.all_there()  # its changes are followed all the same


@pytest.mark.parametrize("name", ["vectors.bin", "windows.bin"])
def test_after_a_start_a_damaged_snapshot_gives_way_to_the_newest_good_one(parts, name):
    parts.publish()
    good = parts.publish()
    parts.damage(parts.publish(), "ids.bin")  # retired and bad
    parts.damage(parts.publish(), name)
    parts.library.follow()
    assert parts.library.view().snapshot == good.version
    assert name in parts.library.health().refused


def test_where_every_snapshot_is_bad_the_tracks_are_found_without_one(parts):
    parts.damage(parts.publish())
    parts.library.follow()
    assert parts.all_there() == set(EVERY_NAME[:30])
    assert parts.library.health().refused is not None


def test_a_good_snapshot_after_a_bad_one_is_served_and_health_is_well_again(parts):
    parts.damage(parts.publish())
    parts.library.follow()
    good = parts.publish()
    parts.library.follow()
    assert parts.library.health() == Health(serving=good.version)


def test_a_refused_snapshot_is_not_opened_again_at_every_look(parts):
    parts.damage(parts.publish())
    tried = []
    parts.opened.before_open = lambda: tried.append(1)
    for _ in range(5):
        parts.library.follow()
    assert len(tried) == 1


def test_a_snapshot_of_another_space_is_refused_and_the_old_one_serves_on(parts):
    old = parts.publish()
    parts.library.follow()
    parts.shelf.now = rewritten(parts.root, parts.publish(), space="other/space@2")
    parts.library.follow()
    assert parts.library.view().snapshot == old.version
    assert "space" in parts.library.health().refused


def test_an_index_server_that_is_away_is_asked_again_after_five_seconds(parts):
    parts.publish()
    asked = []

    def fail() -> None:
        asked.append(1)
        raise errors.IndexUnavailable("milvus does not answer")

    parts.opened.before_open = fail
    with structlog.testing.capture_logs() as logged:
        for _ in range(12):
            parts.library.follow()
            parts.clock.now += 0.5
    assert len(asked) == 2
    assert [one["event"] for one in logged] == ["snapshot.refused"]  # once, and no traceback
    assert parts.library.health().refused == "milvus does not answer"
    parts.opened.before_open = lambda: None
    parts.clock.now += 5
    parts.library.follow()
    assert parts.library.health().refused is None


def test_while_the_database_is_away_the_present_view_serves_on(parts):
    parts.publish()
    parts.library.follow()
    serving = parts.library.view()
    parts.publish()
    parts.rows.is_away = True
    parts.library.follow()
    assert parts.library.view() is serving
    parts.rows.is_away = False
    parts.library.follow()
    assert parts.library.view().snapshot == parts.shelf.now.version


def test_after_a_start_it_serves_before_the_windows_are_checked(parts):
    made = parts.publish()
    serving = []
    parts.opened.before_late = lambda: serving.append(parts.library.view().snapshot)
    parts.library.follow()
    assert serving == [made.version]


def test_while_another_serves_all_is_checked_first(parts):
    old = parts.publish()
    parts.library.follow()
    serving = []
    parts.opened.before_late = lambda: serving.append(parts.library.view().snapshot)
    parts.publish()
    parts.library.follow()
    assert serving == [old.version]


def test_a_snapshot_that_is_refused_late_is_let_go(parts):
    parts.publish()
    parts.library.follow()
    parts.damage(bad := parts.publish(), "windows.bin")
    parts.library.follow()
    gc.collect()
    assert parts.opened.closed == [bad.version]


def test_more_tracks_than_memory_should_hold_wait_for_a_snapshot(parts):
    library = parts.reader(most_held=29)
    library.follow()
    with pytest.raises(errors.IndexUnavailable, match="too many"):
        library.view()
    assert "too many" in library.health().refused
    parts.publish()
    library.follow()
    assert len(library.view().search(query_of(1), k=5)) == 5
    assert library.health().refused is None
    library.close()


def test_once_closed_it_serves_nothing_and_lets_go_of_its_snapshot(parts):
    made = parts.publish()
    parts.library.follow()
    parts.library.close()
    parts.library.follow()
    gc.collect()
    with pytest.raises(errors.IndexUnavailable, match="closed"):
        parts.library.view()
    assert parts.opened.closed == [made.version]


def test_one_look_at_a_time(parts):
    parts.publish()
    followers = [threading.Thread(target=parts.library.follow) for _ in range(4)]
    for one in followers:
        one.start()
    for one in followers:
        one.join()
    assert len(parts.opened.versions) == 1
    assert np.isfinite(parts.library.view().search(query_of(1), k=1)[0].cosine)
