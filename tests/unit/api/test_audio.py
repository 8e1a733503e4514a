"""/v1/tracks/{id}/audio and /cover: the file, a piece of it, its picture."""

import os

import pytest

from sightsong.core import jobs
from sightsong.core.tracks import FoundFile, Tags
from tests.unit.api.library import SPACE, add_tracks
from tests.unit.api.stand_ins import Cover

SOUND = bytes(range(256)) * 8


@pytest.fixture
def music(tmp_path):
    folder = tmp_path / "music"
    folder.mkdir()
    return folder


@pytest.fixture
def song(music):
    path = music / "song.mp3"
    path.write_bytes(SOUND)
    return path


def test_a_track_is_played_as_what_it_is(caller, stores, song):
    [track_id] = add_tracks(stores, song)
    answer = caller.get(f"/v1/tracks/{track_id}/audio")

    assert (answer.status_code, answer.content) == (200, SOUND)
    assert answer.headers["content-type"] == "audio/mpeg"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("asked", "part"), [("bytes=0-9", SOUND[:10]), ("bytes=2000-", SOUND[2000:])]
)
def test_a_range_of_a_track_is_played(caller, stores, song, asked, part):
    [track_id] = add_tracks(stores, song)
    answer = caller.get(f"/v1/tracks/{track_id}/audio", headers={"Range": asked})

    assert (answer.status_code, answer.content) == (206, part)
    assert answer.headers["content-range"].endswith("/2048")


def test_a_client_that_has_the_bytes_is_told_so_until_the_file_changes(caller, stores, song):
    [track_id] = add_tracks(stores, song)
    url = f"/v1/tracks/{track_id}/audio"
    tag = caller.get(url).headers["etag"]
    again = caller.get(url, headers={"If-None-Match": tag})
    song.write_bytes(SOUND + b"more")
    changed = caller.get(url, headers={"If-None-Match": tag})

    assert (again.status_code, again.content, changed.status_code) == (304, b"", 200)


def test_a_range_outside_the_file_is_refused_as_a_problem(caller, stores, song):
    [track_id] = add_tracks(stores, song)
    answer = caller.get(f"/v1/tracks/{track_id}/audio", headers={"Range": "bytes=9000-"})

    assert (answer.status_code, answer.json()["code"]) == (416, "range_not_satisfiable")
    assert answer.headers["content-range"] == "bytes */2048"


def test_a_track_can_be_asked_for_its_length_alone(caller, stores, song):
    [track_id] = add_tracks(stores, song)
    answer = caller.ask("HEAD", f"/v1/tracks/{track_id}/audio")

    assert (answer.headers["content-length"], answer.content) == ("2048", b"")


def test_a_file_that_went_away_is_told_as_such(caller, stores, song):
    [track_id] = add_tracks(stores, song)
    song.unlink()
    answer = caller.get(f"/v1/tracks/{track_id}/audio")

    assert (answer.status_code, answer.json()["code"]) == (404, "track_file_gone")


def move(stores, old, new):
    """Move a file and ingest it where it is now; its track keeps its old path."""
    new.parent.mkdir()
    old.rename(new)
    [track] = stores.tracks.page(limit=2)
    found = FoundFile(path=str(new), size_bytes=1, mtime_ns=1, sha256=track.sha256, tags=track.tags)
    stores.tracks.register([found], space=SPACE, parent_id=jobs.JobId("scan"))


def test_a_track_that_was_moved_is_played_from_where_it_is_now(caller, stores, song, tmp_path):
    [track_id] = add_tracks(stores, song)
    move(stores, song, tmp_path / "elsewhere" / "song.flac")
    answer = caller.get(f"/v1/tracks/{track_id}/audio")

    assert (answer.status_code, answer.content) == (200, SOUND)
    assert answer.headers["content-type"] == "audio/flac"


def test_a_track_that_was_moved_out_of_the_library_is_gone(make, stores, music, song, tmp_path):
    [track_id] = add_tracks(stores, song)
    move(stores, song, tmp_path / "elsewhere" / "song.mp3")
    answer = make(library_root=music).get(f"/v1/tracks/{track_id}/audio")

    assert (answer.status_code, answer.json()["code"]) == (404, "track_file_gone")


def test_a_link_out_of_the_library_is_not_followed(make, stores, music, tmp_path):
    secret = tmp_path / "secret.mp3"
    secret.write_bytes(b"secret")
    link = music / "link.mp3"
    link.symlink_to(secret)
    [track_id] = add_tracks(stores, link)
    answer = make(library_root=music).get(f"/v1/tracks/{track_id}/audio")

    assert (answer.status_code, answer.json()["code"]) == (404, "track_file_gone")


def test_a_track_inside_the_library_is_played(make, stores, music, song):
    [track_id] = add_tracks(stores, song)

    assert make(library_root=music).get(f"/v1/tracks/{track_id}/audio").content == SOUND


@pytest.mark.parametrize("make_odd", [os.mkfifo, os.mkdir])
def test_only_regular_files_are_played(caller, stores, music, make_odd):
    path = music / "odd.mp3"
    make_odd(path)
    [track_id] = add_tracks(stores, path)
    answer = caller.get(f"/v1/tracks/{track_id}/audio")

    assert (answer.status_code, answer.json()["code"]) == (404, "track_file_gone")


def test_music_on_the_services_own_shelf_is_played_too(make, stores, music, tmp_path):
    kept = tmp_path / "shelf" / "ab" / "song.flac"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(SOUND)
    [track_id] = add_tracks(stores, kept)
    url = f"/v1/tracks/{track_id}/audio"

    assert make(library_root=music, shelf_dir=tmp_path / "shelf").get(url).content == SOUND
    assert make(library_root=music).get(url).status_code == 404


URL = "s3://music/song.flac"


@pytest.fixture
def remote(make, stores, objects):
    """The address of a track's audio whose file lies in an object store, and who may ask."""
    job = stores.jobs.submit(jobs.NewJob(kind=jobs.JobKind.INGEST, params={"url": "s3://music"}))
    found = FoundFile(path=URL, size_bytes=1, mtime_ns=1, sha256="1" * 64, tags=Tags())
    stores.tracks.register([found], space=SPACE, parent_id=job.id)
    objects.contents[URL] = SOUND
    [track] = stores.tracks.page(limit=2)
    return make(object_stores=("s3://music",)), f"/v1/tracks/{track.id}/audio"


def test_a_file_in_an_object_store_is_passed_on(remote):
    caller, url = remote
    answer = caller.get(url)

    assert (answer.status_code, answer.content) == (200, SOUND)
    assert answer.headers["content-type"] == "audio/flac"
    assert answer.headers["content-length"] == str(len(SOUND))
    assert answer.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-9", 0, 10), ("bytes=2000-", 2000, 2048), ("bytes=-8", 2040, 2048)],
)
def test_a_range_of_it_is_fetched_and_no_more(remote, objects, asked, start, end):
    caller, url = remote
    answer = caller.get(url, headers={"Range": asked})

    assert (answer.status_code, answer.content) == (206, SOUND[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/2048"
    assert objects.fetches == [(start, end - start)]


@pytest.mark.parametrize("asked", ["bytes=9-3", "bytes=0-1,4-5", "lines=1-2", "bytes=-"])
def test_a_range_that_means_nothing_is_the_whole_file(remote, asked):
    caller, url = remote

    assert caller.get(url, headers={"Range": asked}).content == SOUND


@pytest.mark.parametrize("asked", ["bytes=2048-", "bytes=-0"])
def test_a_range_outside_of_it_is_refused(remote, asked):
    caller, url = remote
    answer = caller.get(url, headers={"Range": asked})

    assert (answer.status_code, answer.json()["code"]) == (416, "range_not_satisfiable")
    assert answer.headers["content-range"] == "bytes */2048"


def test_a_range_of_another_version_is_the_whole_file(remote):
    caller, url = remote
    tag = caller.get(url).headers["etag"]
    same = caller.get(url, headers={"Range": "bytes=0-9", "If-Range": tag})
    other = caller.get(url, headers={"Range": "bytes=0-9", "If-Range": '"other"'})

    assert (same.status_code, other.status_code) == (206, 200)
    assert caller.get(url, headers={"If-None-Match": tag}).status_code == 304


def test_its_length_alone_costs_no_fetch(remote, objects):
    caller, url = remote
    answer = caller.ask("HEAD", url)

    assert (answer.headers["content-length"], answer.content) == ("2048", b"")
    assert objects.fetches == []


def test_a_store_that_does_not_answer_is_told_before_the_answer_begins(remote, objects):
    caller, url = remote
    objects.is_down = True
    answer = caller.get(url)

    assert (answer.status_code, answer.json()["code"]) == (503, "fetch_failed")


def test_a_store_that_is_allowed_no_more_is_not_read(remote, make, objects):
    _, url = remote
    answer = make(object_stores=("s3://mus",)).get(url)

    assert (answer.status_code, answer.json()["code"]) == (404, "track_file_gone")
    assert objects.fetches == []


def test_a_piece_of_a_track_is_made_for_players(caller, stores, song, sound):
    [track_id] = add_tracks(stores, song)
    answer = caller.get(f"/v1/tracks/{track_id}/audio?format=ogg&start=40&duration=5")

    assert (answer.status_code, answer.content) == (200, b"OggS.mp3")
    assert sound.asked == [(SOUND, 40, 5)]
    assert answer.headers["content-type"] == "audio/ogg"
    assert answer.headers["content-disposition"] == "inline"
    assert answer.headers["cache-control"].startswith("private")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_piece_that_the_client_has_is_not_made_again(caller, stores, song, sound):
    [track_id] = add_tracks(stores, song)
    url = f"/v1/tracks/{track_id}/audio?format=ogg"
    tag = caller.get(url).headers["etag"]
    again = caller.get(url, headers={"If-None-Match": tag})
    other = caller.get(f"{url}&start=1", headers={"If-None-Match": tag})
    song.write_bytes(b"changed")
    changed = caller.get(url, headers={"If-None-Match": tag})

    assert (again.status_code, other.status_code, changed.status_code) == (304, 200, 200)
    assert len(sound.asked) == 3


def test_a_piece_of_a_file_in_an_object_store_is_made(remote, sound):
    caller, url = remote
    answer = caller.get(f"{url}?format=ogg")

    assert (answer.content, sound.asked) == (b"OggS.flac", [(SOUND, 0, 10)])


@pytest.mark.parametrize(
    "query", ["format=mp3", "format=ogg&duration=61", "format=ogg&start=-1", "format=ogg&start=nan"]
)
def test_a_piece_that_cannot_be_is_refused(caller, stores, song, query):
    [track_id] = add_tracks(stores, song)
    answer = caller.get(f"/v1/tracks/{track_id}/audio?{query}")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_a_piece_of_a_broken_file_is_a_problem(caller, stores, song, sound):
    [track_id] = add_tracks(stores, song)
    sound.is_broken = True
    answer = caller.get(f"/v1/tracks/{track_id}/audio?format=ogg")

    assert (answer.status_code, answer.json()["code"]) == (422, "audio_broken")


def test_a_cover_is_shown_as_what_it_is(caller, stores, song, sound):
    [track_id] = add_tracks(stores, song)
    sound.cover = Cover(b"\xff\xd8\xff", "image/jpeg")
    url = f"/v1/tracks/{track_id}/cover"
    answer = caller.get(url)
    again = caller.get(url, headers={"If-None-Match": answer.headers["etag"]})

    assert (answer.status_code, answer.content) == (200, b"\xff\xd8\xff")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert again.status_code == 304


@pytest.mark.parametrize("cover", [None, Cover(b"<svg/>", "image/svg+xml")])
def test_a_track_without_a_safe_cover_has_none(caller, stores, song, sound, cover):
    [track_id] = add_tracks(stores, song)
    sound.cover = cover
    answer = caller.get(f"/v1/tracks/{track_id}/cover")

    assert (answer.status_code, answer.json()["code"]) == (404, "no_cover")
