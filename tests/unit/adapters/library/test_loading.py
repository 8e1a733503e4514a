"""Snapshots that must not be served: damaged, half written, or of another space."""

import dataclasses
import fcntl
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightsong.adapters import disk
from sightsong.adapters.library import layout
from sightsong.adapters.library.loaded import LoadedSnapshot, opening
from sightsong.core import errors
from sightsong.core.embeddings import Space
from sightsong.core.facts import Filters
from sightsong.core.snapshots import Snapshot
from tests.unit.adapters.library.parts import (
    EVERY_NAME,
    KINDS,
    Rows,
    query_of,
    rewritten,
    track,
)

FILES = (layout.NEAR, layout.MANIFEST, *map(layout.column_file, layout.COLUMNS))


@pytest.fixture
def made(tmp_path: Path) -> Snapshot:
    return Rows(track(name, 1) for name in EVERY_NAME[:40]).build(tmp_path, kind="ivf")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Snapshot]:
    root = tmp_path_factory.mktemp("whole")
    return root, Rows(track(name, 1) for name in EVERY_NAME[:40]).build(root, kind="ivf")


def serve(root: Path, made: Snapshot) -> None:
    """Open a snapshot and check all of it."""
    base = opening(root)(made)
    try:
        base.check_late()
    finally:
        base.close()


@given(name=st.sampled_from(FILES), where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@settings(max_examples=80, deadline=None)
def test_one_flipped_bit_anywhere_is_refused(whole, name, where, bit):
    root, made = whole
    path = root / made.path / name
    original = path.read_bytes()
    damaged = bytearray(original)
    damaged[int(where * len(damaged))] ^= 1 << bit
    path.write_bytes(damaged)
    try:
        with pytest.raises(errors.SnapshotRefused):
            serve(root, made)
    finally:
        path.write_bytes(original)


@given(name=st.sampled_from(FILES), where=st.floats(0, 1, exclude_max=True))
@settings(max_examples=60, deadline=None)
def test_a_file_cut_short_is_refused(whole, name, where):
    root, made = whole
    path = root / made.path / name
    original = path.read_bytes()
    path.write_bytes(original[: int(where * len(original))])
    try:
        with pytest.raises(errors.SnapshotRefused):
            serve(root, made)
    finally:
        path.write_bytes(original)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused(made, tmp_path, name):
    (tmp_path / made.path / name).unlink()
    with pytest.raises(errors.SnapshotRefused, match=made.version):
        serve(tmp_path, made)


@pytest.mark.parametrize("name", set(FILES) - {layout.MANIFEST})
def test_a_file_that_no_digest_speaks_for_is_refused(made, tmp_path, name):
    digests = {file: digest for file, digest in made.manifest["sha256"].items() if file != name}
    with pytest.raises(errors.SnapshotRefused):
        serve(tmp_path, rewritten(tmp_path, made, sha256=digests))


def test_a_folder_without_a_manifest_is_half_written_and_refused(made, tmp_path):
    (tmp_path / made.path / layout.MANIFEST).unlink()
    with pytest.raises(errors.SnapshotRefused, match="manifest"):
        serve(tmp_path, made)


def test_a_snapshot_of_another_space_is_refused(tmp_path):
    foreign = Rows([track("t1", 1)]).build(tmp_path, space=Space("other/space@2"))
    claimed = dataclasses.replace(foreign, space=Space("stub/space@1"))
    with pytest.raises(errors.SnapshotRefused, match="another space"):
        serve(tmp_path, claimed)


def test_a_whole_folder_under_another_snapshot_s_name_is_refused(made, tmp_path):
    other = Rows([track("t1", 1)]).build(tmp_path)
    with pytest.raises(errors.SnapshotRefused, match="manifest"):
        serve(tmp_path, dataclasses.replace(made, path=other.path))


def test_a_snapshot_of_another_release_is_refused_with_a_word(made, tmp_path):
    with pytest.raises(errors.SnapshotRefused, match="release"):
        serve(tmp_path, rewritten(tmp_path, made, format=1))


def test_columns_that_do_not_fit_together_are_refused_though_their_digests_are_right(
    made, tmp_path
):
    path = tmp_path / made.path / "explicit.bin"
    path.write_bytes(b"")
    digests = {**made.manifest["sha256"], path.name: disk.sha256_of(path)}
    with pytest.raises(errors.SnapshotRefused, match="fit"):
        serve(tmp_path, rewritten(tmp_path, made, sha256=digests))


def test_the_windows_are_not_looked_at_before_it_serves(made, tmp_path):
    path = tmp_path / made.path / "windows.bin"
    path.write_bytes(bytes(len(path.read_bytes())))
    base = opening(tmp_path)(made)
    assert base.size == 40
    with pytest.raises(errors.SnapshotRefused, match="windows"):
        base.check_late()
    base.close()


def test_a_snapshot_that_is_served_is_held_until_it_is_closed(made, tmp_path):
    base = opening(tmp_path)(made)
    held = os.open(tmp_path / made.path / layout.MANIFEST, os.O_RDONLY)
    with pytest.raises(BlockingIOError):
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    base.close()
    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(held)


def test_a_snapshot_that_is_being_removed_is_refused(made, tmp_path):
    held = os.open(tmp_path / made.path / layout.MANIFEST, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(errors.SnapshotRefused, match="removed"):
        opening(tmp_path)(made)
    os.close(held)


def test_a_refused_snapshot_is_not_held(made, tmp_path):
    (tmp_path / made.path / "ids.bin").unlink()
    with pytest.raises(errors.SnapshotRefused):
        opening(tmp_path)(made)
    held = os.open(tmp_path / made.path / layout.MANIFEST, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(held)


@pytest.mark.parametrize("kind", KINDS)
def test_as_many_are_found_as_fit_though_the_index_itself_looks_nowhere(tmp_path, kind):
    rows = Rows(track(name, 1) for name in EVERY_NAME)
    made = rows.build(tmp_path, kind=kind)
    narrow = dict.fromkeys(made.manifest["parameters"], 1)
    made = rewritten(tmp_path, made, parameters=narrow)
    base = LoadedSnapshot(made, tmp_path / made.path, few=0)
    where = Filters(genres=("jazz",))
    fitting = sum(where.fits(name, one.entry.facts) for name, one in rows.tracks.items())
    for k in (1, 20, 500):
        found = base.nearest(query_of(1), k=k, where=where, hidden=base.hide(()))
        assert len(found) == min(k, fitting)
    base.close()


def test_what_a_manifest_says_survives_the_way_through_a_database(made, tmp_path):
    stored = json.loads(json.dumps(made.manifest, sort_keys=True))
    serve(tmp_path, dataclasses.replace(made, manifest=stored))
