"""Which snapshots are removed, and which stay."""

import fcntl
from pathlib import Path

import pytest

from sightsong.adapters import memory
from sightsong.adapters.library import layout
from sightsong.adapters.library.loaded import LoadedSnapshot
from sightsong.core import jobs, ports
from sightsong.core.jobs import JobKind, NewJob, Owner, Queue
from sightsong.core.snapshots import Snapshot
from tests.unit.indexer.libraries import SPACE, Site, library


class World:
    """A library folder and its rows, with a clock that each publication moves."""

    def __init__(self, root: Path) -> None:
        self.now = 0.0
        self.site = Site(root)
        self.stores: ports.Stores = memory.open_stores(lambda: self.now)

    def add(self, *, kept_as: Snapshot | None = None) -> Snapshot:
        self.now += 1
        built = kept_as or self.site.build(library(3))
        self.stores.snapshots.add(built)
        return built

    def publish(self) -> Snapshot:
        built = self.add()
        self.stores.jobs.submit(NewJob(kind=JobKind.REBUILD))
        (job,) = self.stores.jobs.claim([Queue.INDEX], owner=Owner("o"), limit=1, lease_s=60)
        effect = jobs.ActivateSnapshot(version=built.version)
        done = jobs.Completion(job=job, outcome=jobs.Succeeded(result={}), effects=(effect,))
        self.stores.jobs.complete([done])
        return built

    def prune(self, *, kept: int = 1) -> list[str]:
        return self.site.builder(kept=kept).prune(SPACE, self.stores.snapshots)

    def rows(self) -> set[str]:
        return {row.version for row in self.stores.snapshots.listed(SPACE)}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "library")


def test_the_active_one_and_the_newest_retired_ones_stay(world):
    built = [world.publish().version for _ in range(5)]
    assert sorted(world.prune(kept=2)) == built[:2]
    assert world.rows() == world.site.folders() == set(built[2:])


def test_none_are_kept_but_the_active_one_if_one_wants_it_so(world):
    world.publish()
    last = world.publish()
    world.prune(kept=0)
    assert world.rows() == {last.version}


def test_one_that_a_reader_holds_stays_until_it_is_let_go(world):
    first = world.publish()
    reader = LoadedSnapshot(first, world.site.root / first.path)
    for _ in range(2):
        world.publish()
    assert world.prune(kept=1) == []
    assert first.version in world.rows()
    reader.close()
    assert world.prune(kept=1) == [first.version]


def test_what_is_newer_than_the_active_one_stays(world):
    first = world.publish()
    second, third = world.publish(), world.add()
    world.stores.snapshots.activate(first.version)
    assert world.prune(kept=0) == []
    assert world.rows() == {first.version, second.version, third.version}


def test_an_old_one_that_was_never_published_goes(world):
    never = world.add()
    world.publish()
    assert world.prune(kept=5) == [never.version]


def test_nothing_is_removed_while_none_is_active(world):
    only = world.add()
    assert world.prune(kept=0) == []
    assert world.site.folders() == {only.version}


def test_folders_without_a_row_go_if_they_are_older(world):
    world.publish()
    home = world.site.home
    (home / "20200101T000000000000-0000000a").mkdir()
    (home / "29990101T000000000000-0000000a").mkdir()
    (home / "0-of-somebody-else").mkdir()
    assert world.prune() == ["20200101T000000000000-0000000a"]
    assert {"29990101T000000000000-0000000a", "0-of-somebody-else"} < world.site.folders()


def test_those_on_a_server_are_not_ours(world):
    elsewhere = Snapshot(
        version="20200101T0-a", space=SPACE, path="", revision=0, manifest={"backend": "milvus"}
    )
    world.add(kept_as=elsewhere)
    world.publish()
    assert world.prune(kept=0) == []
    assert elsewhere.version in world.rows()


def test_one_that_is_made_active_meanwhile_keeps_its_folder(world):
    first = world.publish()
    world.publish()

    class Choosing:
        """Rows of which one becomes active just before it would be removed."""

        def __getattr__(self, name: str) -> object:
            return getattr(world.stores.snapshots, name)

        def remove(self, version: str) -> None:
            world.stores.snapshots.activate(version)
            world.stores.snapshots.remove(version)

    assert world.site.builder(kept=0).prune(SPACE, Choosing()) == []
    assert first.version in world.site.folders()


def test_a_folder_of_a_build_that_died_goes_at_once(world):
    world.site.home.mkdir(parents=True)
    (world.site.home / ".building-20990101T000000000000-0000000a").mkdir()
    assert world.prune() == ["20990101T000000000000-0000000a"]
    assert world.site.folders() == set()


def test_a_manifest_is_held_while_its_snapshot_is_removed(world):
    first = world.publish()
    world.publish()
    manifest = world.site.root / first.path / layout.MANIFEST
    states = []

    class Watching:
        def __getattr__(self, name: str) -> object:
            return getattr(world.stores.snapshots, name)

        def remove(self, version: str) -> None:
            with manifest.open("rb") as file, pytest.raises(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            states.append(version)
            world.stores.snapshots.remove(version)

    world.site.builder(kept=0).prune(SPACE, Watching())
    assert states == [first.version]


def spoil(folder: Path) -> None:
    """Put a link in place of a folder, which is never removed as one."""
    folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to("elsewhere", target_is_directory=True)


def test_a_folder_that_cannot_be_removed_stays_and_holds_nothing_up(world):
    first, second, _ = (world.publish() for _ in range(3))
    spoil(world.site.root / first.path)
    left = ".building-20200101T000000000000-0000000a"
    (world.site.home / left).symlink_to("elsewhere", target_is_directory=True)
    assert world.prune(kept=0) == [second.version]
    assert {first.version, left} < world.site.folders()
    assert world.prune(kept=0) == []


def test_what_is_called_like_a_snapshot_and_is_none_is_left_alone(world):
    world.publish()
    home = world.site.home
    (home / "20200101T000000000000-0000000a").write_text("a file")
    (home / "20200102T000000000000-0000000a" / layout.MANIFEST).mkdir(parents=True)
    (home / "20200103T000000000000-0000000a").mkdir()
    assert world.prune() == ["20200103T000000000000-0000000a"]
