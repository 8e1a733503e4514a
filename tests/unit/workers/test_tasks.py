"""What a worker does with its jobs, on stub models and in-memory stores."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sightsong.adapters import memory
from sightsong.core import errors, jobs, models, ports
from sightsong.core.jobs import JobId, JobKind, JobState, NewJob, Owner, Queue
from sightsong.core.tracks import FoundFile, Tags, TrackState
from workers import tasks
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


def decode_photo(file: io.BufferedIOBase) -> models.Pixels:
    content = file.read()
    if content == BROKEN:
        raise errors.BrokenImage
    return np.full((4, 6, 3), content[0], dtype=np.uint8)


def decode_track(path: Path) -> models.Waveform:
    if "gone" in path.name:
        raise errors.PathNotAllowed
    if "broken" in path.name:
        raise errors.BrokenAudio
    level = 0.4 if "loud" in path.name else 0.1
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
        decode_photo=decode_photo,
        decode_track=decode_track,
    )


@pytest.fixture
def run(stores: ports.Stores, runtime: tasks.Runtime) -> Callable[[Queue], None]:
    def run_all(queue: Queue) -> None:
        task = {Queue.PHOTOS: tasks.describe_photos, Queue.TRACKS: tasks.embed_tracks}[queue]
        batch = stores.jobs.claim([queue], owner=Owner("w"), limit=50, lease_s=60)
        stores.jobs.complete(task(batch, runtime=runtime))

    return run_all


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
    run(Queue.TRACKS)
    track = stores.tracks.page(limit=1)[0]
    assert (track.state, track.duration_s) == (TrackState.READY, 30.0)
    assert track.affect.valence == pytest.approx(0.8)
    assert [len(row.windows) for row in stores.tracks.vectors(stub.SPACE)] == [3]


def test_a_broken_track_is_set_aside_and_stops_no_other(stores, run):
    register(stores, "broken.ogg", "loud.ogg")
    run(Queue.TRACKS)
    states = {
        track.title: (track.state, track.reason_code) for track in stores.tracks.page(limit=9)
    }
    assert states == {
        "broken.ogg": (TrackState.QUARANTINED, "audio_broken"),
        "loud.ogg": (TrackState.READY, None),
    }


def test_a_track_is_read_where_a_file_of_it_is_left(stores, run):
    register(stores, "gone.ogg", "a gone one.ogg", "loud.ogg", sha256="same")
    run(Queue.TRACKS)
    [track] = stores.tracks.page(limit=9)
    assert (track.state, track.path) == (TrackState.READY, "/music/gone.ogg")


def test_a_track_without_any_file_is_set_aside_until_its_folder_is_scanned_again(stores, run):
    register(stores, "gone.ogg", "also gone.ogg", sha256="same")
    run(Queue.TRACKS)
    [track] = stores.tracks.page(limit=9)
    assert (track.state, track.reason_code) == (TrackState.QUARANTINED, "path_not_allowed")
    register(stores, "loud.ogg", sha256="same")
    run(Queue.TRACKS)
    assert stores.tracks.get(track.id).state is TrackState.READY


def test_a_track_whose_only_file_became_another_is_not_read_from_it(stores, run):
    register(stores, "loud.ogg", sha256="before")
    register(stores, "loud.ogg", sha256="after")
    run(Queue.TRACKS)
    states = {track.sha256: track.state for track in stores.tracks.page(limit=9)}
    assert states == {"before": TrackState.QUARANTINED, "after": TrackState.READY}


def test_a_photo_is_answered_with_what_was_seen_and_the_tracks_that_fit(stores, run):
    register(stores, "loud.ogg", "soft.ogg")
    run(Queue.TRACKS)
    job_id = submit(stores, BRIGHT)
    run(Queue.PHOTOS)
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
    run(Queue.TRACKS)
    job_id = submit(stores, BRIGHT, top_k=3)
    run(Queue.PHOTOS)
    assert len(stores.jobs.get(job_id).result["matches"]) == 3


def test_without_a_library_a_photo_is_still_described(stores, run):
    job_id = submit(stores, DARK)
    run(Queue.PHOTOS)
    result = stores.jobs.get(job_id).result
    assert (result["emotion"]["dominant"], result["matches"]) == ("sadness", [])


def test_one_broken_photo_fails_alone_in_its_batch(stores, run):
    good, bad = submit(stores, BRIGHT), submit(stores, BROKEN)
    run(Queue.PHOTOS)
    assert stores.jobs.get(good).state is JobState.SUCCEEDED
    assert stores.jobs.get(bad).error.code == "image_broken"


def test_a_photo_whose_upload_is_gone_fails_with_a_word(stores, runtime):
    job = replace(stores.jobs.get(submit(stores, BRIGHT)), blob_id=None)
    done = tasks.describe_photos([job], runtime=runtime)[0]
    assert isinstance(done.outcome, jobs.Failed)
    assert done.outcome.error.code == "blob_not_found"


def test_a_photo_gets_the_same_matches_alone_and_in_a_batch(stores, run):
    register(stores, *(f"loud{i}.ogg" for i in range(4)), *(f"soft{i}.ogg" for i in range(4)))
    run(Queue.TRACKS)
    alone = submit(stores, BRIGHT)
    run(Queue.PHOTOS)
    together = [submit(stores, content) for content in (DARK, BRIGHT, DARK)][1]
    run(Queue.PHOTOS)
    lists = [json.dumps(stores.jobs.get(one).result["matches"]) for one in (alone, together)]
    assert lists[0] == lists[1]
