"""Building beside others, on full disks, until killed or told to stop; and cleaning up."""

import errno
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.building import Elsewhere
from indexer.writing import WrittenFile
from sightsong.adapters import memory
from sightsong.adapters.library import layout
from sightsong.core.errors import ConfigurationError, SnapshotRefused, StorageFull
from sightsong.core.snapshots import Extent, IndexedTrack
from tests.unit.indexer.libraries import SPACE, Site, library, plan, told
from tests.waiting import wait_until

GIB = 2**30
#: Builds a library for ever: its tracks never end.
_FOR_EVER = """
import itertools, sys
from pathlib import Path
from tests.unit.indexer.libraries import Site, library, plan, track
some = library(1)
endless = (track(i, some[0].entry.vector) for i in itertools.count())
Site(Path(sys.argv[1])).builder().build(endless, plan(some))
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "library")


@pytest.fixture
def tracks() -> list[IndexedTrack]:
    return library(600)


@pytest.fixture
def killed(site) -> Iterator[subprocess.Popen]:
    """A process that builds, to be killed."""
    building = subprocess.Popen([sys.executable, "-c", _FOR_EVER, str(site.root)])
    wait_until(lambda: list(site.root.glob("*/.building-*/vectors.bin")), within_s=30)
    yield building
    building.kill()
    building.wait()


def test_a_disk_without_room_says_how_much_is_needed_and_leaves_nothing(site, tracks):
    with pytest.raises(StorageFull, match=r"needs \d+\.\d GB \([\d,]+ bytes\)"):
        site.builder().build(
            tracks, plan(tracks, extent=Extent(tracks=600, window_bytes=10**6 * GIB))
        )
    assert site.folders() == set()


def test_the_reserve_of_the_disk_is_not_used_up(site, tracks):
    with pytest.raises(StorageFull, match=r"and 0 bytes are free, beside the .* in reserve"):
        site.build(tracks, reserve_bytes=10**6 * GIB)
    assert site.folders() == set()


def test_a_disk_that_fills_up_meanwhile_says_the_same_and_leaves_nothing(site, tracks):
    def filling_up() -> Iterator[IndexedTrack]:
        yield from tracks
        raise OSError(errno.ENOSPC, "no space left")

    with pytest.raises(StorageFull, match=r"a new index needs .* on the disk"):
        site.builder().build(filling_up(), plan(tracks))
    assert site.folders() == set()


def test_a_write_below_the_reserve_is_refused_midway(tmp_path):
    with (
        WrittenFile(tmp_path / "column", reserve_bytes=10**6 * GIB) as file,
        pytest.raises(StorageFull),
    ):
        file.take(b"x")


@pytest.mark.parametrize("kind", ["exact", "ivf"])
def test_a_build_that_is_stopped_at_any_step_leaves_nothing(site, tracks, kind):
    steps = 0

    def counted() -> bool:
        nonlocal steps
        steps += 1
        return True

    few = tracks[:100]
    assert site.build(few, kind=kind, go_on=counted) is not None
    whole = site.folders()
    for times in range(steps):
        assert site.build(few, kind=kind, go_on=told(times)) is None
        assert site.folders() == whole


def test_nothing_to_index_is_refused_and_makes_no_folder(site):
    with pytest.raises(SnapshotRefused, match="no embedded tracks"):
        site.build([])
    assert not site.root.exists()


def test_tracks_that_have_gone_meanwhile_are_nothing_to_index(site, tracks):
    with pytest.raises(SnapshotRefused, match="no embedded tracks"):
        site.builder().build(iter([]), plan(tracks))
    assert site.folders() == set()


def test_what_a_killed_build_left_behind_is_removed_by_the_next(site, tracks, killed):
    killed.kill()
    killed.wait()
    (left,) = site.folders()
    built = site.build(tracks)
    assert left.startswith(".building-")
    assert site.folders() == {built.version}


def test_a_second_build_waits_for_the_first_and_can_be_stopped(site, tracks, killed):
    assert site.build(tracks, go_on=told(3)) is None
    assert len(site.folders()) == 1  # that of the one at work


def test_a_second_build_comes_after_the_first(site, tracks, killed):
    has_asked = threading.Event()
    built = []

    def go_on() -> bool:
        has_asked.set()
        return True

    second = threading.Thread(target=lambda: built.append(site.build(tracks, go_on=go_on)))
    second.start()
    has_asked.wait()
    assert not built
    killed.kill()
    second.join()
    assert site.folders() == {built[0].version}


def test_pruning_leaves_alone_what_is_being_built(site, killed):
    assert site.builder().prune(SPACE, memory.open_stores().snapshots) == []
    assert len(site.folders()) == 1


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", [*map(layout.column_file, layout.COLUMNS), layout.NEAR])
def test_a_flipped_bit_in_any_file_is_found(site, tracks, name):
    built = site.build(tracks, kind="ivf")
    site.builder().verify(built)
    flip(site.root / built.path / name)
    with pytest.raises(SnapshotRefused, match=f"{name} was altered"):
        site.builder().verify(built)


def test_a_snapshot_is_not_sound_without_a_file_or_with_another_manifest(site, tracks):
    built = site.build(tracks)
    with pytest.raises(SnapshotRefused, match="another manifest"):
        site.builder().verify(replace(built, manifest=dict(built.manifest) | {"tracks": 1}))
    (site.root / built.path / "ids.bin").unlink()
    with pytest.raises(SnapshotRefused, match=r"ids\.bin is missing"):
        site.builder().verify(built)


@pytest.mark.parametrize(
    "wrong", [{"tracks": 599}, {"windows": 1}, {"dimension": 16}, {"kind": "magic"}]
)
def test_a_manifest_that_does_not_fit_its_files_is_not_sound(site, tracks, wrong):
    built = site.build(tracks, kind="ivf")
    manifest = dict(built.manifest) | wrong
    (site.root / built.path / layout.MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(SnapshotRefused):
        site.builder().verify(replace(built, manifest=manifest))


def test_a_snapshot_of_the_release_before_is_not_sound(site, tracks):
    built = site.build(tracks)
    old = {"format": 1, "sha256": {}}
    (site.root / built.path / layout.MANIFEST).write_text('{"format": 1, "sha256": {}}')
    with pytest.raises(SnapshotRefused, match="another release"):
        site.builder().verify(replace(built, manifest=old))


def test_of_a_snapshot_on_a_server_it_cannot_be_told(site, tracks):
    elsewhere = replace(site.build(tracks), manifest={"backend": "milvus"})
    with pytest.raises(Elsewhere, match="not lie in a folder"):
        site.builder().verify(elsewhere)


@pytest.mark.parametrize("name", ["vectors.bin", layout.NEAR])
def test_a_file_that_the_disk_does_not_give_back_is_not_sound(site, tracks, name):
    built = site.build(tracks, kind="ivf")
    sick = Path("/proc/self/mem")  # its first byte cannot be read
    if not sick.is_file():
        pytest.skip("no file here fails to be read")
    path = site.root / built.path / name
    path.unlink()
    path.symlink_to(sick)
    with pytest.raises(SnapshotRefused, match="cannot be read"):
        site.builder().verify(built)


def test_a_snapshot_whose_files_were_written_to_looks_otherwise(site, tracks):
    built = site.build(tracks, kind="ivf")
    builder, folder = site.builder(), site.root / built.path
    first = builder.glance(built)
    assert builder.glance(built) == first
    flip(folder / layout.NEAR)
    second = builder.glance(built)
    os.truncate(folder / "windows.bin", 0)
    third = builder.glance(built)
    (folder / layout.MANIFEST).unlink()
    last = builder.glance(built)
    assert first != second != third != last


def test_a_library_folder_without_locks_is_not_built_in(site, tracks):
    (site.home / ".lock").mkdir(parents=True)
    with pytest.raises(ConfigurationError, match="SIGHTSONG_DATA_DIR"):
        site.build(tracks)
