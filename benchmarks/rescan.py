"""A library of many files scanned, and scanned again with nothing new: all that the indexer does.

    python -m benchmarks.rescan [FILES]

Without a number: 100,000. Writes as many small files of different bytes (no music: nothing is
decoded), takes them in as the indexer does, on SQLite in a temporary folder, and scans them again,
and then again with `remove_missing`. Prints seconds, and what this process took of memory.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

from indexer import app, tasks
from sightsong.adapters import memory, settings, wiring
from sightsong.adapters.store import migrate
from sightsong.core import ports
from sightsong.core.ingests import Wish
from sightsong.core.jobs import Job, Owner, Queue
from sightsong.engine.watch import Watch
from sightsong.engine.work import Prepared

_FILES = 100_000
_A_FOLDER = 100
_MIB = 1024


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else _FILES
    with tempfile.TemporaryDirectory() as folder:
        music = Path(folder, "music")
        _write(music, count)
        config = settings.load(data_dir=Path(folder, "data"), disk_reserve_bytes=0)
        config.data_dir.mkdir()
        migrate.upgrade(config.database)
        stores = wiring.open_stores(config)
        runtime = app.open_runtime(
            config, stores, memory.MemoryDoorbell(), scans=Watch(), rebuilds=Watch()
        )
        for name, wish in (
            ("first scan", Wish(paths=(str(music),))),
            ("nothing new", Wish(paths=(str(music),))),
            ("nothing new, and nothing missing", Wish(paths=(str(music),), remove_missing=True)),
        ):
            began = time.perf_counter()
            job = _ingest(stores, runtime, wish)
            took_s = time.perf_counter() - began
            result = job.result or {}
            print(f"{name:34} {took_s:6.1f} s   new {result['new']}, known {result['known']}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MIB
    print(f"{'peak memory of the process':34} {peak:6.0f} MiB")


def _write(music: Path, count: int) -> None:
    for number in range(count):
        place = music / f"artist {number // _A_FOLDER // 10}" / f"album {number // _A_FOLDER}"
        if number % _A_FOLDER == 0:
            place.mkdir(parents=True)
        (place / f"{number:06} a song.mp3").write_bytes(b"song %d" % number)


def _ingest(stores: ports.Stores, runtime: tasks.Runtime, wish: Wish) -> Job:
    stores.ingests.submit(wish)
    [job] = stores.jobs.claim([Queue.LIBRARY], owner=Owner("benchmark"), limit=1, lease_s=3600)
    stores.jobs.complete(tasks.ingest([Prepared(job=job)], runtime=runtime))
    return stores.jobs.get(job.id)


if __name__ == "__main__":
    main()
