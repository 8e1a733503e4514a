"""The composition root of the API process."""

import contextlib
import sys
from collections.abc import AsyncIterator, Callable
from importlib.metadata import version
from typing import TYPE_CHECKING

from fastapi import FastAPI

from api import handlers, reference
from api.dependencies import LOCAL_HOSTS, Door, DoorSettings, Music
from api.envelope import Envelope
from api.following import Following
from api.idempotency import InFlight
from api.phrasebook import Phrasebook
from api.routes import (
    audio,
    events,
    health,
    indexes,
    ingests,
    job_list,
    jobs,
    moodlens,
    refine,
    similar,
    tracks,
    watches,
)
from api.turns import Turns
from api.waiting import Waiting
from sightsong.core import ports
from sightsong.core.addresses import is_loopback
from sightsong.core.embeddings import Space
from sightsong.core.errors import ConfigurationError
from sightsong.core.moods import MOOD_PLACES

if TYPE_CHECKING:
    from sightsong.adapters.settings import Settings

#: In the order of `/docs`.
_ROUTES = (
    jobs,
    job_list,
    events,
    refine,
    tracks,
    similar,
    audio,
    ingests,
    watches,
    indexes,
    moodlens,
    health,
)

Lifespan = Callable[[FastAPI], contextlib.AbstractAsyncContextManager[None]]

#: Connections that one process holds; more are refused by the server itself. Long polls are held
#: open, so this lies above `DoorSettings.max_waiters`.
_MAX_CONNECTIONS = 2048
#: Idle connections are kept for longer than any usual client or proxy keeps them (httpx 5 s, load
#: balancers 60 s): who closes first must be the client, or its next request may meet the close.
_KEEP_ALIVE_S = 75
#: Pieces of tracks that are decoded at once; a page of matches asks for a handful.
_SOUNDING_AT_ONCE = 2
_SOUNDING_WAITING = 16
#: Between two looks at what has changed in the library: a new track is found within two seconds.
_FOLLOW_S = 0.5


def create_app(
    stores: ports.Stores,
    doorbell: ports.Doorbell,
    *,
    settings: DoorSettings,
    music: Music,
    doorbell_error: Callable[[], str | None] = lambda: None,
    lifespan: Lifespan | None = None,
) -> FastAPI:
    """Make the app over the given ports.

    Args:
        stores: where jobs, tracks, snapshots and uploads are.
        doorbell: wakes the workers; must not block.
        settings: of the door.
        music: where music comes in, how it is found, and how it is shown.
        doorbell_error: why the last ring failed; None while rings get through.
        lifespan: what runs before the first and after the last request.
    """
    app = reference.DescribedApp(
        title="Sightsong",
        description="Send a photo or words; get the feeling in them, and the tracks that fit.",
        version=version("sightsong"),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would trust the Host header
        lifespan=lifespan,
    )
    waiting = Waiting(stores.jobs.versions, limit=settings.max_waiters)
    app.state.door = Door(
        stores=stores,
        phrases=Phrasebook(stores.phrases, settings.space),
        doorbell=doorbell,
        doorbell_error=doorbell_error,
        settings=settings,
        waiting=waiting,
        following=Following(limit=settings.max_followers, is_stopping=waiting.asked_to_stop),
        music=music,
        in_flight=InFlight(),
        deliveries=Turns(settings.max_deliveries, waiting=0),
        sounding=Turns(_SOUNDING_AT_ONCE, waiting=_SOUNDING_WAITING),
    )
    for module in _ROUTES:
        app.include_router(module.router)
    handlers.install(app)
    reference.install(app)
    app.add_middleware(Envelope, allowed_hosts=settings.allowed_hosts)
    return app


def door_settings(settings: "Settings", space: Space) -> DoorSettings:
    """Take from the process's settings what the door needs; `space` is that of its music.

    Raises:
        ConfigurationError: other machines could have any folder of this one read.
    """
    is_local = is_loopback(settings.host)
    if settings.library_root is None and not is_local:
        raise ConfigurationError(
            "SIGHTSONG_LIBRARY_ROOT must be set when SIGHTSONG_HOST is not a loopback address"
        )
    return DoorSettings(
        profile=settings.profile,
        space=space,
        moods=tuple(MOOD_PLACES) if settings.profile == "lite" else (),
        storage_dir=settings.data_dir,
        scratch_dir=settings.scratch_dir,
        max_image_bytes=settings.max_image_bytes,
        max_image_pixels=settings.max_image_pixels,
        upload_timeout_s=settings.upload_timeout_s,
        queue_limit=settings.queue_limit,
        image_keep_s=settings.image_keep_s,
        index_delta=settings.index_delta,
        disk_reserve_bytes=settings.disk_reserve_bytes,
        library_root=settings.library_root,
        shelf_dir=settings.shelf_dir,
        object_stores=tuple(settings.object_stores),
        max_music_bytes=settings.max_music_bytes,
        allowed_hosts=tuple(settings.allowed_hosts) or (LOCAL_HOSTS if is_local else ("*",)),
    )


def open_music(settings: "Settings", library: ports.Library) -> Music:
    """Make the real things through which music comes in and is shown, beside its index."""
    from sightsong.adapters import cover, wiring
    from sightsong.adapters.sound import preview

    return Music(
        library=library,
        inbox=wiring.open_inbox(settings),
        objects=wiring.open_objects(settings),
        render=preview.render,
        find_cover=cover.find_cover,
    )


def build(settings: "Settings") -> FastAPI:
    """Make the app over the real things that the settings name."""
    from sightsong.adapters import wiring
    from sightsong.engine.rounds import Rounds

    door = door_settings(settings, wiring.space_of(settings))
    stores, ringer = wiring.open_stores(settings), wiring.open_ringer(settings)
    library = wiring.open_library(settings, stores, door.space)
    following = Rounds("library", library.follow, every_s=_FOLLOW_S)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        ringer.start()
        following.start()
        try:
            yield
        finally:
            following.stop()
            library.close()
            ringer.stop()

    return create_app(
        stores,
        ringer,
        settings=door,
        music=open_music(settings, library),
        doorbell_error=lambda: ringer.last_error,
        lifespan=lifespan,
    )


def main() -> None:
    """Serve until SIGTERM; requests in hand are answered first, long polls at once."""
    import uvicorn

    from sightsong.adapters import logs, settings, starting
    from sightsong.engine import lifeline

    logs.setup("api")
    with starting.refusals():
        config = settings.load()
        if config.lifeline:
            lifeline.watch()
        app = build(config)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=config.host,
            port=config.port,
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=_MAX_CONNECTIONS,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=max(1, round(config.grace_s)),
        )
    )
    app.state.door.waiting.is_stopping = lambda: server.should_exit
    server.run()
    if not server.started:
        sys.exit(3)
