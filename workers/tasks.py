"""What a worker does for each kind of job: plain functions over a runtime."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass

from sightsong.core import errors, jobs, models, ports
from sightsong.core.choosing import Taste
from sightsong.core.embeddings import Space
from sightsong.core.tracks import TrackId
from sightsong.engine.work import Prepared
from workers.finding import Answer
from workers.media.decoding import Decoded, Decoders, HeardTrack, TrackFiles
from workers.media.places import Places
from workers.pipeline import PhotoPipeline, PhotoWish
from workers.texts import TextPipeline


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """Everything that the tasks of one process use."""

    stores: ports.Stores
    profile: models.Profile
    pipeline: PhotoPipeline
    texts: TextPipeline
    decoders: Decoders
    places: Places


def prepare_photo(job: jobs.Job, *, runtime: Runtime) -> Future[Decoded[models.Photo]]:
    """Begin to decode the upload of a job."""
    return runtime.decoders.photo(lambda: _upload_of(job, runtime))


def prepare_text(job: jobs.Job, *, runtime: Runtime) -> Future[str]:
    """Look whether the words of a job can be answered: here they fail alone.

    Raises:
        NothingUnderstood: they say nothing to the text model.
        InvalidRequest: the job's filters are not of their form.
    """
    Taste.of(job.params)
    ready: Future[str] = Future()
    ready.set_result(runtime.texts.understood(job.params["text"]))
    return ready


def prepare_track(job: jobs.Job, *, runtime: Runtime) -> Future[Decoded[HeardTrack]]:
    """Begin to listen to the track of a job, fetched first if it lies in an object store."""
    stay = ExitStack()
    heard = runtime.decoders.track(lambda: _files_of(job, runtime, stay))
    heard.add_done_callback(lambda _: stay.close())
    return heard


def describe_photos(batch: Sequence[Prepared], *, runtime: Runtime) -> list[jobs.Completion]:
    """Answer a batch of photo jobs.

    Args:
        batch: each with a decoded photo.
        runtime: of this process.
    """
    decoded: list[Decoded[models.Photo]] = [ready.value for ready in batch]
    wishes = [_wish(ready.job) for ready in batch]
    answers = runtime.pipeline.answer([one.value for one in decoded], wishes)
    for one, answer in zip(decoded, answers, strict=True):
        timings = {"decode": round(one.decode_ms, 2)} | answer.result["timings_ms"]
        answer.result["timings_ms"] = timings
    return _answered(batch, answers, runtime)


def describe_texts(batch: Sequence[Prepared], *, runtime: Runtime) -> list[jobs.Completion]:
    """Answer a batch of text jobs.

    Args:
        batch: each with its words, as `prepare_text` gave them.
        runtime: of this process.
    """
    tastes = [Taste.of(ready.job.params) for ready in batch]
    answers = runtime.texts.answer([ready.value for ready in batch], tastes)
    return _answered(batch, answers, runtime)


def embed_tracks(
    batch: Sequence[Prepared], *, runtime: Runtime, between: Callable[[], None]
) -> list[jobs.Completion]:
    """Embed the tracks of a batch, their windows together.

    Args:
        batch: each with a track as its listener heard it.
        runtime: of this process.
        between: called between two batches of windows: what is more urgent runs there.
    """
    heard: list[HeardTrack] = [ready.value.value for ready in batch]
    new = [track.heard for track in heard if track.heard is not None]
    readings = iter(runtime.profile.audio.read(new, between=between) if new else ())
    space = runtime.profile.audio.space
    return [
        _kept(ready.job, space)
        if track.heard is None
        else _embedded(ready.job, track.heard, next(readings), digest=track.digest, space=space)
        for ready, track in zip(batch, heard, strict=True)
    ]


def _upload_of(job: jobs.Job, runtime: Runtime) -> bytes:
    runtime.pipeline.check(_wish(job))  # here it fails alone, in the batch with its neighbours
    if job.blob_id is None:
        raise errors.BlobNotFound
    with runtime.stores.blobs.open(job.blob_id) as file:
        return file.read()


def _files_of(job: jobs.Job, runtime: Runtime, stay: ExitStack) -> TrackFiles:
    """Where the bytes of a track lie, and what its embedding was made of."""
    tracks, track_id = runtime.stores.tracks, _track_of(job)
    return TrackFiles(
        paths=stay.enter_context(runtime.places.local(tracks.paths(track_id))),
        known_digest=tracks.digest(track_id, space=runtime.profile.audio.space),
    )


def _track_of(job: jobs.Job) -> TrackId:
    return TrackId(job.params["track_id"])


def _wish(job: jobs.Job) -> PhotoWish:
    return PhotoWish(taste=Taste.of(job.params), moods=tuple(job.params.get("moods") or ()))


def _answered(
    batch: Sequence[Prepared], answers: Sequence[Answer], runtime: Runtime
) -> list[jobs.Completion]:
    """End answered jobs; what each searched for is kept, so that it can be refined."""
    space = runtime.profile.text.space
    return [
        jobs.Completion(
            job=ready.job,
            outcome=jobs.Succeeded(result=answer.result),
            effects=(jobs.KeepQuery(job_id=ready.job.id, space=space, vector=answer.query),),
        )
        for ready, answer in zip(batch, answers, strict=True)
    ]


def _kept(job: jobs.Job, space: Space) -> jobs.Completion:
    """End the job of a track whose sound is as it was: its tags were edited."""
    result = {"track_id": _track_of(job), "unchanged": True}
    effect = jobs.KeepEmbedding(track_id=_track_of(job), space=space)
    return jobs.Completion(job=job, outcome=jobs.Succeeded(result=result), effects=(effect,))


def _embedded(
    job: jobs.Job,
    heard: models.Heard,
    reading: models.TrackReading,
    *,
    digest: str,
    space: Space,
) -> jobs.Completion:
    track_id = _track_of(job)
    effect = jobs.StoreEmbedding(
        track_id=track_id,
        space=space,
        vector=reading.vector,
        windows=reading.windows.astype("float16"),
        window_starts_s=reading.window_starts_s,
        affect=reading.affect,
        descriptors=reading.descriptors,
        duration_s=heard.duration_s,
        digest=digest,
        fingerprint=heard.fingerprint,
    )
    result = {"track_id": track_id, "duration_s": round(heard.duration_s, 3)}
    return jobs.Completion(job=job, outcome=jobs.Succeeded(result=result), effects=(effect,))
