"""What the routes are given: the stores, the doorbell and the door's own settings."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Protocol, cast

from fastapi import Depends, FastAPI
from starlette.requests import Request

from api.following import Following
from api.idempotency import InFlight
from api.keyring import Keyring
from api.looking import Looking
from api.patience import Askers
from api.phrasebook import Phrasebook
from api.turns import Turns
from api.waiting import Waiting
from sightsong.adapters.rates import Rates
from sightsong.core import ports
from sightsong.core.embeddings import Space
from sightsong.core.errors import UrlNotAllowed

#: Names of this machine as its own user calls it; any other could be a rebound one.
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, kw_only=True)
class DoorSettings:
    """What the door needs to know, as plain values."""

    profile: str
    space: Space  #: The one that this profile's music vectors live in.
    moods: tuple[str, ...] = ()  #: All that this profile can score; empty: any.
    storage_dir: Path  #: Where uploads are kept; its disk is watched.
    scratch_dir: Path  #: For files on their way; what is left there, the indexer clears.
    max_image_bytes: int
    max_image_pixels: int
    upload_timeout_s: float
    queue_limit: int
    image_keep_s: float = 24 * 3600  #: From the end of its job, unless its sender says otherwise.
    #: A rebuild comes when so many tracks have changed since the snapshot; counted to here.
    index_delta: int = 10_000
    disk_reserve_bytes: int = 0
    library_root: Path | None = None  #: Where ingests must lie; None: anywhere.
    shelf_dir: Path | None = None  #: Where music lies that the service keeps itself.
    object_stores: tuple[str, ...] = ()  #: Addresses that ingests may read, with all below them.
    max_music_bytes: int = 2 * 1024**3  #: Of one upload of music, all its files together.
    #: Uploads of music at once; each has a thread and a connection for as long as it takes.
    max_deliveries: int = 8
    max_albums: int = 8  #: Batches that are sent at once, other than as one JSON.
    allowed_hosts: tuple[str, ...] = LOCAL_HOSTS
    cors_origins: tuple[str, ...] = ()  #: Of pages that may call; none: only our own.
    needs_key: bool = False  #: Whether requests without a key are refused.
    key_requests_per_min: int = 6000  #: Of a key that has no limit of its own.
    #: How old an answer may be that is given again to the same question; 0: never.
    answer_cache_s: float = 0.0
    fetches_urls: bool = False  #: Whether photos may be named by their address.
    #: Photos that are fetched at once; each has a thread for as long as it takes.
    max_fetches: int = 4
    #: Requests that may wait for a change at once; each costs about 50 kB.
    max_waiters: int = 1000
    #: Requests that may follow an ingest at once; each looks once a second.
    max_followers: int = 100
    #: A worker silent for longer is not counted as there.
    worker_alive_s: float = 30.0
    #: Receivers of webhooks that need not be public: hosts with their ports.
    webhook_private: frozenset[tuple[str, int]] = frozenset()
    #: How long a request waits for each answer of the database.
    patience_s: float = 4.0
    #: How long readiness waits for the database.
    ready_timeout_s: float = 5.0


class Render(Protocol):
    """Makes a short piece of a track, for players."""

    def __call__(self, path: Path, *, start_s: float, duration_s: float) -> bytes:
        """Decode and encode a piece of a file; Ogg.

        Raises:
            InputError: the file cannot be decoded.
        """
        ...


class FetchPhoto(Protocol):
    """Fetches a photo of the open web."""

    def __call__(self, url: str, /) -> bytes:
        """Read its bytes, within limits of size and time.

        Raises:
            UrlNotAllowed: it lies where this service does not look, or is too large.
            FetchFailed: it cannot be had now.
        """
        ...


class Picture(Protocol):
    """A track's picture."""

    @property
    def content(self) -> bytes:
        """Its bytes."""
        ...

    @property
    def media_type(self) -> str:
        """Of those bytes."""
        ...


@dataclass(frozen=True, kw_only=True)
class Music:
    """Where music comes in, how it is found, and how it is shown."""

    library: ports.Library  #: The read side of the index, of the door's space.
    inbox: ports.Inbox
    objects: ports.Objects
    render: Render
    find_cover: Callable[[Path], Picture | None]


Lifespan = Callable[[FastAPI], contextlib.AbstractAsyncContextManager[None]]


def fetch_nothing(_url: str) -> bytes:
    """Fetch no photo.

    Raises:
        UrlNotAllowed: always.
    """
    raise UrlNotAllowed


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the process around an app gives it."""

    rates: Rates | None = None  #: Counts requests of keys; None: the app by itself.
    fetch_photo: FetchPhoto = fetch_nothing
    lifespan: Lifespan | None = None  #: What runs before the first and after the last request.


@dataclass(frozen=True, kw_only=True)
class Door:
    """Everything that the routes use."""

    stores: ports.Stores
    looking: Looking  #: At jobs.
    askers: Askers  #: Ask the stores for those who hold no thread.
    phrases: Phrasebook
    doorbell: ports.Doorbell
    doorbell_error: Callable[[], str | None]  #: Why the last ring failed; None while they work.
    settings: DoorSettings
    waiting: Waiting
    batches_waiting: Waiting  #: For changes of batches.
    following: Following
    music: Music
    in_flight: InFlight  #: Submits with keys.
    deliveries: Turns  #: Uploads of music.
    albums: Turns  #: Uploads of batches.
    reading: Turns  #: Long JSON bodies that are read.
    sounding: Turns  #: What decodes audio in this process.
    keyring: Keyring
    rates: Rates
    fetching: Turns  #: Photos that are fetched.
    fetch_photo: FetchPhoto

    @property
    def library(self) -> ports.Library:
        """The read side of the index."""
        return self.music.library


async def door(request: Request) -> Door:
    """Find the door that the app was made with.

    Nothing to wait for; but the framework calls what is not async in a thread.
    """
    return cast("Door", request.app.state.door)


TheDoor = Annotated[Door, Depends(door)]
