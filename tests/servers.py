"""Fixtures of real servers that the tests share. Import them in a `conftest.py`."""

from collections.abc import Callable, Iterator

import pytest

from tests.daemons import Postgres, Redis, create_database, server_folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a private Postgres, up to and with the slash before the database's name."""
    with server_folder() as folder, Postgres(folder) as server:
        yield server.url


@pytest.fixture(scope="session")
def new_postgres_database(postgres_server) -> Callable[[str], str]:
    """A function from a name to the URL of a new, empty database of that name."""
    return lambda name: create_database(postgres_server, name)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """URL of a private Redis that keeps nothing."""
    with server_folder() as folder, Redis(folder) as server:
        yield server.url
