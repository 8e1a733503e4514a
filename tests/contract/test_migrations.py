"""The migrations, on both databases: they make the tables that the code expects."""

import subprocess
import sys
import time

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from sightsong.adapters import store
from sightsong.adapters.store import migrate
from sightsong.adapters.store.connect import open_database
from sightsong.adapters.store.schema import metadata
from sightsong.core.errors import ConfigurationError, StoreUnavailable

UPGRADE = "import sys; from sightsong.adapters.store import migrate; migrate.upgrade(sys.argv[1])"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.servers)])
def new_url(request, tmp_path):
    """URL of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'a folder' / '100 %' / 'new.db'}"
    create = request.getfixturevalue("new_postgres_database")
    return create(f"migrations-{tmp_path.name}")


def test_the_migrated_tables_are_those_of_the_schema(new_url):
    migrate.upgrade(new_url)
    database = open_database(new_url)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    database.close()


def test_a_new_database_is_not_current_until_it_is_upgraded(new_url):
    before = migrate.is_current(new_url)
    migrate.upgrade(new_url)
    assert (before, migrate.is_current(new_url)) == (False, True)


def test_an_upgrade_again_changes_nothing(new_url):
    migrate.upgrade(new_url)
    migrate.upgrade(new_url)
    assert migrate.is_current(new_url)


def test_a_worker_of_the_first_release_is_read_after_the_upgrade(new_url, tmp_path):
    migrate.upgrade(new_url)
    stores = store.open_stores(new_url, tmp_path / "blobs", disk_reserve_bytes=0)
    with stores.database.write() as connection:
        connection.execute(
            text(
                "INSERT INTO workers (owner, door, pid, profile, device, seen_at) "
                "VALUES ('w', 'workers', 7, 'lite', 'cpu', :now)"
            ),
            {"now": time.time()},
        )
    [found] = stores.jobs.workers_alive(within_s=3600)
    stores.close()
    assert (found.pid, found.space, found.models) == (7, "", ())


def test_processes_that_upgrade_at_once_all_find_the_tables(new_url):
    starting = [subprocess.Popen([sys.executable, "-c", UPGRADE, new_url]) for _ in range(4)]
    assert [process.wait(timeout=60) for process in starting] == [0, 0, 0, 0]
    assert migrate.is_current(new_url)


def test_a_database_of_another_kind_is_refused():
    with pytest.raises(ConfigurationError):
        migrate.upgrade("mysql://localhost/sightsong")


def test_a_database_that_is_not_there_is_unavailable():
    with pytest.raises(StoreUnavailable):
        migrate.upgrade("postgresql://sightsong@127.0.0.1:1/sightsong")
