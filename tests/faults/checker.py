"""Whether a run kept the promise: the client's ledger against the database, past the service.

The invariants, by their names in `docs/faults.md`:

* I1 every accepted id has a row. I2 when all is quiet, every row is final.
* I3 results and succeeded rows are one to one. I4 a result is of the attempt that won.
* I5 no more attempts than allowed. I7 every blob belongs to a row, and every row's blob is there.
* I8 nothing failed but what was meant to. I9 one idempotency key, one id.
* A final state that a client read never changed.

I6, that no tenant sees another's, is `tests/faults/test_tenants.py`.
"""

from collections.abc import Collection
from pathlib import Path

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
        row[0]: row[1:]
        for row in service.rows(
            "SELECT id, state, attempt, max_attempts, crash_count, blob_id FROM jobs"
        )
    }
    results = dict(service.rows("SELECT job_id, attempt FROM results"))
    found = [f"I1: {one} was accepted and has no row" for one in ledger.job_ids - rows.keys()]
    for job_id, (state, attempt, most, crashes, _) in rows.items():
        if state not in _FINAL:
            found.append(f"I2: {job_id} is {state}, in attempt {attempt}")
        if (state == "succeeded") != (job_id in results):
            found.append(f"I3: {job_id} is {state}, and its result is {results.get(job_id)}")
        if job_id in results and results[job_id] != attempt:
            found.append(
                f"I4: {job_id} has a result of {results[job_id]}, and was won by {attempt}"
            )
        if attempt > most or crashes > most:
            found.append(f"I5: {job_id} was tried {attempt} times of {most}, {crashes} crashed")
        if state == "failed" and job_id not in may_fail:
            found.append(f"I8: {job_id} failed")
    found += [f"I3: a result of {one}, which has no row" for one in results.keys() - rows.keys()]
    found += [f"I9: {key} is {ids}" for key, ids in ledger.accepted.items() if len(ids) > 1]
    found += _changed(ledger, {job_id: row[0] for job_id, row in rows.items()})
    folder = blobs or service.data_dir / "blobs"
    return [*found, *_blobs(service, folder, {row[4] for row in rows.values() if row[4]})]


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
