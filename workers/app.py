"""The composition root of a worker process."""

import contextlib
import functools
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from sightsong.adapters import logs, metrics, settings, starting, weights, wiring
from sightsong.adapters.library.reader import SnapshotLibrary
from sightsong.core import jobs, models, ports
from sightsong.core.errors import ConfigurationError, Unavailable
from sightsong.core.jobs import JobKind, Queue
from sightsong.engine import lifeline
from sightsong.engine.interlude import Interlude
from sightsong.engine.process import new_worker
from sightsong.engine.rounds import Rounds
from sightsong.engine.work import Handler, Line, Work
from workers import speed, tasks
from workers.media import decoding
from workers.media.places import Places
from workers.media.pool import DecodingPool
from workers.phrases import PhraseKeeper
from workers.pipeline import PhotoPipeline
from workers.texts import TextPipeline
from workers.thread import ModelThread

T = TypeVar("T")

#: How often the library is looked at for what has changed, in seconds: that is found within two.
_FOLLOW_S = 0.5
#: How long a worker waits for its library before it claims, in seconds: a large snapshot is
#: open within that.
_FIRST_LOOK_S = 10.0
#: How often the phrases are tried again until they are stored, in seconds.
_PHRASES_S = 2.0
#: Processes for tracks unless the settings say how many: more do not help a model to hear faster.
_MOST_TRACK_SEATS = 8


def load_profile(config: settings.Settings) -> models.Profile:
    """Load the models of the profile that the settings name.

    Raises:
        ModelsMissing: the full profile's weights are not there.
        ConfigurationError: the device does not work, torch is not installed, or the emotion
            classifier cannot be used.
    """
    if config.profile == "full":
        return _load_full(config)
    from workers.models.lite.profile import lite_profile
    from workers.models.own.opening import onnx_emotion

    own = weights.classifier_of(config)
    if own is None:
        return lite_profile()
    return lite_profile(onnx_emotion(own, device=config.device, threads=config.model_threads))


def _load_full(config: settings.Settings) -> models.Profile:
    found, own = wiring.find_models(config), weights.classifier_of(config)
    # Read by the libraries when they are imported: what is not on disk is not fetched, but refused.
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")  # noqa: TID251 - written, not read
    try:
        from workers import device
        from workers.models.full.profile import full_profile
    except ImportError as error:
        raise ConfigurationError(
            f"the full profile needs {error.name}, which is not installed; run `./run install full`"
        ) from error
    place = device.choose(config.device, precision=config.precision, threads=config.model_threads)
    return full_profile(found, place, own=own)


def open_runtime(
    config: settings.Settings,
    profile: models.Profile,
    measured: metrics.Metrics,
    *,
    stores: ports.Stores,
    library: ports.Library,
) -> tasks.Runtime:
    """Put everything around the models that the tasks use."""
    recipe = decoding.Recipe(
        max_pixels=config.max_image_pixels,
        photo_side_px=profile.photo_side_px,
        views=profile.views,
        listener=profile.audio.listener,
        max_audio_s=config.max_audio_s,
    )
    return tasks.Runtime(
        stores=stores,
        profile=profile,
        pipeline=PhotoPipeline(profile, library, stores.tracks, observe=measured.stage),
        texts=TextPipeline(profile, library, stores.tracks, observe=measured.stage),
        decoders=_decoders(config, recipe, measured),
        places=Places(wiring.open_objects(config), config.scratch_dir),
    )


def _decoders(
    config: settings.Settings, recipe: decoding.Recipe, measured: metrics.Metrics
) -> decoding.Decoders:
    if not config.decode_workers:
        return decoding.InlineDecoders(recipe, observe=measured.decoded)
    return DecodingPool(
        recipe,
        seats=config.decode_workers,
        track_seats=_track_seats(config),
        observe=measured.decoded,
    )


def _track_seats(config: settings.Settings) -> int:
    return config.track_workers or min(os.cpu_count() or 1, _MOST_TRACK_SEATS)


def work_of(
    runtime: tasks.Runtime,
    config: settings.Settings,
    measured: metrics.Metrics,
    *,
    thread: ModelThread | None = None,
) -> Work:
    """The table: which queues, how many at once, and which functions for each kind of job.

    Interactive work comes first: tracks are claimed and run only when no photo waits. With a
    thread, the models run in that one, whichever asks.
    """
    interlude = Interlude()

    def in_thread(run: Callable[..., T], **more: object) -> Callable[..., T]:
        within = functools.partial(run, runtime=runtime, **more)
        if runtime.profile.shares_cores:
            within = functools.partial(_quietly, runtime.decoders, within)
        return within if thread is None else functools.partial(thread.call, within)

    return Work(
        lines=(
            Line(queue=Queue.PHOTOS, batch=config.photo_batch),
            Line(queue=Queue.TRACKS, batch=config.track_batch),
        ),
        handlers={
            JobKind.PHOTO: Handler(
                prepare=functools.partial(tasks.prepare_photo, runtime=runtime),
                run=in_thread(tasks.describe_photos),
            ),
            JobKind.TEXT: Handler(
                prepare=functools.partial(tasks.prepare_text, runtime=runtime),
                run=in_thread(tasks.describe_texts),
            ),
            JobKind.EMBED: Handler(
                prepare=functools.partial(tasks.prepare_track, runtime=runtime),
                run=in_thread(tasks.embed_tracks, between=interlude),
            ),
        },
        interlude=interlude,
        on_batch=measured.batch,
    )


def _quietly(decoders: decoding.Decoders, work: Callable[..., T], *args: object) -> T:
    """Run models while the processes that decode tracks rest."""
    with decoders.quiet():
        return work(*args)


def worker_of(profile: models.Profile, *, heard_per_s: float | None = None) -> jobs.WorkerInfo:
    """Say what this process is and what it has loaded; a model of two tasks once."""
    loaded = dict.fromkeys(f"{card.id}@{card.revision}" for card in profile.cards)
    return new_worker(
        "workers",
        profile=profile.name,
        device=profile.device,
        space=profile.audio.space,
        models=tuple(loaded),
        heard_per_s=heard_per_s,
    )


def main() -> None:
    """Run a worker until SIGTERM."""
    logs.setup("worker")
    with starting.refusals():
        config = settings.load()
        if config.lifeline:
            lifeline.watch()
        serve(config, load_profile)


def serve(config: settings.Settings, load: Callable[[settings.Settings], models.Profile]) -> None:
    """Load models and do the work of the queues with them, until SIGTERM."""
    wiring.check_schema(config)
    measured = metrics.Metrics(config.profile)
    thread = ModelThread()
    with measured.loading():
        profile = thread.call(load, config)
        pace = thread.call(speed.heard_per_s, profile.audio, seats=_track_seats(config))
    worker = worker_of(profile, heard_per_s=pace)
    if config.metrics_port:
        metrics.serve(measured, host=config.metrics_host, port=config.metrics_port)
    stores = wiring.open_stores(config)
    library = wiring.open_library(config, stores, profile.text.space)
    runtime = open_runtime(config, profile, measured, stores=stores, library=library)
    works = [work_of(runtime, config, measured, thread=thread)]
    try:
        with keeping_up(library, stores, profile, thread=thread):
            wait_for(library)
            ringer = wiring.open_ringer(config)
            measured.follow_broker(lambda: ringer.last_error)
            wiring.serve(config, stores, works, worker=worker, ringer=ringer)
    finally:
        runtime.decoders.close()
        if thread.is_busy:
            # A batch has outlived its grace, and its jobs were given back. The usual way out would
            # take the interpreter down under the models at work, which abort the process.
            sys.stdout.flush()
            os._exit(0)
        library.close()


def wait_for(library: ports.Library, *, at_most_s: float = _FIRST_LOOK_S) -> None:
    """Wait until there is something to search: a photo claimed before would spend an attempt.

    Not for long: tracks can be embedded without it, and a library may stay away.
    """
    patience = time.monotonic() + at_most_s
    while time.monotonic() < patience:
        try:
            library.view()
        except Unavailable:
            time.sleep(_FOLLOW_S / 5)
        else:
            return


@contextlib.contextmanager
def keeping_up(
    library: SnapshotLibrary, stores: ports.Stores, profile: models.Profile, *, thread: ModelThread
) -> Iterator[None]:
    """Keep up with the library meanwhile, and store the phrases as soon as that works."""
    keeper = PhraseKeeper(
        stores.phrases,
        profile.text.space,
        encode=lambda texts: thread.call(profile.text.encode, texts),
    )
    rounds = (
        Rounds("library", library.follow, every_s=_FOLLOW_S),
        Rounds("phrases", keeper.look, every_s=_PHRASES_S),
    )
    for one in rounds:
        one.start()
    try:
        yield
    finally:
        for one in rounds:
            one.stop()
