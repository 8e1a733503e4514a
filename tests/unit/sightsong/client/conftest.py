"""Each scenario with both clients."""

import asyncio
from collections.abc import Iterator
from typing import cast

import pytest

from sightsong.client import AsyncClient, Client
from tests.unit.sightsong.client.either import Awaited
from tests.unit.sightsong.fake_service import FakeService

URL = "http://photos.test/"


@pytest.fixture(params=["plain", "async"])
def client(request: pytest.FixtureRequest, service: FakeService) -> Iterator[Client]:
    """A client of the fake service; an asynchronous one looks like the other to a test."""
    if request.param == "plain":
        with Client(URL, transport=service.transport, patience=service.patience) as client:
            yield client
        return
    asynchronous = AsyncClient(URL, transport=service.transport, patience=service.patience)
    with asyncio.Runner() as runner:
        yield cast("Client", Awaited(asynchronous, runner))
        runner.run(asynchronous.close())
