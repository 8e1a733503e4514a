"""Snapshots that cannot be served, or not any more: refused, and not tried all the time."""

import fcntl
import gc
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sightsong.adapters.library import layout
from sightsong.adapters.library.loaded import LoadedSnapshot, opening
from sightsong.core import errors
from sightsong.core.facts import Filters
from sightsong.core.snapshots import Snapshot
from tests.unit.adapters.library.parts import (
    DIMENSION,
    EVERY_NAME,
    KINDS,
    Rows,
    query_of,
    rewritten,
    track,
)
from tests.unit.adapters.library.reading import Parts

#: A file that opens and cannot be read: EIO.
UNREADABLE = Path("/proc/self/mem")


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    made = Parts(tmp_path)
    yield made
    made.library.close()


def make_unreadable(parts: Parts, snapshot: Snapshot, name: str) -> None:
    path = parts.root / snapshot.path / name
    path.unlink()
    path.symlink_to(UNREADABLE)


def spoil(parts: Parts, snapshot: Snapshot, name: str = "vectors.bin") -> None:
    """Write NaN over vectors, in place, as a broken disk or a careless script would."""
    path = parts.root / snapshot.path / name
    with path.open("r+b") as file:
        file.write(np.full(path.stat().st_size // 2, np.nan, np.float16).tobytes())


def test_a_file_that_cannot_be_read_is_a_reason_to_refuse(parts):
    old = parts.publish()
    parts.library.follow()
    parts.rows.put(track("t0900", 1))
    make_unreadable(parts, parts.publish(), "vectors.bin")
    parts.library.follow()
    health = parts.library.health()
    assert health.serving == old.version
    assert "vectors.bin cannot be read" in health.refused
    assert "t0900" in parts.all_there()


def test_after_a_start_a_file_that_turns_out_to_be_unreadable_late_gives_way(parts):
    good, bad = parts.publish(), parts.publish()
    parts.opened.before_late = lambda: _once(parts, bad)
    parts.library.follow()
    assert parts.library.health().serving == good.version
    tried = len(parts.opened.versions)
    parts.library.follow()
    assert len(parts.opened.versions) == tried


def _once(parts: Parts, bad: Snapshot) -> None:
    if not (parts.root / bad.path / "windows.bin").is_symlink():
        make_unreadable(parts, bad, "windows.bin")


@pytest.mark.parametrize("is_after_a_start", [True, False])
def test_whatever_goes_wrong_the_old_one_serves_and_it_is_not_tried_at_every_look(
    parts, is_after_a_start
):
    old = parts.publish()
    if not is_after_a_start:
        parts.library.follow()
    bad = parts.publish()
    tried = []

    def fail() -> None:
        if parts.opened.versions[-1] == bad.version:
            tried.append(1)
            raise ZeroDivisionError

    parts.opened.before_late = fail
    for _ in range(4):
        parts.library.follow()
    assert len(tried) == 1
    assert parts.library.health().serving == old.version
    assert "ZeroDivisionError" in parts.library.health().refused


@pytest.mark.parametrize("name", ["vectors.bin", "windows.bin", "ids.bin"])
def test_a_snapshot_whose_files_are_damaged_while_it_serves_gives_way_at_the_next_look(parts, name):
    good = parts.publish()
    bad = parts.publish()
    parts.library.follow()
    assert parts.library.health().serving == bad.version
    spoil(parts, bad, name)
    parts.library.follow()
    assert parts.library.health().serving == good.version
    assert bad.version in parts.library.health().refused
    assert name in parts.library.health().refused
    assert parts.all_there() == set(EVERY_NAME[:30])


def test_where_no_other_is_left_the_tracks_are_found_without_a_snapshot(parts):
    spoil_me = parts.publish()
    parts.library.follow()
    spoil(parts, spoil_me)
    parts.library.follow()
    assert parts.library.health().serving is None
    assert parts.all_there() == set(EVERY_NAME[:30])


def test_where_there_are_too_many_for_that_nothing_is_served_and_it_says_why(parts):
    made = parts.publish()
    library = parts.reader(most_held=9)
    library.follow()
    spoil(parts, made)
    library.follow()
    with pytest.raises(errors.IndexUnavailable, match=r"vectors\.bin was altered.*too many"):
        library.view()
    library.close()


def test_a_damaged_one_that_is_mended_serves_again(parts):
    made = parts.publish()
    parts.library.follow()
    path = parts.root / made.path / "vectors.bin"
    whole = path.read_bytes()
    spoil(parts, made)
    parts.library.follow()
    path.write_bytes(whole)
    parts.clock.now += 30
    parts.library.follow()
    assert parts.library.health().serving == made.version


def test_files_that_were_only_touched_are_checked_once_and_serve_on(parts):
    made = parts.publish()
    parts.library.follow()
    view = parts.library.view()
    os.utime(parts.root / made.path / "vectors.bin", (1, 1))
    base = view.base
    assert base.has_changed()
    parts.library.follow()
    assert parts.library.view() is view
    assert not base.has_changed()


def test_a_glance_at_the_files_sees_each_that_is_written_to(parts):
    made = parts.publish()
    for name in map(layout.column_file, ("vectors", "windows", "terms")):
        base = opening(parts.root)(made)
        assert not base.has_changed()
        os.utime(parts.root / made.path / name, (1, 1))
        assert base.has_changed()
        base.close()


def test_files_that_are_gone_do_no_harm_to_what_is_mapped(parts):
    made = parts.publish()
    parts.library.follow()
    (parts.root / made.path / "vectors.bin").unlink()
    parts.library.follow()
    assert parts.library.health().serving == made.version
    assert parts.all_there() == set(EVERY_NAME[:30])


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_number_is_never_ranked_even_before_the_damage_is_seen(tmp_path, kind):
    rows = Rows(track(name, 1) for name in EVERY_NAME)
    made = rows.build(tmp_path, kind=kind)
    base = LoadedSnapshot(made, tmp_path / made.path, few=0)
    path = tmp_path / made.path / "vectors.bin"
    with path.open("r+b") as file:
        file.write(np.full(50 * DIMENSION, np.nan, np.float16).tobytes())
    found = base.nearest(query_of(1), k=400, where=Filters(), hidden=base.hide(()))
    assert all(np.isfinite(one.cosine) for one in found)
    if kind != "exact":  # which keeps a copy of its vectors in memory
        assert not {one.track_id for one in found} & set(EVERY_NAME[:50])
    assert base.vector("t0001") is None
    base.close()


def test_a_snapshot_that_is_held_for_a_moment_is_tried_again_after_a_second(parts):
    made = parts.publish()
    held = os.open(parts.root / made.path / layout.MANIFEST, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    parts.library.follow()
    assert parts.library.health().serving is None
    os.close(held)
    parts.clock.now += 1
    parts.library.follow()
    assert parts.library.health().serving == made.version


def test_a_snapshot_on_another_backend_is_refused_by_its_own_name(parts):
    made = parts.publish()
    parts.shelf.now = rewritten(parts.root, made, backend="milvus")
    parts.library.follow()
    assert parts.library.health().refused.startswith(f"snapshot {made.version}: it lies on milvus")


def test_the_reason_is_that_of_the_active_one_whatever_else_is_refused(parts):
    parts.damage(retired := parts.publish(), "ids.bin")
    parts.damage(active := parts.publish(), "starts.bin")
    parts.library.follow()
    refused = parts.library.health().refused
    assert active.version in refused
    assert "starts.bin" in refused
    assert retired.version not in refused


def test_a_snapshot_is_examined_and_let_go_and_what_serves_stays(parts):
    good = parts.publish()
    parts.library.follow()
    view = parts.library.view()
    parts.library.examine(good)
    other = parts.rows.build(parts.root)
    parts.library.examine(other)
    gc.collect()
    assert parts.library.view() is view
    assert parts.opened.closed == [good.version, other.version]


@pytest.mark.parametrize("name", ["vectors.bin", "windows.bin"])
def test_who_examines_a_damaged_snapshot_is_told_why(parts, name):
    bad = parts.rows.build(parts.root)
    parts.damage(bad, name)
    with pytest.raises(errors.SnapshotRefused, match=f"{bad.version}: {name}"):
        parts.library.examine(bad)


def test_who_examines_one_since_which_changes_are_forgotten_is_told(parts):
    old = parts.rows.build(parts.root)
    parts.rows.put(track("t0900", 1))
    parts.rows.forgotten_up_to = parts.rows.now
    with pytest.raises(errors.SnapshotRefused, match="changed since"):
        parts.library.examine(old)
