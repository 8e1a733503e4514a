"""What a worker does for each kind of job: plain functions over a runtime."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sightsong.core import errors, jobs, lifecycle, models, ports
from sightsong.core.tracks import TrackId
from sightsong.engine.work import Prepared
from workers.media.decoding import Decoded, Decoders
from workers.pipeline import PhotoPipeline, PhotoWish


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """Everything that the tasks of one process use."""

    stores: ports.Stores
    profile: models.Profile
    pipeline: PhotoPipeline
    decoders: Decoders


def prepare_photo(job: jobs.Job, *, runtime: Runtime) -> Future[Decoded[models.Photo]]:
    """Begin to decode the upload of a job."""
    return runtime.decoders.photo(lambda: _upload_of(job, runtime))


def prepare_track(job: jobs.Job, *, runtime: Runtime) -> Future[Decoded[models.Waveform]]:
    """Begin to decode the track of a job."""
    return runtime.decoders.track(lambda: _files_of(job, runtime))


def describe_photos(batch: Sequence[Prepared], *, runtime: Runtime) -> list[jobs.Completion]:
    """Answer a batch of photo jobs.

    Args:
        batch: each with a decoded photo.
        runtime: of this process.
    """
    decoded: list[Decoded[models.Photo]] = [ready.value for ready in batch]
    wishes = [_wish(ready.job) for ready in batch]
    results = runtime.pipeline.answer([one.value for one in decoded], wishes)
    for one, result in zip(decoded, results, strict=True):
        result["timings_ms"] = {"decode": round(one.decode_ms, 2)} | result["timings_ms"]
    return [_done(ready.job, result) for ready, result in zip(batch, results, strict=True)]


def embed_tracks(batch: Sequence[Prepared], *, runtime: Runtime) -> list[jobs.Completion]:
    """Embed the tracks of a batch; each succeeds or fails by itself.

    Args:
        batch: each with a decoded waveform.
        runtime: of this process.
    """
    return [_embed(ready.job, ready.value.value, runtime) for ready in batch]


def _upload_of(job: jobs.Job, runtime: Runtime) -> bytes:
    runtime.pipeline.check(_wish(job))  # here it fails alone, in the batch with its neighbours
    if job.blob_id is None:
        raise errors.BlobNotFound
    with runtime.stores.blobs.open(job.blob_id) as file:
        return file.read()


def _files_of(job: jobs.Job, runtime: Runtime) -> list[Path]:
    """Where the bytes of a track may lie."""
    return [Path(path) for path in runtime.stores.tracks.paths(_track_of(job))]


def _track_of(job: jobs.Job) -> TrackId:
    return TrackId(job.params["track_id"])


def _wish(job: jobs.Job) -> PhotoWish:
    params = job.params
    return PhotoWish(
        top_k=params["top_k"],
        alpha=params.get("alpha"),
        moods=tuple(params.get("moods") or ()),
    )


def _done(job: jobs.Job, result: dict[str, Any]) -> jobs.Completion:
    return jobs.Completion(job=job, outcome=jobs.Succeeded(result=result))


def _embed(job: jobs.Job, waveform: models.Waveform, runtime: Runtime) -> jobs.Completion:
    try:
        return _embedded(job, waveform, runtime.profile.audio)
    except errors.SightsongError as error:
        return lifecycle.failure(job, error)


def _embedded(
    job: jobs.Job, waveform: models.Waveform, audio: models.AudioModel
) -> jobs.Completion:
    reading = audio.read([waveform])[0]
    track_id, duration_s = _track_of(job), len(waveform) / audio.sample_rate_hz
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
