"""What only a real Postgres can show: its failures, and that we get over them."""

import time

import pytest
from sqlalchemy import select, text

from sightsong.adapters.store.clock import db_now
from sightsong.adapters.store.connect import open_database
from sightsong.core.errors import StoreUnavailable
from tests.contract.building import photo

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
