"""The real service, started once for the tests that do not hurt it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.service import DEMO_TRACKS, Service


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


@pytest.fixture
def own_service(tmp_path: Path) -> Iterator[Service]:
    """A service of one's own, to be hurt."""
    service = Service(tmp_path / "data")
    try:
        yield service
    finally:
        service.down()
