"""The tasks of a worker, on stub models and in-memory stores."""

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from sightsong.adapters import memory
from sightsong.core import models, ports
from sightsong.core.jobs import JobKind, Queue
from sightsong.core.models import nothing
from sightsong.engine.work import Handler, Line, Work
from tests.unit.engine.parts import ByHand
from tests.unit.workers.task_bench import OneObject, StubDecoders
from workers import tasks
from workers.media.places import Places
from workers.models import stub
from workers.pipeline import PhotoPipeline
from workers.texts import TextPipeline


@pytest.fixture
def stores() -> ports.Stores:
    return memory.open_stores()


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    return tmp_path / "scratch"


@pytest.fixture
def profile() -> models.Profile:
    return stub.stub_profile()


@pytest.fixture
def runtime(stores: ports.Stores, profile: models.Profile, scratch: Path) -> tasks.Runtime:
    library = memory.MemoryLibrary(stores, stub.SPACE)
    return tasks.Runtime(
        stores=stores,
        profile=profile,
        pipeline=PhotoPipeline(profile, library, stores.tracks),
        texts=TextPipeline(profile, library, stores.tracks),
        decoders=StubDecoders(),
        places=Places(OneObject(b"a loud one from afar"), scratch),
    )


@pytest.fixture
def run(stores: ports.Stores, runtime: tasks.Runtime) -> Callable[[], None]:
    def handler(prepare: Callable[..., object], run: Callable[..., object]) -> Handler:
        return Handler(
            prepare=functools.partial(prepare, runtime=runtime),
            run=functools.partial(run, runtime=runtime),
        )

    embed = functools.partial(tasks.embed_tracks, between=nothing)
    work = Work(
        lines=tuple(Line(queue=queue, batch=50) for queue in (Queue.PHOTOS, Queue.TRACKS)),
        handlers={
            JobKind.PHOTO: handler(tasks.prepare_photo, tasks.describe_photos),
            JobKind.TEXT: handler(tasks.prepare_text, tasks.describe_texts),
            JobKind.EMBED: handler(tasks.prepare_track, embed),
        },
    )
    return ByHand(stores, work).turn
