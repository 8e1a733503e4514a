"""What nobody needs any more is thrown away, and nothing else."""

import os
import time

from indexer.tidying import Tidier
from sightsong.adapters.shelf import FolderShelf
from sightsong.core.ingests import Wish
from tests.unit.indexer.parts import Bench

_TWO_HOURS_S = 2 * 3600
_TWO_DAYS_S = 2 * 24 * 3600


def age(path, by_s: float = _TWO_DAYS_S) -> None:
    old = time.time() - by_s
    os.utime(path, (old, old))


def age_tray(bench: Bench, tray: str, by_s: float) -> None:
    folder = bench.folder / "inbox" / tray
    for path in (*folder.iterdir(), folder):
        age(path, by_s)


def tidier_of(bench: Bench) -> Tidier:
    shelf = FolderShelf(bench.shelf_dir, reserve_bytes=0)
    return Tidier(bench.stores, bench.inbox, shelf, bench.folder / "scratch")


def test_the_tray_of_an_ingest_goes_when_that_has_ended(bench):
    tray = bench.inbox.open_tray()
    bench.inbox.put(tray, "a.mp3", [b"a"])
    tidier = tidier_of(bench)
    submitted = bench.stores.ingests.submit(Wish(inbox=tray))
    tidier.tidy()
    assert len(bench.inbox.files(tray)) == 1
    bench.run(submitted)
    tidier.tidy()
    assert bench.inbox.files(tray) == []


def test_a_tray_that_was_never_submitted_goes_after_an_hour(bench):
    young, old = bench.inbox.open_tray(), bench.inbox.open_tray()
    for tray in (young, old):
        bench.inbox.put(tray, "a.mp3", [b"a"])
    age_tray(bench, old, _TWO_HOURS_S)
    tidier_of(bench).tidy()
    assert len(bench.inbox.files(young)) == 1
    assert bench.inbox.files(old) == []


def test_files_that_a_process_left_on_their_way_go_after_a_day(bench):
    scratch = bench.folder / "scratch"
    for name in ("young", "old"):
        (scratch / name).mkdir(parents=True)
        (scratch / name / "file").write_bytes(b"x")
    age(scratch / "old")
    tidier_of(bench).tidy()
    assert [path.name for path in scratch.iterdir()] == ["young"]


def test_the_tray_of_an_ingest_that_failed_is_kept_for_a_day(bench):
    tray = bench.inbox.open_tray()
    bench.inbox.put(tray, "letter.txt", [b"a"])
    assert bench.run(bench.stores.ingests.submit(Wish(inbox=tray))).error is not None
    age_tray(bench, tray, _TWO_HOURS_S)
    tidier_of(bench).tidy()
    assert len(bench.inbox.files(tray)) == 1
    age_tray(bench, tray, _TWO_DAYS_S)
    tidier_of(bench).tidy()
    assert bench.inbox.files(tray) == []


def test_the_bytes_of_a_removed_track_leave_the_shelf_after_a_day(bench):
    tray = bench.inbox.open_tray()
    for name in ("kept.mp3", "removed.mp3"):
        bench.inbox.put(tray, name, [name.encode()])
    bench.run(bench.stores.ingests.submit(Wish(inbox=tray)))
    ids = {track.title: track.id for track in bench.stores.tracks.page(limit=9)}
    bench.stores.tracks.remove(ids["removed"])
    tidier_of(bench).clear_shelf()
    assert len(list(bench.shelf_dir.rglob("*.mp3"))) == 2
    tidier_of(bench).clear_shelf(older_than_s=0)
    assert [path.read_bytes() for path in bench.shelf_dir.rglob("*.mp3")] == [b"kept.mp3"]
