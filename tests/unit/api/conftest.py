"""The app over memory, asked without a socket."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from api.app import create_app
from api.dependencies import DoorSettings, Music
from sightsong.adapters import memory
from sightsong.core import ports
from sightsong.core.embeddings import Space
from tests.unit.api.asking import Caller
from tests.unit.api.stand_ins import FakeInbox, FakeObjects, FakeSound


@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path) -> DoorSettings:
    return DoorSettings(
        profile="lite",
        space=Space("test/space@1"),
        storage_dir=tmp_path,
        scratch_dir=tmp_path / "scratch",
        max_image_bytes=100_000,
        max_image_pixels=1_000_000,
        upload_timeout_s=5,
        queue_limit=3,
    )


@pytest.fixture
def stores() -> ports.Stores:
    return memory.open_stores()


@pytest.fixture
def doorbell() -> memory.MemoryDoorbell:
    return memory.MemoryDoorbell()


@pytest.fixture
def inbox() -> FakeInbox:
    return FakeInbox()


@pytest.fixture
def objects() -> FakeObjects:
    return FakeObjects()


@pytest.fixture
def sound() -> FakeSound:
    return FakeSound()


@pytest.fixture
def music_ports(stores, settings, inbox, objects, sound) -> Music:
    return Music(
        library=memory.MemoryLibrary(stores, settings.space),
        inbox=inbox,
        objects=objects,
        render=sound.render,
        find_cover=sound.find_cover,
    )


@pytest.fixture
def make(portal, stores, doorbell, settings, music_ports):
    """Make a caller of an app with other settings, stores or another library."""

    def made(
        *,
        stores=stores,
        library=None,
        doorbell_error=lambda: None,
        around=None,
        **changed: object,
    ) -> Caller:
        other = replace(settings, **changed)
        found = library or memory.MemoryLibrary(stores, other.space)
        app = create_app(
            stores,
            doorbell,
            settings=other,
            music=replace(music_ports, library=found),
            doorbell_error=doorbell_error,
            around=around,
        )
        return Caller(portal, app)

    return made


@pytest.fixture
def caller(make) -> Caller:
    return make()
