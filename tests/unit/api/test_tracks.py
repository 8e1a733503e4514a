"""/v1/tracks: pages, one track, and its audio."""

import os

import pytest

from sightsong.core import jobs
from sightsong.core.tracks import FoundFile, Tags
from tests.unit.api.library import SPACE, add_tracks, embed, finish

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


def test_the_library_is_listed_page_by_page(caller, stores, music):
    ids = sorted(add_tracks(stores, *[music / f"{n}.mp3" for n in range(5)]))
    seen, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = caller.get("/v1/tracks", params=params).json()
        seen += [item["id"] for item in page["items"]]
        cursor, pages = page["next_cursor"], pages + 1

    assert (seen, pages) == (ids, 3)


def test_a_full_last_page_has_no_cursor(caller, stores, music):
    add_tracks(stores, music / "1.mp3", music / "2.mp3")

    assert caller.get("/v1/tracks?limit=2").json()["next_cursor"] is None


def test_an_empty_library_is_an_empty_page(caller):
    assert caller.get("/v1/tracks").json() == {"items": [], "next_cursor": None}


def test_tracks_are_filtered_by_state(caller, stores, music):
    add_tracks(stores, music / "1.mp3", music / "2.mp3")
    embed(stores)

    assert len(caller.get("/v1/tracks?state=ready").json()["items"]) == 1
    assert len(caller.get("/v1/tracks?state=pending").json()["items"]) == 1


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "state=odd", "cursor=", "cursor=%00", "cursor=_w", "cursor=a"]
)
def test_a_page_that_cannot_be_is_refused_by_name(caller, query):
    answer = caller.get(f"/v1/tracks?{query}")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["errors"][0]["pointer"] == f"/{query.split('=')[0]}"


def test_an_embedded_track_tells_what_was_heard(caller, stores, song):
    [track_id] = add_tracks(stores, song)
    embed(stores)
    track = caller.get(f"/v1/tracks/{track_id}").json()

    assert track == {
        "id": track_id,
        "title": "Track 0",
        "artist": "Ann",
        "album": None,
        "genre": None,
        "mood": None,
        "state": "ready",
        "duration_s": 61.5,
        "valence": 0.5,
        "arousal": -0.25,
        "descriptors": {"tempo_bpm": 90.0},
        "reason": None,
        "audio_url": f"/v1/tracks/{track_id}/audio",
    }


def test_a_quarantined_track_tells_why(caller, stores, song):
    [track_id] = add_tracks(stores, song)
    error = jobs.JobError(code="audio_silent", detail="No sound.")
    effect = jobs.QuarantineTrack(track_id=track_id, error=error)
    finish(stores, jobs.JobKind.EMBED, jobs.Failed(error=error), effects=[effect])

    track = caller.get(f"/v1/tracks/{track_id}").json()
    assert (track["state"], track["reason"]) == (
        "quarantined",
        {"code": "audio_silent", "detail": "No sound."},
    )


def test_a_file_name_that_is_not_unicode_breaks_no_answer(caller, stores):
    job = stores.jobs.submit(jobs.NewJob(kind=jobs.JobKind.INGEST, params={"path": "/m"}))
    found = FoundFile(
        path="/m/caf\udce9.mp3", size_bytes=1, mtime_ns=1, sha256="0" * 64, tags=Tags()
    )
    stores.tracks.register([found], space=SPACE, parent_id=job.id)

    assert caller.get("/v1/tracks").json()["items"][0]["title"] == "caf?"


def test_nothing_says_where_a_file_lies(caller, stores, song):
    [track_id] = add_tracks(stores, song)
    song.unlink()
    answers = [caller.get(f"/v1/tracks/{track_id}{part}") for part in ("", "/audio")]

    assert not [answer for answer in answers if str(song.parent) in answer.text]


@pytest.mark.parametrize("path", ["/v1/tracks/nobody", "/v1/tracks/nobody/audio", "/v1/tracks/a_b"])
def test_an_id_that_names_no_track_is_not_found(caller, path):
    answer = caller.get(path)

    assert (answer.status_code, answer.json()["code"]) == (404, "track_not_found")


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
