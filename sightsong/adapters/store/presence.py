"""The rows of worker processes."""

from dataclasses import asdict

from sqlalchemy import Connection, delete, select

from sightsong.adapters.store import rows
from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.schema import workers
from sightsong.adapters.store.upserts import upsert
from sightsong.core.jobs import WorkerInfo

#: Each start of a process is a new row; those of a week ago interest nobody.
_FORGET_S = 7 * 24 * 3600.0


def report(connection: Connection, worker: WorkerInfo) -> None:
    """Note that a process is alive now, and forget those long gone."""
    columns = asdict(worker) | {"seen_at": db_now()}
    new = upsert(connection, workers).values(**columns)
    connection.execute(new.on_conflict_do_update(index_elements=["owner"], set_=columns))
    connection.execute(delete(workers).where(workers.c.seen_at < db_now() - _FORGET_S))


def alive(connection: Connection, *, within_s: float) -> list[WorkerInfo]:
    """Read the processes that reported within the last `within_s` seconds, by owner."""
    recent = select(workers).where(workers.c.seen_at >= db_now() - within_s)
    return [rows.worker(row) for row in connection.execute(recent.order_by(workers.c.owner))]
