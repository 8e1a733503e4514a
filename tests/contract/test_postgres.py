"""What only a real Postgres can show: its failures, and that we get over them."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import exc, select, text

from sightsong.adapters.store import SqlStores, migrate, open_stores
from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.connect import open_database
from sightsong.core.errors import StorageFull, StoreUnavailable
from tests.contract.building import photo
from tests.waiting import wait_until

pytestmark = pytest.mark.servers


@pytest.fixture
def stores(new_stores):
    return new_stores("postgres")


def test_a_statement_that_takes_too_long_is_unavailable(stores):
    def dawdle() -> None:
        with stores.database.write() as connection:
            connection.execute(text("SET LOCAL statement_timeout = 50"))
            connection.execute(text("SELECT pg_sleep(5)"))

    with pytest.raises(StoreUnavailable):
        dawdle()


def raise_in_postgres(database, state: str) -> None:
    """Let the server raise an error of a SQLSTATE."""
    with database.write() as connection:
        raise_on(connection, state)


def raise_on(connection, state: str) -> None:
    """Let the server raise an error of a SQLSTATE in a transaction."""
    block = f"DO $$ BEGIN RAISE EXCEPTION 'as told' USING ERRCODE = '{state}'; END $$"
    connection.exec_driver_sql(block)


@pytest.mark.parametrize(
    "state",
    [
        "08000",  # connection exception
        "08006",  # connection failure
        "25006",  # read-only transaction: a failover made this server a standby
        "53000",  # insufficient resources
        "53200",  # out of memory
        "53300",  # too many connections
        "57014",  # query canceled
        "57P01",  # admin shutdown
        "57P02",  # crash shutdown
        "57P03",  # cannot connect now
    ],
)
def test_what_ails_the_server_for_now_is_unavailable(stores, state):
    with pytest.raises(StoreUnavailable, match="does not answer"):
        raise_in_postgres(stores.database, state)


def test_a_full_disk_of_the_server_is_named_as_such(stores):
    with pytest.raises(StorageFull):
        raise_in_postgres(stores.database, "53100")


@pytest.mark.parametrize("state", ["22012", "XX000", "P0001"])
def test_what_is_a_mistake_of_ours_stays_one(stores, state):
    with pytest.raises(exc.DBAPIError):
        raise_in_postgres(stores.database, state)


@pytest.mark.parametrize("state", ["40001", "40P01", "55P03"])  # serialization, deadlock, lock
def test_work_that_had_to_give_way_is_done_again(stores, state):
    tried = []

    def work(connection) -> str:
        tried.append(connection)
        if len(tried) < 3:
            raise_on(connection, state)
        return "done"

    assert (stores.database.in_write(work), len(tried)) == ("done", 3)


def test_who_waits_long_for_a_lock_gets_it_in_the_end(stores):
    tried = []
    with ThreadPoolExecutor() as threads, stores.database.write() as holder:
        stores.database.lock(holder, "of these tests")

        def work(connection) -> str:
            tried.append(connection)
            connection.execute(text("SET LOCAL lock_timeout = 200"))  # ms
            stores.database.lock(connection, "of these tests")
            return "done"

        waiting = threads.submit(stores.database.in_write, work)
        wait_until(lambda: len(tried) == 2)
        holder.rollback()
    assert waiting.result() == "done"


def test_work_that_gives_way_time_and_again_is_unavailable(stores):
    with pytest.raises(StoreUnavailable):
        stores.database.in_write(lambda connection: raise_on(connection, "40P01"))


def test_work_that_fails_otherwise_is_not_done_again(stores):
    tried = []

    def work(connection) -> None:
        tried.append(connection)
        raise_on(connection, "57014")

    with pytest.raises(StoreUnavailable):
        stores.database.in_write(work)
    assert len(tried) == 1


@contextmanager
def connected(url: str) -> Iterator[SqlStores]:
    opened = open_stores(url, Path("unused"))
    yield opened
    opened.close()


def test_a_server_that_became_read_only_is_unavailable_until_it_writes_again(
    new_postgres_database,
):
    url = new_postgres_database("demoted")
    migrate.upgrade(url)
    admin = open_database(url)

    def set_read_only(value: str) -> None:
        with admin.write() as connection:
            connection.exec_driver_sql("SET TRANSACTION READ WRITE")
            connection.exec_driver_sql(
                f"ALTER DATABASE demoted SET default_transaction_read_only = {value}"
            )

    set_read_only("on")
    with connected(url) as stores:
        with pytest.raises(StoreUnavailable):
            stores.jobs.submit(photo())
        set_read_only("off")
        stores.jobs.submit(photo())  # by a new connection: the old ones led to a standby
    admin.close()


def test_a_database_without_tables_asks_for_the_migration(new_postgres_database):
    with (
        connected(new_postgres_database("bare")) as stores,
        pytest.raises(StoreUnavailable, match="sightsong migrate"),
    ):
        stores.jobs.submit(photo())


def test_connections_that_broke_while_idle_are_replaced(stores, postgres_url):
    job = stores.jobs.submit(photo())
    others = text(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    elsewhere = open_database(postgres_url)
    with elsewhere.write() as connection:
        broken = connection.execute(others).scalar_one()
    elsewhere.close()
    assert (broken, stores.jobs.get(job.id)) == (1, job)


def test_a_connection_that_breaks_in_a_transaction_is_unavailable(stores):
    end = text("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(StoreUnavailable), stores.database.write() as connection:
        connection.execute(end)


def test_the_clock_of_postgres_moves_on_within_a_transaction(stores):
    with stores.database.read() as connection:
        first = connection.execute(select(db_now())).scalar_one()
        second = connection.execute(select(db_now())).scalar_one()
    assert first < second < time.time() + 1
