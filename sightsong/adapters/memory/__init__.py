"""Every port in memory: for tests and for trying things out. Nothing survives the process."""

import time
from collections.abc import Callable

from sightsong.adapters.memory.api_keys import MemoryKeys
from sightsong.adapters.memory.batches import MemoryBatches
from sightsong.adapters.memory.blobs import MemoryBlobs
from sightsong.adapters.memory.doorbell import MemoryDoorbell
from sightsong.adapters.memory.ingests import MemoryIngests
from sightsong.adapters.memory.jobs import MemoryJobs
from sightsong.adapters.memory.library import MemoryLibrary
from sightsong.adapters.memory.people import MemoryPeople
from sightsong.adapters.memory.phrases import MemoryPhrases
from sightsong.adapters.memory.snapshots import MemorySnapshots
from sightsong.adapters.memory.state import State
from sightsong.adapters.memory.tracks import MemoryTracks
from sightsong.adapters.memory.webhooks import MemoryWebhooks
from sightsong.core import ports

__all__ = ["MemoryDoorbell", "MemoryLibrary", "open_stores"]


def open_stores(
    clock: Callable[[], float] = time.time, *, blob_room_bytes: float = float("inf")
) -> ports.Stores:
    """Make stores that share one memory; safe to use from many threads.

    Args:
        clock: what stands for the database's clock, in seconds since the epoch.
        blob_room_bytes: uploads beyond this many bytes are refused as `StorageFull`.
    """
    state = State(clock=clock)
    return ports.Stores(
        jobs=MemoryJobs(state),
        keys=MemoryKeys(state),
        batches=MemoryBatches(state),
        tracks=MemoryTracks(state),
        ingests=MemoryIngests(state),
        snapshots=MemorySnapshots(state),
        phrases=MemoryPhrases(state),
        people=MemoryPeople(state),
        webhooks=MemoryWebhooks(state),
        blobs=MemoryBlobs(room_bytes=blob_room_bytes),
    )
