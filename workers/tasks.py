"""What a worker does for each kind of job: plain functions over a runtime."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sightsong.core import errors, jobs, lifecycle, models, ports
from sightsong.core.tracks import TrackId
from workers.pipeline import PhotoPipeline, PhotoWish


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """Everything that the tasks of one process use."""

    stores: ports.Stores
    profile: models.Profile
    pipeline: PhotoPipeline
    decode_photo: Callable[[BinaryIO], models.Pixels]
    decode_track: Callable[[Path], models.Waveform]


def describe_photos(batch: Sequence[jobs.Job], *, runtime: Runtime) -> list[jobs.Completion]:
    """Answer a batch of photo jobs; one that cannot be decoded fails alone."""
    failed: list[jobs.Completion] = []
    ready: list[tuple[jobs.Job, models.Pixels]] = []
    for job in batch:
        try:
            ready.append((job, _photo_of(job, runtime)))
        except errors.SightsongError as error:
            failed.append(lifecycle.failure(job, error))
    if not ready:
        return failed
    wishes = [_wish(job) for job, _ in ready]
    results = runtime.pipeline.answer([pixels for _, pixels in ready], wishes)
    answered = [_done(job, result) for (job, _), result in zip(ready, results, strict=True)]
    return failed + answered


def embed_tracks(batch: Sequence[jobs.Job], *, runtime: Runtime) -> list[jobs.Completion]:
    """Embed the tracks of a batch; each succeeds or fails by itself."""
    return [_embed(job, runtime) for job in batch]


def _photo_of(job: jobs.Job, runtime: Runtime) -> models.Pixels:
    if job.blob_id is None:
        raise errors.BlobNotFound
    with runtime.stores.blobs.open(job.blob_id) as file:
        return runtime.decode_photo(file)


def _wish(job: jobs.Job) -> PhotoWish:
    return PhotoWish(top_k=job.params["top_k"], alpha=job.params.get("alpha"))


def _done(job: jobs.Job, result: dict[str, Any]) -> jobs.Completion:
    return jobs.Completion(job=job, outcome=jobs.Succeeded(result=result))


def _embed(job: jobs.Job, runtime: Runtime) -> jobs.Completion:
    try:
        return _embedded(job, TrackId(job.params["track_id"]), runtime)
    except errors.SightsongError as error:
        return lifecycle.failure(job, error)


def _embedded(job: jobs.Job, track_id: TrackId, runtime: Runtime) -> jobs.Completion:
    audio = runtime.profile.audio
    waveform = _waveform_of(track_id, runtime)
    reading = audio.read([waveform])[0]
    duration_s = len(waveform) / audio.sample_rate_hz
    effect = jobs.StoreEmbedding(
        track_id=track_id,
        space=audio.space,
        vector=reading.vector,
        windows=reading.windows.astype("float16"),
        window_starts_s=reading.window_starts_s,
        affect=reading.affect,
        descriptors=reading.descriptors,
        duration_s=duration_s,
    )
    result = {"track_id": track_id, "duration_s": round(duration_s, 3)}
    return jobs.Completion(job=job, outcome=jobs.Succeeded(result=result), effects=(effect,))


def _waveform_of(track_id: TrackId, runtime: Runtime) -> models.Waveform:
    """Decode the first file of a track that is there: a library may have moved.

    Raises:
        PathNotAllowed: none of them is; tried again when the folder is ingested again.
    """
    for path in runtime.stores.tracks.paths(track_id):
        with contextlib.suppress(errors.PathNotAllowed):
            return runtime.decode_track(Path(path))
    raise errors.PathNotAllowed("No file of this track can be opened.")
