"""A fake service, and a client of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sightsong.cli.session import World
from sightsong.client import Client, Patience
from tests import ports
from tests.unit.sightsong.fake_service import FakeService
from tests.unit.sightsong.ingest_views import FRESH, PROBLEMS, ingest, page, trouble


@pytest.fixture(autouse=True)
def config_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the config file would lie: not in the home of whoever runs the tests."""
    folder = tmp_path / "configs"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    return folder / "sightsong"


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def client(service: FakeService) -> Iterator[Client]:
    patience = Patience(pause=service.pause)
    with Client("http://photos.test/", transport=service.transport, patience=patience) as client:
        yield client


@pytest.fixture
def world(service: FakeService) -> World:
    """What the command line acts in: the fake service, and no pauses."""
    return World(transport=service.transport, patience=Patience(pause=service.pause))


@pytest.fixture
def taken(service: FakeService) -> FakeService:
    """A service that takes everything in at once."""
    service.on("POST", "/v1/ingests", ingest(done=False))
    service.on("GET", "/v1/ingests/i-1", ingest(done=False), ingest(done=True))
    service.on("GET", PROBLEMS, page(trouble()))
    service.on("GET", "/v1/indexes", FRESH)
    return service


@pytest.fixture
def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    return ports.free_port()
