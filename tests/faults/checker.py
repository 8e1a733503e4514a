"""Whether a run kept the promise: the client's ledger against the database, past the service.

The invariants, by their names in `docs/faults.md`:

* I1 every accepted id has a row. I2 when all is quiet, every row is final.
* I3 results and succeeded rows are one to one. I4 a result is of the attempt that won.
* I5 no more attempts than allowed. I7 every blob belongs to a row, and every row's blob is there.
* I8 nothing failed but what was meant to. I9 one idempotency key, one id.
* A final state that a client read never changed.

I6, that no tenant sees another's, is `tests/faults/test_tenants.py`.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from sightsong.core import transitions
from tests.e2e.service import Service
from tests.faults.ledger import Ledger

_FINAL = ("succeeded", "failed", "canceled")


def violations(
    service: Service, ledger: Ledger, *, may_fail: Collection[str] = (), blobs: Path | None = None
) -> list[str]:
    """Every breach of an invariant, a sentence each. Ask when all jobs should have ended.

    Args:
        service: whose database is read.
        ledger: of its clients.
        may_fail: ids of jobs that may have failed: poison.
        blobs: folder of the photos; none: that in the data folder.
    """
    rows = {
        str(row[0]): Row(*row[1:])
        for row in service.rows(
            "SELECT id, state, attempt, max_attempts, crash_count, blob_id, erased_at, kind, "
            "error_code FROM jobs"
        )
    }
    results = dict(service.rows("SELECT job_id, attempt FROM results"))
    found = [f"I1: {one} was accepted and has no row" for one in ledger.job_ids - rows.keys()]
    for job_id, row in rows.items():
        found += [f"{breach} ({job_id})" for breach in _of_row(row, results.get(job_id))]
        if row.state == "failed" and job_id not in may_fail:
            found.append(f"I8: {row.kind} {job_id} failed of {row.error}")
    found += [f"I3: a result of {one}, which has no row" for one in results.keys() - rows.keys()]
    found += [f"I9: {key} is {ids}" for key, ids in ledger.accepted.items() if len(ids) > 1]
    found += [f"{one} was erased, and is there" for one in ledger.gone if not rows[one].is_erased]
    found += _changed(ledger, {job_id: row.state for job_id, row in rows.items()})
    found += [*_written_twice(service), *_of_batches(service, ledger)]
    folder = blobs or service.data_dir / "blobs"
    return [*found, *_blobs(service, folder, {row.blob for row in rows.values() if row.blob})]


class Row(NamedTuple):
    """What the database holds of a job."""

    state: str
    attempt: int
    most: int
    crashes: int
    blob: str | None
    erased_at: float | None
    kind: str
    error: str | None

    @property
    def is_erased(self) -> bool:
        """Whether nothing of its sender's is left."""
        return self.erased_at is not None


def _of_row(row: Row, result: int | None) -> Iterator[str]:
    """What is wrong with a job and its result, which is known by the attempt that made it."""
    if row.state not in _FINAL:
        yield f"I2: still {row.state}, in attempt {row.attempt}"
    if (row.state == "succeeded" and not row.is_erased) != (result is not None):
        yield f"I3: {row.state}, and its result is {result}"
    if result is not None and result != row.attempt:
        yield f"I4: its result is of {result}, and it was won by {row.attempt}"
    if row.attempt - row.crashes > row.most or row.crashes > transitions.MAX_CRASHES:
        yield f"I5: tried {row.attempt} times of {row.most}, {row.crashes} crashed"


def _written_twice(service: Service) -> list[str]:
    """Jobs of which two attempts say that they wrote the result, as the logs have it."""
    written = Counter(str(event["job_id"]) for event in service.events("job.succeeded"))
    return [f"I4: {job_id} was won {times} times" for job_id, times in written.items() if times > 1]


def _of_batches(service: Service, ledger: Ledger) -> Iterator[str]:
    """What is wrong with the batches of the ledger: each is there, over, and whole."""
    of_batches = "LEFT JOIN jobs ON jobs.parent_id = batches.id GROUP BY batches.sequence"
    over = "batches.finished_at IS NOT NULL OR batches.erased_at IS NOT NULL"
    query = f"SELECT batches.id, batches.total, count(jobs.id), {over} FROM batches {of_batches}"  # noqa: S608 - of constants
    rows = {row[0]: row[1:] for row in service.rows(query)}
    for key, ids in ledger.batches.items():
        if len(ids) > 1:
            yield f"I9: {key} is {ids}"
        for one in ids:
            total, jobs, is_over = rows.get(one, (0, -1, False))
            if total != jobs:
                yield f"I1: batch {one} of {total} has {jobs} jobs"
            if not is_over:
                yield f"I2: batch {one} goes on"


def _changed(ledger: Ledger, states: dict[str, str]) -> list[str]:
    return [
        f"a final state changed: {job_id} was {seen} and is {states.get(job_id)}"
        for job_id, seen in ledger.endings.items()
        if seen != {states.get(job_id)}
    ]


def _blobs(service: Service, folder: Path, of_jobs: set[str]) -> list[str]:
    known = {row[0] for row in service.rows("SELECT id FROM blobs")}
    there = (
        {path.name for path in folder.rglob("*") if path.is_file()} if folder.exists() else set()
    )
    lost = {blob for blob in of_jobs & known if not any(name.startswith(blob) for name in there)}
    return [f"I7: blob {blob} has a row and no file" for blob in lost] + [
        f"I7: a job names blob {blob}, which has no row" for blob in of_jobs - known
    ]
