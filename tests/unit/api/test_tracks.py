"""/v1/tracks: pages, one track, and its audio."""

from dataclasses import replace

import pytest

from sightsong.core import jobs
from sightsong.core.tracks import FoundFile, Tags, TrackFilter
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


@pytest.mark.parametrize("path", ["/v1/tracks?genres=jazz", "/v1/tracks?duplicate=true"])
def test_a_parameter_that_there_is_not_is_refused_by_name(caller, path):
    answer = caller.get(path)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["errors"][0]["detail"] == "is not known here; see /docs for what is"


@pytest.mark.parametrize(
    ("kind", "code"), [("tracks", "track_not_found"), ("jobs", "job_not_found")]
)
@pytest.mark.parametrize("bad", ["", "..%2f..%2fetc%2fpasswd"])
def test_an_id_that_can_be_none_names_nothing(caller, kind, code, bad):
    answer = caller.get(f"/v1/{kind}/{bad}")

    assert (answer.status_code, answer.json()["code"]) == (404, code)


def test_a_page_below_a_track_that_there_is_not_is_a_path_that_there_is_not(caller):
    assert caller.get("/v1/tracks/x/lyrics").json()["code"] == "path_not_found"


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
        "licence": None,
        "library": None,
        "explicit": None,
        "tags": [],
        "state": "ready",
        "duration_s": 61.5,
        "valence": 0.5,
        "arousal": -0.25,
        "descriptors": {"tempo_bpm": 90.0},
        "reason": None,
        "recording_id": None,
        "recording": None,
        "audio_url": f"/v1/tracks/{track_id}/audio",
        "cover_url": f"/v1/tracks/{track_id}/cover",
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


def test_a_recording_in_several_encodings_names_them_all(caller, stores, music):
    first, second = add_tracks(stores, music / "a.mp3", music / "a.flac")
    stores.tracks.group({first: second, second: second})
    track = caller.get(f"/v1/tracks/{first}").json()

    assert track["recording"] == {"id": second, "tracks": [second, first]}
    assert track["recording_id"] == second


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"artist": "ann"}, {"Track 0", "Track 1"}),
        ({"artist": "bob"}, set()),
        ({"genre": "jazz"}, {"Track 1"}),
        ({"tag": "piano"}, {"Track 1"}),
        ({"mood": "calm"}, {"Track 1"}),
        ({"q": "trac 1"}, {"Track 1"}),
        ({"genre": "jazz", "artist": "bob"}, set()),
    ],
)
def test_tracks_are_found_by_what_is_said_of_them(caller, stores, music, asked, found):
    _, second = add_tracks(stores, music / "1.mp3", music / "2.mp3")
    said = {"genre": "Jazz", "mood": "calm", "tags": ["Piano"]}
    caller.patch(f"/v1/tracks/{second}", json=said)
    answer = caller.get("/v1/tracks", params=asked)

    assert {item["title"] for item in answer.json()["items"]} == found


@pytest.mark.parametrize("text", ["%", "_", "!!!", "'", "—"])
def test_a_text_without_a_word_finds_nothing(caller, stores, music, text):
    add_tracks(stores, music / "1.mp3")
    answer = caller.get("/v1/tracks", params={"q": text})

    assert (answer.status_code, answer.json()) == (200, {"items": [], "next_cursor": None})


class Asked:
    """Writes down which tracks are asked for."""

    def __init__(self) -> None:
        self.wheres: list[TrackFilter] = []

    def page(self, *, limit: int, after: object, where: TrackFilter) -> list[object]:
        self.wheres.append(where)
        return []


def test_recordings_that_are_there_several_times_can_be_asked_for(make, stores):
    asked = Asked()
    caller = make(stores=replace(stores, tracks=asked))
    caller.get("/v1/tracks?duplicates=true&genre=jazz")
    caller.get("/v1/tracks")

    assert asked.wheres == [TrackFilter(duplicates=True, genre="jazz"), TrackFilter()]


def test_an_edit_changes_what_it_names_and_can_be_taken_back(caller, stores, song):
    [track_id] = add_tracks(stores, song)
    url = f"/v1/tracks/{track_id}"
    said = caller.patch(url, json={"title": " Morning ", "tags": ["a", "b", "a"]})
    unsaid = caller.patch(url, json={"title": None, "tags": None, "licence": "CC0"})

    assert (said.status_code, said.json()["title"], said.json()["tags"]) == (
        200,
        "Morning",
        ["a", "b"],
    )
    assert said.json()["artist"] == "Ann"
    assert (unsaid.json()["title"], unsaid.json()["tags"]) == ("Track 0", [])
    assert caller.get(url).json()["licence"] == "CC0"


@pytest.mark.parametrize(
    ("edit", "pointer"),
    [
        ({"title": ""}, "/title"),
        ({"title": "x" * 301}, "/title"),
        ({"title": 3}, "/title"),
        ({"tags": ["t"] * 51}, "/tags"),
        ({"tags": ["x" * 81]}, "/tags/0"),
        ({"state": "ready"}, "/state"),
    ],
)
def test_an_edit_that_cannot_be_is_refused_by_name(caller, stores, song, edit, pointer):
    [track_id] = add_tracks(stores, song)
    answer = caller.patch(f"/v1/tracks/{track_id}", json=edit)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_an_edit_is_json_and_nothing_else(caller, stores, song):
    [track_id] = add_tracks(stores, song)
    headers = {"Content-Type": "text/plain"}
    answer = caller.patch(f"/v1/tracks/{track_id}", content=b'{"title": "x"}', headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_removed_track_is_gone_and_its_file_is_not(caller, stores, song):
    [track_id] = add_tracks(stores, song)
    answer = caller.delete(f"/v1/tracks/{track_id}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert caller.get(f"/v1/tracks/{track_id}").json()["code"] == "track_not_found"
    assert song.is_file()


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_only_tracks_are_changed(caller, method):
    body = {"json": {"title": "x"}} if method == "PATCH" else {}
    answer = caller.ask(method, "/v1/tracks/nobody", **body)

    assert (answer.status_code, answer.json()["code"]) == (404, "track_not_found")


def test_a_person_may_say_where_a_track_belongs_and_whether_it_is_explicit(caller, stores, song):
    [track_id] = add_tracks(stores, song)
    edited = caller.patch(f"/v1/tracks/{track_id}", json={"library": "Vinyl", "explicit": True})
    taken_back = caller.patch(f"/v1/tracks/{track_id}", json={"explicit": None})

    assert (edited.json()["library"], edited.json()["explicit"]) == ("Vinyl", True)
    assert (taken_back.json()["library"], taken_back.json()["explicit"]) == ("Vinyl", None)
