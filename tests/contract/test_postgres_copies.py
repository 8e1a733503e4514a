"""Batches of copies on a real Postgres: they lock what they copy in the order of all others."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text

from sightsong.adapters.store import SqlStores, migrate, open_stores
from sightsong.adapters.store.schema import jobs as table
from sightsong.core.batches import BatchState, NewBatch
from sightsong.core.jobs import JobId, JobKind, NewJob
from tests.contract import building
from tests.waiting import wait_until

pytestmark = pytest.mark.servers

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def stores(new_postgres_database, tmp_path) -> Iterator[SqlStores]:
    url = new_postgres_database(f"copies-{tmp_path.name}")
    migrate.upgrade(url)
    opened = open_stores(url, tmp_path / "blobs", disk_reserve_bytes=0)
    yield opened
    opened.close()


def answered(stores: SqlStores) -> list[JobId]:
    """Jobs that have answers, the oldest first."""
    made = [stores.jobs.submit(NewJob(kind=JobKind.TEXT, params={})).id for _ in range(3)]
    stores.jobs.complete([building.done(job) for job in building.claim(stores.jobs)])
    return made


def test_a_batch_locks_what_it_copies_from_the_oldest_on(stores):
    oldest, *others = answered(stores)
    jobs = [
        NewJob(kind=JobKind.TEXT, copy_of=one, position=at)
        for at, one in enumerate([*others[::-1], oldest])
    ]

    def is_waiting() -> bool:
        with stores.database.read() as connection:
            return connection.execute(WAITING).scalar_one() > 0

    with ThreadPoolExecutor(1) as pool:
        with stores.database.write() as connection:
            this = select(table.c.id).with_for_update(nowait=True)
            connection.execute(this.where(table.c.id == oldest))
            submitting = pool.submit(stores.batches.submit, NewBatch(jobs=jobs))
            wait_until(is_waiting)
            connection.execute(this.where(table.c.id.in_(others)))  # it holds none of them yet
        assert submitting.result().batch.state is BatchState.COMPLETED
