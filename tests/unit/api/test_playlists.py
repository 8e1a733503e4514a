"""GET /v1/batches/{id}/playlist: an album as music, for people and for players."""

import pytest

from api.schemas.batches import PlaylistView
from sightsong.core.affect import Affect
from sightsong.core.jobs import Completion, Owner, Queue, Succeeded
from sightsong.core.tracks import TrackId
from tests.unit.api import feelings
from tests.unit.api.feelings import CALM, HAPPY, LIVELY, SAD, SPACE

MOODS = {"calm": CALM, "happy": HAPPY, "sad": SAD, "lively": LIVELY}
ME = Owner("worker")
NO_TRACK = "0b0e6a0e-6e5b-4d53-9b7e-2f1f6f0f3c11"


@pytest.fixture
def caller(make):
    return make(space=SPACE, queue_limit=100)


@pytest.fixture
def songs(stores) -> dict[str, TrackId]:
    """A track of each mood, each by somebody else."""
    return {name: feelings.add(stores, name, point, artist=name) for name, point in MOODS.items()}


def answer(point: Affect, *track_ids: str) -> dict[str, object]:
    """What a photo leads to: these tracks, each a little worse than the one before."""
    matches = [
        {"rank": rank, "track_id": one, "score": 1.0 - rank / 10, "reason": "It is as bright."}
        for rank, one in enumerate(track_ids, start=1)
    ]
    return {"valence": point.valence, "arousal": point.arousal, "matches": matches}


@pytest.fixture
def album(caller, stores):
    """Make a batch whose items have these answers, in order."""

    def album(*answers: dict[str, object], custom_id: str | None = "summer") -> str:
        items = [{"text": "x", "custom_id": f"{i}.jpg"} for i in range(len(answers))]
        body = {"items": items} | ({} if custom_id is None else {"custom_id": custom_id})
        batch_id = caller.post("/v1/batches", json=body).json()["id"]
        claimed = stores.jobs.claim([Queue.PHOTOS], owner=ME, limit=len(answers), lease_s=60)
        stores.jobs.complete(
            [
                Completion(job=job, outcome=Succeeded(result=result))
                for job, result in zip(claimed, answers, strict=True)
            ]
        )
        return f"/v1/batches/{batch_id}/playlist"

    return album


def titles(found) -> list[str]:
    assert found.status_code == 200, found.text
    return [one["title"] for one in found.json()["tracks"]]


def test_each_photo_brings_a_track_and_none_comes_twice(caller, album, songs):
    path = album(
        answer(CALM, songs["calm"], songs["sad"]),
        answer(CALM, songs["calm"], songs["happy"]),
    )

    found = caller.get(path)

    assert "calm" in titles(found)
    assert len(set(titles(found))) == 2
    first = found.json()["tracks"][0]
    assert (first["position"], first["photo"]) == (1, "0.jpg")
    assert first["audio_url"] == f"/v1/tracks/{first['track_id']}/audio"
    assert first["why"]
    assert first["reason"] == "It is as bright."


def test_it_is_of_the_shape_that_openapi_shows(caller, album, songs):
    found = caller.get(album(answer(CALM, songs["calm"]))).json()

    assert PlaylistView.model_validate(found).model_dump(mode="json") == found
    assert (found["title"], found["order"], found["photos"]) == ("summer", "given", 1)


def test_the_same_question_has_the_same_bytes(caller, album, songs):
    path = album(*(answer(point, *songs.values()) for point in MOODS.values()))

    assert len({caller.get(f"{path}?order=path").content for _ in range(3)}) == 1


def test_the_photos_are_gone_through_along_their_feeling_if_that_is_asked_for(caller, album, songs):
    middle = Affect(valence=0.0, arousal=0.0)
    left, right = Affect(valence=-0.9, arousal=0.0), Affect(valence=0.9, arousal=0.0)
    path = album(
        answer(left, songs["sad"]), answer(right, songs["happy"]), answer(middle, songs["calm"])
    )

    assert titles(caller.get(path)) == ["sad", "happy", "calm"]
    assert titles(caller.get(f"{path}?order=path")) == ["sad", "calm", "happy"]


def test_as_many_tracks_come_as_are_asked_for(caller, album, songs):
    path = album(*(answer(point, *songs.values()) for point in (CALM, HAPPY)))

    assert len(titles(caller.get(f"{path}?tracks=1"))) == 1
    assert len(titles(caller.get(f"{path}?tracks=4"))) == 4


def test_where_fewer_come_it_says_so_and_what_to_do(caller, album, songs):
    path = album(*(answer(CALM, songs["calm"], songs["sad"]) for _ in range(3)))

    enough, few, fewer = (caller.get(path + more).json() for more in ("?tracks=2", "", "?tracks=9"))

    assert (enough["wanted"], enough["note"]) == (2, None)
    assert (few["photos"], few["wanted"], len(few["tracks"])) == (3, 3, 2)
    assert few["note"].startswith("2 of 3 tracks: ")
    assert fewer["note"].startswith("2 of 9 tracks: ")
    assert "top_k" in fewer["note"]


def test_an_artist_is_the_same_however_the_name_is_spelt(caller, album, stores):
    names = ("Bj\u00f6rk", "BJO\u0308RK", "bj\u00f6rk ")
    one = [feelings.add(stores, f"b{i}", CALM, artist=name) for i, name in enumerate(names)]
    other = feelings.add(stores, "other", CALM, artist="Cy")
    path = album(*(answer(CALM, one[i], other) for i in range(3)))

    assert "other" in titles(caller.get(path))


def test_tracks_that_are_not_in_the_library_any_more_are_left_out(caller, album, songs):
    path = album(answer(CALM, NO_TRACK, songs["calm"]))

    found = caller.get(path)

    assert titles(found) == ["calm"]
    assert found.json()["tracks"][0]["rank"] == 2


def test_there_is_no_playlist_while_nothing_has_succeeded(caller):
    batch_id = caller.post("/v1/batches", json={"items": [{"text": "calm"}]}).json()["id"]

    found = caller.get(f"/v1/batches/{batch_id}/playlist")

    assert (found.status_code, found.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize("query", ["tracks=0", "tracks=1001", "order=odd", "format=pls", "x=1"])
def test_odd_wishes_are_refused(caller, album, songs, query):
    path = album(answer(CALM, songs["calm"]))

    assert caller.get(f"{path}?{query}").status_code == 422


def test_an_m3u_names_the_tracks_by_whole_addresses(caller, album, songs):
    found = caller.get(album(answer(CALM, songs["calm"])) + "?format=m3u8")

    assert found.headers["content-type"] == "audio/x-mpegurl; charset=utf-8"
    assert found.headers["content-disposition"].endswith('.m3u8"')
    assert found.text.splitlines()[0] == "#EXTM3U"
    assert found.text.splitlines()[1] == "#PLAYLIST:summer"
    assert found.text.splitlines()[-1] == f"http://localhost/v1/tracks/{songs['calm']}/audio"


def test_a_jspf_names_the_tracks_by_whole_addresses(caller, album, songs):
    found = caller.get(album(answer(CALM, songs["calm"]), custom_id=None) + "?format=jspf")

    playlist = found.json()["playlist"]
    [track] = playlist["track"]
    assert found.headers["content-type"] == "application/jspf+json"
    assert playlist["title"].startswith("Album ")
    assert track["location"] == [f"http://localhost/v1/tracks/{songs['calm']}/audio"]
    assert track["duration"] == pytest.approx(60_000, abs=60_000)
    assert found.headers["content-disposition"].endswith('.jspf"')
