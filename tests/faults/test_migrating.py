"""A later release migrates the database: processes of this one go on, or say why they do not."""

import time

import pytest
from sqlalchemy import text

from sightsong.adapters.starting import REFUSED
from sightsong.adapters.store import migrate
from sightsong.adapters.store.connect import open_database
from tests.e2e.service import Service
from tests.faults import checker
from tests.faults.crowd import Crowd
from tests.faults.estate import Estate
from tests.faults.figures import Figures
from tests.ports import free_port
from tests.waiting import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.row(28)]

#: What a release after this one may do: see `tests/contract/test_migrations_landed.py`.
_ADDS = (
    "ALTER TABLE jobs ADD COLUMN later TEXT",
    "ALTER TABLE jobs ADD COLUMN often INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE workers ADD COLUMN later TEXT",
    "CREATE INDEX ix_jobs_later ON jobs (later, sequence)",
    "CREATE TABLE later (id INTEGER PRIMARY KEY, job_id VARCHAR(36) REFERENCES jobs (id))",
    "UPDATE alembic_version SET version_num = 'later'",
)
_TAKES = ("ALTER TABLE jobs RENAME COLUMN heard_s TO listened_s", _ADDS[-1])


def change(service: Service, statements: tuple[str, ...]) -> None:
    """Migrate as a later release would: in one transaction that tries again where it must wait."""
    database = open_database(service.database_url)

    def work(connection) -> None:
        for statement in statements:
            connection.execute(text(statement))

    database.in_write(work)
    database.close()


@pytest.mark.faults
def test_a_migration_of_a_later_release_disturbs_no_process_of_this_one(
    estate: Estate, figures: Figures
):
    service = estate.service
    service.up()
    crowd = Crowd(str(service.client.base_url), seed=28)
    with crowd.pulsing(per_s=6):
        time.sleep(3)
        before = len(crowd.ledger.all_sent)
        change(service, _ADDS)
        time.sleep(3)
        old = service.living("workers")[0]
        service.start("workers")  # of this release, on tables of the later one
        service.kill(old)
        time.sleep(6)
    since = crowd.ledger.all_sent[before:]
    second = service.start("api", env={"SIGHTSONG_PORT": str(free_port())})
    migrate.upgrade(service.database_url)  # as `up` does: it leaves what it does not know
    crowd.close()
    assert second.poll() is None
    assert checker.violations(service, crowd.ledger) == []
    refused = [one for one in since if one.status != 202]
    figures.measured("submits since the migration", len(since), at_least=5)
    figures.measured("of those refused", len(refused), at_most=0)
    figures.measured("slowest submit", max(one.took_s for one in since), "s", at_most=5)


@pytest.mark.parametrize("door", ["api", "workers", "indexer"])
def test_a_process_that_cannot_work_with_the_tables_says_so_and_ends(embedded: Estate, door: str):
    service = embedded.service
    migrate.upgrade(service.database_url)
    change(service, _TAKES)
    process = service.start(door)
    wait_until(lambda: process.poll() is not None, within_s=30)
    [refused] = service.events("start.refused")
    assert process.returncode == REFUSED
    assert "later release" in refused["detail"]
    assert "it lacks jobs.heard_s" in refused["detail"]
