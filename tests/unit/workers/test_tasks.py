"""What a worker does with its jobs, on stub models and in-memory stores."""

import functools
import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sightsong.adapters import memory
from sightsong.core import errors, models, ports
from sightsong.core.jobs import JobId, JobKind, JobState, NewJob, Queue
from sightsong.core.tracks import FoundFile, Tags, TrackState
from sightsong.engine.work import Handler, Line, Work
from tests.unit.engine.parts import ByHand
from workers import tasks
from workers.media import decoding
from workers.models import stub
from workers.pipeline import PhotoPipeline

#: Uploads of these tests: one byte is the brightness of a small photo; `x` is not a photo.
BRIGHT, DARK, BROKEN = b"\xf0", b"\x10", b"x"


class MemoryLibrary:
    """Finds among the vectors of the in-memory store."""

    def __init__(self, tracks: ports.Tracks) -> None:
        self._tracks = tracks

    def search(self, query: np.ndarray, *, k: int) -> ports.Found:
        neighbours = [
            ports.Neighbour(
                track_id=row.track_id,
                cosine=float(row.vector @ query),
                vector=row.vector,
                window_start_s=row.window_starts_s[0],
            )
            for row in self._tracks.vectors(stub.SPACE)
        ]
        neighbours.sort(key=lambda near: (-near.cosine, near.track_id))
        return ports.Found(snapshot="v1", neighbours=tuple(neighbours[:k]))


class StubDecoders:
    """Decodes what these tests call photos and tracks."""

    def photo(self, fetch: Callable[[], bytes]) -> Future[decoding.Decoded[models.Photo]]:
        return _ended(lambda: _photo(fetch()))

    def track(
        self, fetch: Callable[[], Sequence[Path]]
    ) -> Future[decoding.Decoded[models.Waveform]]:
        return _ended(lambda: _track(fetch()))

    def close(self) -> None:
        pass


def _ended(decode: Callable[[], object]) -> Future[object]:
    future: Future[object] = Future()
    try:
        future.set_result(decoding.Decoded(value=decode(), decode_ms=1.234))
    except errors.SightsongError as error:
        future.set_exception(error)
    return future


def _photo(content: bytes) -> models.Photo:
    if content == BROKEN:
        raise errors.BrokenImage
    return models.Photo(pixels=np.full((4, 6, 3), content[0], dtype=np.uint8))


def _track(paths: Sequence[Path]) -> models.Waveform:
    there = [path for path in paths if "gone" not in path.name]
    if not there:
        raise errors.PathNotAllowed
    if "broken" in there[0].name:
        raise errors.BrokenAudio
    level = 0.4 if "loud" in there[0].name else 0.1
    return np.full(3 * 10 * stub.SAMPLE_RATE_HZ, level, dtype=np.float32)


@pytest.fixture
def stores() -> ports.Stores:
    return memory.open_stores()


@pytest.fixture
def runtime(stores: ports.Stores) -> tasks.Runtime:
    profile = stub.stub_profile()
    return tasks.Runtime(
        stores=stores,
        profile=profile,
        pipeline=PhotoPipeline(profile, MemoryLibrary(stores.tracks), stores.tracks),
        decoders=StubDecoders(),
    )


@pytest.fixture
def run(stores: ports.Stores, runtime: tasks.Runtime) -> Callable[[], None]:
    def handler(prepare: Callable[..., object], run: Callable[..., object]) -> Handler:
        return Handler(
            prepare=functools.partial(prepare, runtime=runtime),
            run=functools.partial(run, runtime=runtime),
        )

    work = Work(
        lines=tuple(Line(queue=queue, batch=50) for queue in (Queue.PHOTOS, Queue.TRACKS)),
        handlers={
            JobKind.PHOTO: handler(tasks.prepare_photo, tasks.describe_photos),
            JobKind.EMBED: handler(tasks.prepare_track, tasks.embed_tracks),
        },
    )
    return ByHand(stores, work).turn


def submit(stores: ports.Stores, content: bytes, **params: object) -> JobId:
    blob = stores.blobs.put(content, media_type="image/png")
    new = NewJob(kind=JobKind.PHOTO, blob=blob, params={"top_k": 5, "alpha": None} | params)
    return stores.jobs.submit(new).id


def register(stores: ports.Stores, *names: str, sha256: str | None = None) -> None:
    files = [
        FoundFile(
            path=f"/music/{name}",
            size_bytes=1,
            mtime_ns=1,
            sha256=sha256 or name,
            tags=Tags(title=name, artist="A"),
        )
        for name in names
    ]
    stores.tracks.register(files, space=stub.SPACE, parent_id=JobId("scan"))


def test_a_track_becomes_searchable_with_its_affect_and_length(stores, run):
    register(stores, "loud.ogg")
    run()
    track = stores.tracks.page(limit=1)[0]
    assert (track.state, track.duration_s) == (TrackState.READY, 30.0)
    assert track.affect.valence == pytest.approx(0.8)
    assert [len(row.windows) for row in stores.tracks.vectors(stub.SPACE)] == [3]


def test_a_broken_track_is_set_aside_and_stops_no_other(stores, run):
    register(stores, "broken.ogg", "loud.ogg")
    run()
    states = {
        track.title: (track.state, track.reason_code) for track in stores.tracks.page(limit=9)
    }
    assert states == {
        "broken.ogg": (TrackState.QUARANTINED, "audio_broken"),
        "loud.ogg": (TrackState.READY, None),
    }


def test_a_track_is_read_where_a_file_of_it_is_left(stores, run):
    register(stores, "gone.ogg", "a gone one.ogg", "loud.ogg", sha256="same")
    run()
    [track] = stores.tracks.page(limit=9)
    assert (track.state, track.path) == (TrackState.READY, "/music/gone.ogg")


def test_a_track_without_any_file_is_set_aside_until_its_folder_is_scanned_again(stores, run):
    register(stores, "gone.ogg", "also gone.ogg", sha256="same")
    run()
    [track] = stores.tracks.page(limit=9)
    assert (track.state, track.reason_code) == (TrackState.QUARANTINED, "path_not_allowed")
    register(stores, "loud.ogg", sha256="same")
    run()
    assert stores.tracks.get(track.id).state is TrackState.READY


def test_a_track_whose_only_file_became_another_is_not_read_from_it(stores, run):
    register(stores, "loud.ogg", sha256="before")
    register(stores, "loud.ogg", sha256="after")
    run()
    states = {track.sha256: track.state for track in stores.tracks.page(limit=9)}
    assert states == {"before": TrackState.QUARANTINED, "after": TrackState.READY}


def test_a_photo_is_answered_with_what_was_seen_and_the_tracks_that_fit(stores, run):
    register(stores, "loud.ogg", "soft.ogg")
    run()
    job_id = submit(stores, BRIGHT)
    run()
    result = stores.jobs.get(job_id).result
    assert result["emotion"]["dominant"] == "joy"
    assert result["caption"] == "A photo of 6 by 4 pixels."
    assert [match["title"] for match in result["matches"]] == ["loud.ogg", "soft.ogg"]
    assert result["matches"][0]["rank"] == 1
    assert result["receipt"]["index_snapshot"] == "v1"
    assert [model["task"] for model in result["receipt"]["models"]] == [
        "emotion",
        "faces",
        "moods",
        "caption",
        "text",
        "audio",
    ]


def test_the_caller_says_how_many_tracks_come_back(stores, run):
    register(stores, *(f"loud{i}.ogg" for i in range(9)))
    run()
    job_id = submit(stores, BRIGHT, top_k=3)
    run()
    assert len(stores.jobs.get(job_id).result["matches"]) == 3


def test_without_a_library_a_photo_is_still_described(stores, run):
    job_id = submit(stores, DARK)
    run()
    result = stores.jobs.get(job_id).result
    assert (result["emotion"]["dominant"], result["matches"]) == ("sadness", [])


def test_one_broken_photo_fails_alone_in_its_batch(stores, run):
    good, bad = submit(stores, BRIGHT), submit(stores, BROKEN)
    run()
    assert stores.jobs.get(good).state is JobState.SUCCEEDED
    assert stores.jobs.get(bad).error.code == "image_broken"


def test_a_photo_whose_upload_is_gone_fails_with_a_word(stores, run):
    job_id = submit(stores, BRIGHT)
    stores.blobs.delete(stores.jobs.get(job_id).blob_id)
    run()
    assert stores.jobs.get(job_id).error.code == "blob_not_found"


def test_a_photo_that_never_had_an_upload_fails_with_a_word(stores, runtime):
    job = replace(stores.jobs.get(submit(stores, BRIGHT)), blob_id=None)
    with pytest.raises(errors.BlobNotFound):
        tasks.prepare_photo(job, runtime=runtime).result()


def test_a_result_says_how_long_the_photo_took_to_decode(stores, run):
    job_id = submit(stores, BRIGHT)
    run()
    timings = stores.jobs.get(job_id).result["timings_ms"]
    assert (timings["decode"], timings["batch"]) == (1.23, 1)


def test_a_photo_gets_the_same_matches_alone_and_in_a_batch(stores, run):
    register(stores, *(f"loud{i}.ogg" for i in range(4)), *(f"soft{i}.ogg" for i in range(4)))
    run()
    alone = submit(stores, BRIGHT)
    run()
    together = [submit(stores, content) for content in (DARK, BRIGHT, DARK)][1]
    run()
    lists = [json.dumps(stores.jobs.get(one).result["matches"]) for one in (alone, together)]
    assert lists[0] == lists[1]
