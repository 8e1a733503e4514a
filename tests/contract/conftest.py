"""The stores that every contract is held against: in memory, on SQLite, on a real Postgres."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sightsong.adapters import memory, store
from sightsong.adapters.store import migrate
from sightsong.core import ports
from tests.contract import building
from tests.servers import (  # noqa: F401 - fixtures
    new_postgres_database,
    postgres_server,
    redis_server,
)

KINDS = ["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.servers)]


@pytest.fixture(scope="session")
def postgres_url(new_postgres_database) -> str:  # noqa: F811 - the fixture
    """A migrated database, shared by the session."""
    url = new_postgres_database("contract")
    migrate.upgrade(url)
    return url


@pytest.fixture
def new_stores(request, tmp_path) -> Iterator[Callable[[str], ports.Stores]]:
    """A function from a kind of store to empty stores of it."""
    opened: list[store.SqlStores] = []

    def make(kind: str) -> ports.Stores:
        if kind == "memory":
            return memory.open_stores()
        url = request.getfixturevalue("postgres_url") if kind == "postgres" else None
        stores = _empty_sql(url or f"sqlite:///{tmp_path / 'sightsong.db'}", tmp_path / "blobs")
        opened.append(stores)
        return stores

    yield make
    for stores in opened:
        stores.close()


@pytest.fixture(params=KINDS)
def stores(request, new_stores) -> ports.Stores:
    """Empty stores of each kind."""
    return new_stores(request.param)


@pytest.fixture(params=KINDS[1:])
def sql_stores(request, new_stores) -> store.SqlStores:
    """Empty stores over each database."""
    return new_stores(request.param)


def _empty_sql(url: str, blobs_dir: Path) -> store.SqlStores:
    if url.startswith("sqlite"):
        migrate.upgrade(url)
    stores = store.open_stores(url, blobs_dir, disk_reserve_bytes=0)
    building.empty(stores.database)
    return stores
