"""The composition root of the API process."""

import contextlib
import functools
import io
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING

from fastapi import FastAPI

from api import access, cors, handlers, looking, opening, patience, reference
from api.backlog import CountedJobs
from api.dependencies import Door, DoorSettings, FetchPhoto, Music, Surroundings
from api.envelope import Envelope
from api.following import Following
from api.idempotency import InFlight
from api.keyring import Keyring
from api.phrasebook import Phrasebook
from api.routes import (
    audio,
    batches,
    events,
    feedback,
    health,
    indexes,
    ingests,
    job_list,
    jobs,
    keys,
    me,
    memory,
    moodlens,
    playlists,
    refine,
    similar,
    submitting,
    submitting_batches,
    tracks,
    watches,
    webhooks,
)
from api.turns import Turns
from api.waiting import Pace, Waiting
from sightsong.adapters.rates import LocalRates
from sightsong.core import ports

if TYPE_CHECKING:
    from sightsong.adapters.rates import Rates
    from sightsong.adapters.settings import Settings

#: In the order of `/docs`.
_ROUTES = (
    submitting,
    jobs,
    job_list,
    events,
    submitting_batches,
    batches,
    playlists,
    refine,
    tracks,
    similar,
    audio,
    ingests,
    watches,
    indexes,
    me,
    memory,
    feedback,
    webhooks,
    keys,
    moodlens,
    health,
)

#: Idle connections are kept for longer than any usual client or proxy keeps them (httpx 5 s, load
#: balancers 60 s): who closes first must be the client, or its next request may meet the close.
_KEEP_ALIVE_S = 75
#: Pieces of tracks that are decoded at once; a page of matches asks for a handful.
_SOUNDING_AT_ONCE = 2
_SOUNDING_WAITING = 16
#: Long JSON bodies that are read at once, each by a thread; of most, a photo is the most part.
_READING_AT_ONCE = 2
_READING_WAITING = 64
#: Requests that wait while others' photos are fetched; each fetch takes 10 s at most.
_FETCHES_WAITING = 16
_FETCH_S = 10.0
#: A look at a batch adds up its jobs, a thousand at most.
_BATCHES_PACE = Pace(looks=((10.0, 0.1), (float("inf"), 0.5)))
#: Between two looks at what has changed in the library: a new track is found within two seconds.
_FOLLOW_S = 0.5


def create_app(
    stores: ports.Stores,
    doorbell: ports.Doorbell,
    *,
    settings: DoorSettings,
    music: Music,
    doorbell_error: Callable[[], str | None] = lambda: None,
    around: Surroundings | None = None,
) -> FastAPI:
    """Make the app over the given ports.

    Args:
        stores: where jobs, tracks, snapshots and uploads are.
        doorbell: wakes the workers; must not block.
        settings: of the door.
        music: where music comes in, how it is found, and how it is shown.
        doorbell_error: why the last ring failed; None while rings get through.
        around: what the process gives it besides; each of that can be left out.
    """
    around = around or Surroundings()
    app = reference.DescribedApp(
        title="Sightsong",
        description="Send a photo or words; get the feeling in them, and the tracks that fit.",
        version=version("sightsong"),
        openapi_url=None,  # `reference` serves it
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would trust the Host header
        lifespan=around.lifespan,
    )
    app.state.door = _door(
        stores,
        doorbell,
        settings=settings,
        music=music,
        doorbell_error=doorbell_error,
        around=around,
    )
    for module in _ROUTES:
        app.include_router(module.router)
        app.note_scopes(access.scopes_of(module.router))
    handlers.install(app)
    reference.install(app)
    cors.install(app, settings.cors_origins)
    app.add_middleware(
        Envelope, allowed_hosts=settings.allowed_hosts, allowed_origins=settings.cors_origins
    )
    return app


def _door(
    stores: ports.Stores,
    doorbell: ports.Doorbell,
    *,
    settings: DoorSettings,
    music: Music,
    doorbell_error: Callable[[], str | None],
    around: Surroundings,
) -> Door:
    """Make what the routes use."""
    askers = patience.Askers(patience_s=settings.patience_s)
    stores = patience.guarded(stores, askers)
    stores = replace(stores, jobs=CountedJobs(stores.jobs))
    waiting = Waiting(stores.jobs.versions, limit=settings.max_waiters)
    batches_waiting = Waiting(
        stores.batches.versions, limit=settings.max_waiters, pace=_BATCHES_PACE
    )
    batches_waiting.is_stopping = waiting.asked_to_stop
    return Door(
        stores=stores,
        looking=looking.Looking(askers, functools.partial(looking.look, stores)),
        askers=askers,
        phrases=Phrasebook(stores.phrases, settings.space),
        doorbell=doorbell,
        doorbell_error=doorbell_error,
        settings=settings,
        waiting=waiting,
        batches_waiting=batches_waiting,
        following=Following(limit=settings.max_followers, is_stopping=waiting.asked_to_stop),
        music=music,
        in_flight=InFlight(),
        deliveries=Turns(settings.max_deliveries, waiting=0),
        albums=Turns(settings.max_albums, waiting=0),
        reading=Turns(_READING_AT_ONCE, waiting=_READING_WAITING),
        sounding=Turns(_SOUNDING_AT_ONCE, waiting=_SOUNDING_WAITING),
        keyring=Keyring(stores.keys),
        rates=around.rates or LocalRates(),
        fetching=Turns(settings.max_fetches, waiting=_FETCHES_WAITING),
        fetch_photo=around.fetch_photo,
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

    door = opening.door_settings(settings, wiring.space_of(settings))
    wiring.check_schema(settings)
    stores, ringer = wiring.open_stores(settings), wiring.open_ringer(settings)
    if door.needs_key:
        opening.see_that_somebody_has_a_key(stores.keys, settings)
    rates = _open_rates(settings)
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
            await rates.close()

    return create_app(
        stores,
        ringer,
        settings=door,
        music=open_music(settings, library),
        doorbell_error=lambda: ringer.last_error,
        around=Surroundings(rates=rates, fetch_photo=_open_fetch(settings), lifespan=lifespan),
    )


def _open_rates(settings: "Settings") -> "Rates":
    """Make the buckets of keys: in Redis where there is one, for all API processes together."""
    if not settings.broker.startswith(("redis://", "rediss://")):
        return LocalRates()
    from sightsong.adapters.rates import shared

    return shared.RedisRates(settings.broker)


def _open_fetch(settings: "Settings") -> FetchPhoto:
    """Make what fetches photos of the open web; nothing is fetched before it is called."""
    from sightsong.adapters import web

    fetcher = web.Fetcher(max_bytes=settings.max_image_bytes, timeout_s=_FETCH_S, total_s=_FETCH_S)

    def fetch(url: str) -> bytes:
        photo = io.BytesIO()
        fetcher.fetch(url, photo)
        return photo.getvalue()

    return fetch


def main() -> None:
    """Serve until SIGTERM; requests in hand are answered first, long polls at once."""
    import uvicorn

    from api import connections
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
            http=connections.bounded(),
            ws="none",
            h11_max_incomplete_event_size=connections.LONGEST_HEAD,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=max(1, round(config.grace_s)),
        )
    )
    app.state.door.waiting.is_stopping = lambda: server.should_exit
    server.run()
    if not server.started:
        sys.exit(3)
