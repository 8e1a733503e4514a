"""A Postgres that says nothing any more: its connections are given up, and new ones made."""

import time

import pytest
from sqlalchemy import make_url, text

from sightsong.adapters.store.connect import open_database
from sightsong.core.errors import StoreUnavailable
from tests.faults.proxy import proxied
from tests.ports import free_port

pytestmark = pytest.mark.servers


@pytest.fixture
def url(postgres_url):
    return make_url(postgres_url)


def ask(database) -> int:
    with database.read() as connection:
        return connection.execute(text("SELECT 1")).scalar_one()


def test_a_connection_that_was_forgotten_on_the_way_is_given_up(url):
    with proxied(url.port) as proxy:
        via = url.set(port=proxy.port).render_as_string(hide_password=False)
        database = open_database(via, silence_s=0.3)
        assert ask(database) == 1
        proxy.forget()
        began = time.monotonic()
        assert ask(database) == 1  # it is asked whether it lives, and another is made
        assert 0.3 <= time.monotonic() - began < 5
        database.close()


def test_a_statement_that_is_never_answered_is_unavailable(url):
    def be_cut_off() -> None:
        with database.read() as connection:
            proxy.forget()
            connection.execute(text("SELECT 1"))

    with proxied(url.port) as proxy:
        via = url.set(port=proxy.port).render_as_string(hide_password=False)
        database = open_database(via, silence_s=0.3)
        with pytest.raises(StoreUnavailable, match="does not answer"):
            be_cut_off()
        assert ask(database) == 1
        database.close()


def test_a_server_that_takes_the_call_and_says_nothing_is_unavailable_soon(url):
    with proxied(url.port) as proxy:
        proxy.black_hole()
        via = url.set(port=proxy.port).render_as_string(hide_password=False)
        database = open_database(via)
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            ask(database)
        assert time.monotonic() - began < 5
        database.close()


def test_a_long_answer_may_take_longer_than_a_silence(url):
    database = open_database(url.render_as_string(hide_password=False), silence_s=0.5)
    with database.read() as connection:
        slowly = text("SELECT repeat('x', 200000), pg_sleep(0.05) FROM generate_series(1, 20)")
        assert len(connection.execute(slowly).all()) == 20
    database.close()


def test_of_several_addresses_one_that_answers_is_enough(url):
    hosts = [f"127.0.0.1:{free_port()}", f"127.0.0.1:{url.port}"]
    several = url.set(host=None, port=None).update_query_pairs([("host", one) for one in hosts])
    database = open_database(several.render_as_string(hide_password=False))
    assert ask(database) == 1
    database.close()
