"""The composition root of a worker process."""

import functools
from pathlib import Path
from typing import BinaryIO

from sightsong.adapters import logs, settings, wiring
from sightsong.adapters.library.reader import SnapshotLibrary
from sightsong.core import models, spaces
from sightsong.core.jobs import JobKind, Queue
from sightsong.engine import lifeline
from sightsong.engine.process import new_worker
from sightsong.engine.work import Line, Work
from workers import tasks
from workers.media import audio, images
from workers.pipeline import PhotoPipeline


def load_profile(name: str) -> models.Profile:
    """Load the models of a profile.

    Raises:
        ConfigurationError: this release does not have the profile.
    """
    spaces.space_of(name)
    from workers.models.lite.profile import lite_profile

    return lite_profile()


def open_runtime(config: settings.Settings) -> tasks.Runtime:
    """Open the stores and load the models."""
    stores = wiring.open_stores(config)
    profile = load_profile(config.profile)
    library = SnapshotLibrary(stores.snapshots, config.snapshots_dir, profile.text.space)

    def decode_photo(file: BinaryIO) -> models.Pixels:
        return images.decode_photo(
            file, max_pixels=config.max_image_pixels, max_side=profile.photo_side_px
        )

    def decode_track(path: Path) -> models.Waveform:
        rate = profile.audio.sample_rate_hz
        return audio.decode_track(path, sample_rate_hz=rate, max_s=config.max_audio_s)

    return tasks.Runtime(
        stores=stores,
        profile=profile,
        pipeline=PhotoPipeline(profile, library, stores.tracks),
        decode_photo=decode_photo,
        decode_track=decode_track,
    )


def work_of(runtime: tasks.Runtime, config: settings.Settings) -> Work:
    """The table: which queues, how many at once, and which function for each kind of job.

    Interactive work comes first: a claim looks at the tracks only when no photo waits.
    """
    return Work(
        lines=(
            Line(queue=Queue.PHOTOS, batch=config.photo_batch),
            Line(queue=Queue.TRACKS, batch=config.track_batch),
        ),
        handlers={
            JobKind.PHOTO: functools.partial(tasks.describe_photos, runtime=runtime),
            JobKind.EMBED: functools.partial(tasks.embed_tracks, runtime=runtime),
        },
    )


def main() -> None:
    """Run a worker until SIGTERM."""
    config = settings.load()
    logs.setup("worker")
    if config.lifeline:
        lifeline.watch()
    runtime = open_runtime(config)
    worker = new_worker("workers", profile=config.profile, device=runtime.profile.device)
    works = [work_of(runtime, config)]
    ringer = wiring.open_ringer(config)
    wiring.serve(config, runtime.stores, works, worker=worker, ringer=ringer)
