"""The real service, started once for the tests that do not hurt it."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.service import DEMO_TRACKS, Service
from tests.servers import (  # noqa: F401 - fixtures
    new_postgres_database,
    postgres_server,
    redis_server,
)


@pytest.fixture(scope="session")
def demo_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that has ingested the demo library."""
    service = Service(tmp_path_factory.mktemp("demo-service"))
    try:
        service.up()
        service.ingest(DEMO_TRACKS)
        yield service
    finally:
        service.down()


@pytest.fixture(params=["embedded", pytest.param("servers", marks=pytest.mark.servers)])
def own_service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    """A service of one's own, to be hurt: on SQLite and a folder, and on Postgres and Redis."""
    env = {}
    if request.param == "servers":
        new_database = request.getfixturevalue("new_postgres_database")
        env = {
            "SIGHTSONG_DATABASE_URL": new_database(f"e2e{uuid.uuid4().hex[:8]}"),
            "SIGHTSONG_BROKER_URL": request.getfixturevalue("redis_server"),
        }
    service = Service(tmp_path / "data", env=env)
    try:
        yield service
    finally:
        service.down()
