"""Measures the job store: submits, claims with completions, a claim from a long queue.

    python -m benchmarks.store_throughput [URL ...]

Without a URL: SQLite in a temporary folder. A Postgres database should be empty: rows are left.
"""

import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from sightsong.adapters import store
from sightsong.adapters.store import migrate
from sightsong.adapters.store.schema import jobs as job_rows
from sightsong.core.jobs import Completion, Job, JobKind, NewJob, Owner, Queue, Succeeded

SUBMITS = 1000
COMPLETED = 960
QUEUED = 100_000
CLAIMS = 30
LEASE_S = 600.0
OWNER = Owner("benchmark")
PARAMS = {"limit": 10, "alpha": 0.5}
RESULT = {"caption": "x" * 250, "tracks": [1, 2, 3]}


def main() -> None:
    """Measure each database and print one table."""
    table = Table("database", "measure", "figure")
    with tempfile.TemporaryDirectory() as folder:
        for url in sys.argv[1:] or [f"sqlite:///{folder}/bench.db"]:
            migrate.upgrade(url)
            stores = store.open_stores(url, Path(folder), disk_reserve_bytes=0)
            for measure, figure in _measures(stores):
                table.add_row(url.partition(":")[0], measure, figure)
            stores.close()
    Console().print(table)


def _measures(stores: store.SqlStores) -> Iterator[tuple[str, str]]:
    took_s = _timed(lambda: [stores.jobs.submit(_photo()) for _ in range(SUBMITS)])
    yield "submit, 1 per transaction", f"{SUBMITS / took_s:,.0f} /s"
    _drain(stores)
    for batch in (1, 8, 32):
        _enqueue(stores, COMPLETED)
        took_s = _timed(lambda size=batch: _drain(stores, batch=size))
        yield f"claim + complete, batch {batch}", f"{COMPLETED / took_s:,.0f} /s"
    _enqueue(stores, QUEUED)
    claims = [_timed(lambda: _claim(stores, 32)) * 1000 for _ in range(CLAIMS)]
    yield f"claim of 32 at {QUEUED:,} queued", _spread(claims)
    sweeps = [_timed(lambda: stores.jobs.sweep(ring_after_s=3.0)) * 1000 for _ in range(CLAIMS)]
    yield f"sweep at {QUEUED:,} queued", _spread(sweeps)
    counts = [_timed(lambda: stores.jobs.backlog(Queue.PHOTOS, limit=10_001)) for _ in range(5)]
    yield "backlog, at most 10,001", _spread([count * 1000 for count in counts])


def _photo() -> NewJob:
    return NewJob(kind=JobKind.PHOTO, params=PARAMS)


def _enqueue(stores: store.SqlStores, count: int) -> None:
    """Queue many jobs fast, as copies of the row of one."""
    first = stores.jobs.submit(_photo())
    with stores.database.write() as connection:
        query = job_rows.select().where(job_rows.c.id == first.id)
        row = dict(connection.execute(query).mappings().one())
        del row["sequence"]
        for start in range(1, count, 5000):
            stop = min(count, start + 5000)
            copies = [row | {"id": f"{number:06}{first.id[6:]}"} for number in range(start, stop)]
            connection.execute(job_rows.insert(), copies)


def _claim(stores: store.SqlStores, limit: int) -> list[Job]:
    return stores.jobs.claim([Queue.PHOTOS], owner=OWNER, limit=limit, lease_s=LEASE_S)


def _drain(stores: store.SqlStores, *, batch: int = 100) -> None:
    for jobs in itertools.takewhile(bool, (_claim(stores, batch) for _ in itertools.count())):
        done = [Completion(job=job, outcome=Succeeded(result=RESULT)) for job in jobs]
        stores.jobs.complete(done)


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _spread(figures_ms: list[float]) -> str:
    return f"median {statistics.median(figures_ms):.1f} ms, worst {max(figures_ms):.1f} ms"


if __name__ == "__main__":
    main()
