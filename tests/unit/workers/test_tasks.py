"""What a worker does with its jobs, on stub models and in-memory stores."""

import functools
import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from sightsong.adapters import memory
from sightsong.core import errors, models, ports
from sightsong.core.jobs import JobId, JobKind, JobState, NewJob, Queue
from sightsong.core.models import nothing
from sightsong.core.tracks import FoundFile, Tags, Track, TrackState
from sightsong.engine.work import Handler, Line, Work
from tests.unit.engine.parts import ByHand
from workers import tasks
from workers.media import decoding
from workers.media.places import Places
from workers.models import stub
from workers.pipeline import PhotoPipeline
from workers.texts import TextPipeline

RATE_HZ = 8000
#: Uploads of these tests: one byte is the brightness of a small photo; `x` is not a photo.
BRIGHT, DARK, BROKEN = b"\xf0", b"\x10", b"x"


class StubDecoders:
    """Decodes what these tests call photos and tracks."""

    def photo(self, fetch: Callable[[], bytes]) -> Future[decoding.Decoded[models.Photo]]:
        return _ended(lambda: _photo(fetch()))

    def track(
        self, fetch: Callable[[], decoding.TrackFiles]
    ) -> Future[decoding.Decoded[decoding.HeardTrack]]:
        return _ended(lambda: _track(fetch()))

    def quiet(self) -> AbstractContextManager[None]:
        return nullcontext()

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


def _track(files: decoding.TrackFiles) -> decoding.HeardTrack:
    """What is heard of a file is in its name, or in its bytes where it has any."""
    there = [path for path in files.paths if "gone" not in path.name]
    if not there:
        raise errors.PathNotAllowed
    name = there[0].read_text() if there[0].is_file() else there[0].name
    if "broken" in name:
        raise errors.BrokenAudio
    level = "loud" if "loud" in name else "soft"
    if level == files.known_digest:
        return decoding.HeardTrack(heard=None, digest=level)
    sound = np.full(3 * 10 * RATE_HZ, 0.4 if level == "loud" else 0.1, dtype=np.float32)
    heard = stub.StubListener().hear([sound], rate_hz=RATE_HZ)
    return decoding.HeardTrack(heard=heard, digest=level)


class OneObject:
    """An object store that holds one thing, whatever it is asked for."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def listing(self, url: str) -> Iterator[ports.RemoteFile]:
        raise AssertionError("nobody lists it here")

    def fetch(self, url: str, to: BinaryIO, *, start: int = 0, size: int | None = None) -> None:
        to.write(self.content)


@pytest.fixture
def stores() -> ports.Stores:
    return memory.open_stores()


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    return tmp_path / "scratch"


@pytest.fixture
def runtime(stores: ports.Stores, scratch: Path) -> tasks.Runtime:
    profile = stub.stub_profile()
    library = memory.MemoryLibrary(stores, stub.SPACE)
    return tasks.Runtime(
        stores=stores,
        profile=profile,
        pipeline=PhotoPipeline(profile, library, stores.tracks),
        texts=TextPipeline(profile, library, stores.tracks),
        decoders=StubDecoders(),
        places=Places(OneObject(b"a loud one from afar"), scratch),
    )


@pytest.fixture
def run(stores: ports.Stores, runtime: tasks.Runtime) -> Callable[[], None]:
    def handler(prepare: Callable[..., object], run: Callable[..., object]) -> Handler:
        return Handler(
            prepare=functools.partial(prepare, runtime=runtime),
            run=functools.partial(run, runtime=runtime),
        )

    embed = functools.partial(tasks.embed_tracks, between=nothing)
    work = Work(
        lines=tuple(Line(queue=queue, batch=50) for queue in (Queue.PHOTOS, Queue.TRACKS)),
        handlers={
            JobKind.PHOTO: handler(tasks.prepare_photo, tasks.describe_photos),
            JobKind.TEXT: handler(tasks.prepare_text, tasks.describe_texts),
            JobKind.EMBED: handler(tasks.prepare_track, embed),
        },
    )
    return ByHand(stores, work).turn


def submit(stores: ports.Stores, content: bytes, **params: object) -> JobId:
    blob = stores.blobs.put(content, media_type="image/png")
    new = NewJob(kind=JobKind.PHOTO, blob=blob, params={"top_k": 5, "alpha": None} | params)
    return stores.jobs.submit(new).id


def ask(stores: ports.Stores, text: str, **params: object) -> JobId:
    new = NewJob(kind=JobKind.TEXT, params={"text": text, "top_k": 5} | params)
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
    assert [len(row.windows.starts_s) for row in stores.tracks.indexed(stub.SPACE)] == [3]


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


def lay(stores: ports.Stores, path: Path, *, sounds: str, sha256: str, title: str = "") -> Track:
    """Write a file that says how it sounds, and register it; it is the only one."""
    path.write_text(sounds)
    tags = Tags(title=title or None)
    file = FoundFile(path=str(path), size_bytes=1, mtime_ns=1, sha256=sha256, tags=tags)
    stores.tracks.register([file], space=stub.SPACE, parent_id=JobId("scan"))
    [track] = stores.tracks.page(limit=9)
    return track


def test_a_track_whose_file_has_other_sound_now_is_heard_again(stores, run, tmp_path):
    lay(stores, tmp_path / "one.ogg", sounds="loud", sha256="before")
    run()
    before = stores.tracks.page(limit=9)[0]
    lay(stores, tmp_path / "one.ogg", sounds="soft", sha256="after")
    run()
    after = stores.tracks.page(limit=9)[0]
    assert after.id == before.id
    assert after.affect.valence < before.affect.valence


def test_a_track_whose_tags_alone_were_edited_is_not_heard_again(stores, run, tmp_path):
    lay(stores, tmp_path / "one.ogg", sounds="loud", sha256="before")
    run()
    revision = stores.tracks.revision(stub.SPACE)
    lay(stores, tmp_path / "one.ogg", sounds="loud", sha256="after", title="Another Title")
    run()
    [track] = stores.tracks.page(limit=9)
    assert (track.title, track.state) == ("Another Title", TrackState.READY)
    assert stores.tracks.revision(stub.SPACE) == revision


def test_a_track_in_an_object_store_is_fetched_for_as_long_as_it_is_needed(stores, run, scratch):
    address = "s3://bucket/music/one.ogg"
    file = FoundFile(path=address, size_bytes=1, mtime_ns=1, sha256="far", tags=Tags())
    stores.tracks.register([file], space=stub.SPACE, parent_id=JobId("scan"))
    run()
    [track] = stores.tracks.page(limit=9)
    assert (track.state, track.title) == (TrackState.READY, "one")
    assert track.affect.valence == pytest.approx(0.8)  # it is loud
    assert list(scratch.iterdir()) == []


def test_a_recording_is_shown_once_however_often_the_library_holds_it(stores, run):
    register(stores, "loud.ogg", "loud again.ogg", "soft.ogg")
    run()
    ids = {track.title: track.id for track in stores.tracks.page(limit=9)}
    pair = [ids["loud.ogg"], ids["loud again.ogg"]]
    stores.tracks.group(dict.fromkeys(pair, min(pair)))
    once, all_ = submit(stores, BRIGHT), submit(stores, BRIGHT, duplicates=True)
    run()
    matched = [len(stores.jobs.get(one).result["matches"]) for one in (once, all_)]
    assert matched == [2, 3]


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
    assert result["receipt"]["index_snapshot"] is None
    assert result["receipt"]["index_revision"] == stores.tracks.revision(stub.SPACE) > 0
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


def test_words_are_answered_with_the_tracks_that_fit(stores, run):
    register(stores, "loud.ogg", "soft.ogg")
    run()
    job_id = ask(stores, "  joy for\nevery one ")
    run()
    result = stores.jobs.get(job_id).result
    assert (result["text"], result["query"]) == ("joy for every one", "joy for every one")
    assert {match["title"] for match in result["matches"]} == {"loud.ogg", "soft.ogg"}
    assert "your words" in result["matches"][0]["reason"]


def test_photos_and_words_that_wait_together_are_answered_together(stores, run):
    ids = [submit(stores, BRIGHT), ask(stores, "joy"), submit(stores, DARK), ask(stores, "sorrow")]
    run()
    results = [stores.jobs.get(one).result for one in ids]
    assert ["emotion" in result for result in results] == [True, False, True, False]
    assert [result["timings_ms"]["batch"] for result in results] == [2, 2, 2, 2]


def test_words_that_say_nothing_fail_alone_in_their_batch(stores, run):
    good, bad = ask(stores, "joy"), ask(stores, "123 !")
    run()
    assert stores.jobs.get(good).state is JobState.SUCCEEDED
    assert stores.jobs.get(bad).error.code == "nothing_understood"


@pytest.mark.parametrize("asked", ["photo", "words"])
def test_a_job_whose_filters_nobody_can_read_fails_alone_in_its_batch(stores, run, asked):
    def new(**params: object) -> JobId:
        return (
            submit(stores, BRIGHT, **params) if asked == "photo" else ask(stores, "joy", **params)
        )

    ids = new(), new(filters={"gender": ["x"]})
    run()
    good, bad = (stores.jobs.get(one) for one in ids)
    assert good.state is JobState.SUCCEEDED
    assert bad.error.code == "invalid_request"


def test_what_was_searched_for_is_kept_with_the_job(stores, run):
    photo, words = submit(stores, BRIGHT), ask(stores, "joy")
    run()
    kept = [stores.jobs.query(one) for one in (photo, words)]
    assert [one.space for one in kept] == [stub.SPACE] * 2
    assert [one.vector.dtype for one in kept] == [np.float32] * 2
    assert kept[1].vector == pytest.approx(stub.StubText().encode(["joy"])[0])
    assert np.linalg.norm(kept[0].vector) == pytest.approx(1, abs=1e-6)


def test_the_taste_of_a_job_decides_what_comes_back(stores, run):
    register(stores, *(f"loud{i}.ogg" for i in range(4)))
    run()
    [one, *_] = stores.tracks.page(limit=9)
    stores.tracks.edit(one.id, {"genre": "Jazz"})
    filters = {"genre": ["jazz"]}
    photo, words = submit(stores, BRIGHT, filters=filters), ask(stores, "joy", filters=filters)
    run()
    for job_id in (photo, words):
        matches = stores.jobs.get(job_id).result["matches"]
        assert [match["track_id"] for match in matches] == [one.id]
