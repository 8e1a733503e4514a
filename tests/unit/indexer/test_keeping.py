"""Watched folders."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.keeping import Keeper, Watcher
from sightsong.core import errors
from sightsong.core.ingests import Wish
from sightsong.core.jobs import Job, Queue
from sightsong.core.tenancy import TenantId
from tests.clocks import Clock
from tests.unit.indexer.parts import Bench
from tests.waiting import wait_until


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keeper(bench, clock) -> Keeper:
    return Keeper(bench.stores, bench.doorbell, every_s=60, clock=clock)


def begun(bench: Bench) -> list[Job]:
    """The ingests that wait; they are run."""
    found = []
    while batch := bench.claim(Queue.LIBRARY):
        found += batch
        bench.work(batch)
    return found


def folders(job: Job) -> list[str]:
    return [Path(path).name for path in Wish.of(job.params).paths]


def test_a_watched_folder_is_looked_through_at_first(bench, keeper, music):
    bench.stores.ingests.watch(str(music))
    keeper.look()
    [job] = begun(bench)
    assert folders(job) == ["music"]
    assert Wish.of(job.params).remove_missing
    assert len(bench.stores.tracks.page(limit=9)) == 2


def test_without_changes_it_is_left_alone_until_its_time_comes(bench, keeper, music, clock):
    bench.stores.ingests.watch(str(music))
    keeper.look()
    begun(bench)
    clock.now = 59
    keeper.look()
    assert begun(bench) == []
    clock.now = 60
    keeper.look()
    assert len(begun(bench)) == 1


def test_of_a_change_only_the_folder_that_it_happened_in_is_looked_through(bench, keeper, music):
    bench.stores.ingests.watch(str(music))
    keeper.look()
    begun(bench)
    (music / "album" / "three.mp3").write_bytes(b"three")
    keeper.note([music / "album" / "three.mp3"])
    keeper.look()
    [job] = begun(bench)
    assert folders(job) == ["album"]
    assert len(bench.stores.tracks.page(limit=9)) == 3


def test_a_file_that_is_gone_takes_its_track_with_it(bench, keeper, music):
    bench.stores.ingests.watch(str(music))
    keeper.look()
    begun(bench)
    (music / "one.mp3").unlink()
    keeper.note([music / "one.mp3"])
    keeper.look()
    begun(bench)
    assert len(bench.stores.tracks.page(limit=9)) == 1


def test_a_folder_that_is_gone_is_looked_for_above(bench, keeper, music):
    bench.stores.ingests.watch(str(music))
    keeper.look()
    begun(bench)
    (music / "album" / "two.mp3").unlink()
    (music / "album").rmdir()
    keeper.note([music / "album" / "two.mp3", music / "album"])
    keeper.look()
    [job] = begun(bench)
    assert folders(job) == ["music"]
    assert len(bench.stores.tracks.page(limit=9)) == 1


def test_changes_that_come_while_a_scan_runs_wait_for_its_end(bench, keeper, music):
    bench.stores.ingests.watch(str(music))
    keeper.look()  # it is queued
    keeper.note([music / "album" / "three.mp3"])
    keeper.look()
    assert len(begun(bench)) == 1
    keeper.look()
    assert [folders(job) for job in begun(bench)] == [["album"]]


@pytest.mark.parametrize("name", ["cover.jpg", "notes.txt", "one.mp3.part"])
def test_what_can_be_no_music_begins_nothing(bench, keeper, music, name):
    bench.stores.ingests.watch(str(music))
    keeper.look()
    begun(bench)
    keeper.note([music / name])
    keeper.look()
    assert begun(bench) == []


def test_a_folder_whose_disk_is_away_is_left_alone(bench, keeper, music, clock):
    bench.stores.ingests.watch(str(music))
    keeper.look()
    begun(bench)
    music.rename(music.with_name("away"))
    clock.now = 1000
    keeper.look()
    assert begun(bench) == []
    assert len(bench.stores.tracks.page(limit=9)) == 2


def test_a_folder_that_is_not_watched_any_more_is_left_alone(bench, keeper, music):
    watched = bench.stores.ingests.watch(str(music))
    bench.stores.ingests.unwatch(watched.id)
    keeper.look()
    assert begun(bench) == []


def test_the_system_tells_of_new_files(bench, keeper, music):
    bench.stores.ingests.watch(str(music))
    watcher = Watcher(keeper, settle_s=0.1)
    watcher.start()
    try:
        wait_until(lambda: len(begun(bench)) == 1)
        (music / "album" / "three.mp3").write_bytes(b"three")
        wait_until(lambda: begun(bench) and len(bench.stores.tracks.page(limit=9)) == 3)
    finally:
        watcher.stop()


class Away:
    """A doorbell that nobody hears; and a database that is away as long as a test says."""

    def __init__(self, bench: Bench) -> None:
        self.is_away = True
        self._ingests = bench.stores.ingests

    def submit(self, wish: Wish, *, tenant: TenantId) -> Job:
        if self.is_away:
            raise errors.StoreUnavailable
        return self._ingests.submit(wish, tenant=tenant)

    def __getattr__(self, name: str) -> object:
        return getattr(self._ingests, name)


def test_changes_that_cannot_be_submitted_are_not_lost(bench, music, clock):
    bench.stores.ingests.watch(str(music))
    ingests = Away(bench)
    keeper = Keeper(replace(bench.stores, ingests=ingests), bench.doorbell, every_s=60, clock=clock)
    with pytest.raises(errors.StoreUnavailable):
        keeper.look()
    ingests.is_away = False
    keeper.look()
    assert len(begun(bench)) == 1


def test_a_change_in_a_folder_whose_name_is_no_text_is_looked_for_above(bench, keeper, music):
    bench.stores.ingests.watch(str(music))
    keeper.look()
    begun(bench)
    odd = Path(os.fsdecode(os.fsencode(music) + b"/caf\xe9"))
    odd.mkdir()
    keeper.note([odd / "new.mp3"])
    keeper.look()
    assert [folders(job) for job in begun(bench)] == [["music"]]


def test_where_the_system_cannot_watch_folders_are_still_looked_through(bench, music):
    bench.stores.ingests.watch(str(music))

    class Blind(Keeper):
        """One whose folders cannot be watched."""

        def folders(self) -> list[Path]:
            raise OSError("no watch is left")

    watcher = Watcher(Blind(bench.stores, bench.doorbell, every_s=60), settle_s=0.1)
    watcher.start()
    try:
        wait_until(lambda: len(begun(bench)) == 1)
    finally:
        watcher.stop()
