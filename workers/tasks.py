"""What a worker does for each kind of job: plain functions over a runtime."""

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from sightsong.core import errors, jobs, lifecycle, models, ports
from sightsong.core.choosing import Taste, leanings, remembering
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

    @functools.cached_property
    def dimension(self) -> int:
        """Numbers of a vector of the space, as the text model makes them."""
        return int(self.profile.text.encode(["music"]).shape[1])


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
    wishes = [
        _wish(ready.job, taste) for ready, taste in zip(batch, _tastes(batch, runtime), strict=True)
    ]
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
    tastes = _tastes(batch, runtime)
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
    return [
        _kept(ready.job, runtime)
        if track.heard is None
        else _embedded(ready.job, track.heard, next(readings), digest=track.digest, runtime=runtime)
        for ready, track in zip(batch, heard, strict=True)
    ]


def _upload_of(job: jobs.Job, runtime: Runtime) -> bytes:
    runtime.pipeline.check(
        _wish(job, Taste.of(job.params))
    )  # here it fails alone, in the batch with its neighbours
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


def _tastes(batch: Sequence[Prepared], runtime: Runtime) -> list[Taste]:
    """What each of a batch wants, and what is remembered of its user."""
    asked = [ready.job for ready in batch]
    leant = leanings(runtime.stores.people, asked)
    return [
        remembering(Taste.of(job.params), leaning)
        for job, leaning in zip(asked, leant, strict=True)
    ]


def _wish(job: jobs.Job, taste: Taste) -> PhotoWish:
    params = job.params
    return PhotoWish(
        taste=taste,
        moods=tuple(params.get("moods") or ()),
        caption=params.get("caption", True),
    )


def _answered(
    batch: Sequence[Prepared], answers: Sequence[Answer], runtime: Runtime
) -> list[jobs.Completion]:
    """End answered jobs; what each searched for is kept, so that it can be refined."""
    space = runtime.profile.text.space
    return [_answer(ready.job, answer, space) for ready, answer in zip(batch, answers, strict=True)]


def _answer(job: jobs.Job, answer: Answer, space: Space) -> jobs.Completion:
    if not _is_json(answer.result):
        # Such a number comes of damaged memory or files: the next attempt may find them whole.
        failed = errors.TaskFailed("there is a number in the answer that is none (NaN or infinite)")
        return lifecycle.failure(job, failed)
    kept = jobs.KeepQuery(job_id=job.id, space=space, vector=answer.query, affect=answer.affect)
    return jobs.Completion(job=job, outcome=jobs.Succeeded(result=answer.result), effects=(kept,))


def _is_json(result: Mapping[str, Any]) -> bool:
    """Whether JSON can say all of it, as every reader of an answer expects."""
    try:
        json.dumps(result, allow_nan=False)
    except ValueError:
        return False
    return True


def _kept(job: jobs.Job, runtime: Runtime) -> jobs.Completion:
    """End the job of a track whose sound is as it was: its tags were edited."""
    result = {"track_id": _track_of(job), "unchanged": True}
    effect = jobs.KeepEmbedding(track_id=_track_of(job), space=runtime.profile.audio.space)
    return jobs.Completion(job=job, outcome=jobs.Succeeded(result=result), effects=(effect,))


def _embedded(
    job: jobs.Job,
    heard: models.Heard,
    reading: models.TrackReading,
    *,
    digest: str,
    runtime: Runtime,
) -> jobs.Completion:
    """End the job of a track that was heard; one that made nothing usable fails by itself."""
    if (flaw := _flaw(reading, runtime.dimension)) is not None:
        return lifecycle.failure(job, errors.BrokenEmbedding(flaw))
    effect = jobs.StoreEmbedding(
        track_id=_track_of(job),
        space=runtime.profile.audio.space,
        vector=reading.vector,
        windows=reading.windows.astype("float16"),
        window_starts_s=reading.window_starts_s,
        affect=reading.affect,
        descriptors=reading.descriptors,
        duration_s=heard.duration_s,
        digest=digest,
        fingerprint=heard.fingerprint,
    )
    result = {"track_id": effect.track_id, "duration_s": round(heard.duration_s, 3)}
    return jobs.Completion(job=job, outcome=jobs.Succeeded(result=result), effects=(effect,))


def _flaw(reading: models.TrackReading, dimension: int) -> str | None:
    """Why what a model made of a track cannot be stored; None where it can."""
    found = {reading.vector.shape[-1], reading.windows.shape[-1]}
    if found != {dimension}:
        said = " and ".join(map(str, sorted(found)))
        return f"The music model made vectors of {said} numbers; its space has {dimension}."
    scalars = [reading.affect.valence, reading.affect.arousal, *reading.descriptors.values()]
    if not all(np.isfinite(each).all() for each in (reading.vector, reading.windows, scalars)):
        return "The music model made numbers of this track that are none (NaN or infinite)."
    return None
