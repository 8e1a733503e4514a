"""Where the real things are plugged into the ports, from the settings."""

import contextlib
import signal
from collections.abc import Callable, Mapping, Sequence

from sightsong.adapters import disk, doorbell, store, weights
from sightsong.adapters.inbox import FolderInbox
from sightsong.adapters.library import loaded as library
from sightsong.adapters.library import milvus
from sightsong.adapters.library.base import Base
from sightsong.adapters.library.reader import SnapshotLibrary
from sightsong.adapters.objects import ObjectStores
from sightsong.adapters.settings import Settings
from sightsong.adapters.shelf import FolderShelf
from sightsong.adapters.store import fitness
from sightsong.core import affect_space, catalogue, ports
from sightsong.core.catalogue import Checkpoint, Task
from sightsong.core.embeddings import Space
from sightsong.core.jobs import WorkerInfo
from sightsong.core.snapshots import Snapshot
from sightsong.engine import process
from sightsong.engine.ringer import Ringer
from sightsong.engine.work import Pace, Work

#: A process that has nothing to ring for tries its broker so often, so that it knows of its state.
_TRY_BROKER_S = 5.0


def check_schema(settings: Settings) -> None:
    """See that the database is one that this release can work with, if it answers now.

    Raises:
        ConfigurationError: it is not; says what to do.
    """
    with contextlib.suppress(OSError):
        disk.private_folder(settings.data_dir)
    fitness.check(settings.database)


def open_stores(settings: Settings) -> ports.Stores:
    """Open the database and the folders that the settings name."""
    with contextlib.suppress(OSError):  # whatever needs the folder says so by itself
        disk.private_folder(settings.data_dir)
    return store.open_stores(
        settings.database,
        settings.blobs_dir,
        disk_reserve_bytes=settings.disk_reserve_bytes,
    )


def open_inbox(settings: Settings) -> FolderInbox:
    """Open the trays of uploaded music."""
    return FolderInbox(settings.inbox_dir, reserve_bytes=settings.disk_reserve_bytes)


def open_shelf(settings: Settings) -> FolderShelf:
    """Open the folder of the music that the service keeps itself."""
    return FolderShelf(settings.shelf_dir, reserve_bytes=settings.disk_reserve_bytes)


def open_objects(settings: Settings) -> ObjectStores:
    """Make what reads the object stores that the settings allow."""
    return ObjectStores(settings.object_stores)


def find_models(settings: Settings) -> Mapping[Task, Checkpoint]:
    """Find the weights of the full profile.

    Raises:
        ModelsMissing: they are not all there; says which command fetches them.
    """
    return weights.checkpoints(settings.models, catalogue.full_models(settings.clap))


def space_of(settings: Settings) -> Space:
    """Find the space that the profile's music vectors live in, without loading a model.

    Raises:
        ModelsMissing: the full profile's weights are not there.
    """
    if settings.profile == "lite":
        return affect_space.SPACE
    return catalogue.space_of(find_models(settings)[Task.MUSIC])


def open_library(settings: Settings, stores: ports.Stores, space: Space) -> SnapshotLibrary:
    """Make the read side of the index of a space; it serves what its first look finds.

    Raises:
        ConfigurationError: the index lies on a Milvus server, and its client is not installed.
    """
    return SnapshotLibrary(stores.snapshots, stores.tracks, space, open_base=_open_base(settings))


def _open_base(settings: Settings) -> Callable[[Snapshot], Base]:
    if settings.index_backend == "milvus":
        return milvus.opening(settings.milvus_url)
    return library.opening(settings.snapshots_dir)


def open_ringer(settings: Settings) -> Ringer:
    """Make the ringer of a process, for the broker that the settings name; not started yet."""
    app = doorbell.make_app(settings.broker, settings.doorbell_dir)
    return Ringer(doorbell.CeleryDoorbell(app), try_every_s=_TRY_BROKER_S)


def serve(
    settings: Settings,
    stores: ports.Stores,
    works: Sequence[Work],
    *,
    worker: WorkerInfo,
    ringer: Ringer,
) -> None:
    """Run this process until SIGTERM: engines in threads of their own, the doorbell in this one.

    Args:
        settings: of this process.
        stores: where its jobs are.
        works: what it does for them, each by an engine of its own.
        worker: who it is.
        ringer: rings for it; started and stopped here.
    """
    running = process.Process(
        stores.jobs,
        works,
        ringer=ringer,
        worker=worker,
        pace=_pace(settings),
    )
    app = doorbell.make_app(settings.broker, settings.doorbell_dir)
    # Celery takes the signal over once it runs. Until then the default would end the process with
    # jobs in hand; this way it leaves through the stop below.
    signal.signal(signal.SIGTERM, _leave)
    try:
        running.start()
        doorbell.listen(app, running.queues, on_ring=running.wake, on_stopping=running.finish)
    finally:
        running.stop()


def _leave(_signal: int, _frame: object) -> None:
    raise SystemExit(0)


def _pace(settings: Settings) -> Pace:
    return Pace(
        lease_s=settings.lease_s,
        heartbeat_s=settings.heartbeat_s,
        poll_s=settings.poll_s,
        maintenance_s=settings.maintenance_s,
        ring_after_s=settings.ring_after_s,
        grace_s=settings.grace_s,
        batch_limit_s=settings.batch_limit_s,
    )
