"""A fake service, and a client of it."""

from collections.abc import Iterator

import pytest

from sightsong.client import Client, Patience
from tests import ports
from tests.unit.sightsong.fake_service import FakeService


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def client(service: FakeService) -> Iterator[Client]:
    patience = Patience(pause=service.pause)
    with Client("http://photos.test/", transport=service.transport, patience=patience) as client:
        yield client


@pytest.fixture
def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    return ports.free_port()
