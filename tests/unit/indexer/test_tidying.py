"""What nobody needs any more is thrown away, and nothing else."""

import os
import time

from indexer.tidying import Tidier
from sightsong.core.ingests import Wish

_TWO_DAYS_S = 2 * 24 * 3600


def age(path) -> None:
    old = time.time() - _TWO_DAYS_S
    os.utime(path, (old, old))


def test_the_tray_of_an_ingest_goes_when_that_has_ended(bench):
    tray = bench.inbox.open_tray()
    bench.inbox.put(tray, "a.mp3", [b"a"])
    tidier = Tidier(bench.stores.ingests, bench.inbox, bench.folder / "scratch")
    submitted = bench.stores.ingests.submit(Wish(inbox=tray))
    tidier.tidy()
    assert len(bench.inbox.files(tray)) == 1
    bench.run(submitted)
    tidier.tidy()
    assert bench.inbox.files(tray) == []


def test_a_tray_that_was_never_submitted_goes_after_a_day(bench):
    young, old = bench.inbox.open_tray(), bench.inbox.open_tray()
    for tray in (young, old):
        bench.inbox.put(tray, "a.mp3", [b"a"])
    for path in (bench.folder / "inbox" / old).iterdir():
        age(path)
    age(bench.folder / "inbox" / old)
    Tidier(bench.stores.ingests, bench.inbox, bench.folder / "scratch").tidy()
    assert len(bench.inbox.files(young)) == 1
    assert bench.inbox.files(old) == []


def test_files_that_a_process_left_on_their_way_go_after_a_day(bench):
    scratch = bench.folder / "scratch"
    for name in ("young", "old"):
        (scratch / name).mkdir(parents=True)
        (scratch / name / "file").write_bytes(b"x")
    age(scratch / "old")
    Tidier(bench.stores.ingests, bench.inbox, scratch).tidy()
    assert [path.name for path in scratch.iterdir()] == ["young"]
