"""What the routes are given: the stores, the doorbell and the door's own settings."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast

from fastapi import Depends
from starlette.requests import Request

from api.waiting import Waiting
from sightsong.core import ports
from sightsong.core.embeddings import Space

#: Names of this machine as its own user calls it; any other could be a rebound one.
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, kw_only=True)
class DoorSettings:
    """What the door needs to know, as plain values."""

    profile: str
    space: Space  #: The one that this profile's music vectors live in.
    moods: tuple[str, ...] = ()  #: All that this profile can score; empty: any.
    storage_dir: Path  #: Where uploads are kept; its disk is watched.
    max_image_bytes: int
    max_image_pixels: int
    upload_timeout_s: float
    queue_limit: int
    disk_reserve_bytes: int = 0
    library_root: Path | None = None  #: Where ingests must lie; None: anywhere.
    allowed_hosts: tuple[str, ...] = LOCAL_HOSTS
    #: Requests that may wait for a change at once; each costs about 50 kB.
    max_waiters: int = 1000
    #: A worker silent for longer is not counted as there.
    worker_alive_s: float = 30.0
    #: How long readiness waits for the database.
    ready_timeout_s: float = 5.0


@dataclass(frozen=True, kw_only=True)
class Door:
    """Everything that the routes use."""

    stores: ports.Stores
    doorbell: ports.Doorbell
    doorbell_error: Callable[[], str | None]  #: Why the last ring failed; None while they work.
    settings: DoorSettings
    waiting: Waiting


def door(request: Request) -> Door:
    """Find the door that the app was made with."""
    return cast("Door", request.app.state.door)


TheDoor = Annotated[Door, Depends(door)]
