"""GET /v1/tracks/{id}/similar: what sounds like a track."""

import pytest

from api import schemas
from sightsong.core import errors, jobs
from sightsong.core.affect import Affect
from sightsong.core.tracks import TrackId
from tests.unit.api import feelings
from tests.unit.api.feelings import CALM, HAPPY, LIVELY, SAD, SPACE
from tests.unit.api.stand_ins import Shelved


@pytest.fixture
def caller(make):
    return make(space=SPACE)


@pytest.fixture
def songs(stores) -> dict[str, TrackId]:
    """Four tracks; the second is near the first, the others ever farther off."""
    near = Affect(valence=CALM.valence + 0.1, arousal=CALM.arousal)
    return {
        "calm": feelings.add(stores, "calm", CALM, artist="Ann", genre="Ambient"),
        "near": feelings.add(stores, "near", near, artist="Ann", genre="Jazz", explicit=True),
        "happy": feelings.add(stores, "happy", HAPPY, artist="Ben", genre="Jazz"),
        "lively": feelings.add(stores, "lively", LIVELY, artist="Cy", library="Vinyl"),
    }


def titles(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["title"] for item in answer.json()["items"]]


def test_what_sounds_most_like_it_comes_first_and_it_is_not_among_them(caller, songs):
    answer = caller.get(f"/v1/tracks/{songs['calm']}/similar?diversity=0")

    assert titles(answer) == ["near", "happy", "lively"]


def test_each_match_says_how_much_it_is_like_the_track_and_where(caller, songs):
    first = caller.get(f"/v1/tracks/{songs['calm']}/similar").json()["items"][0]

    assert first["cosine"] == pytest.approx(0.995, abs=0.01)
    assert (first["rank"], first["window_start_s"]) == (1, 10.0)
    assert first["audio_url"] == f"/v1/tracks/{songs['near']}/audio"


def test_it_is_of_the_shape_that_openapi_shows(caller, songs, stores):
    answer = caller.get(f"/v1/tracks/{songs['calm']}/similar").json()

    assert schemas.SimilarView.model_validate(answer).model_dump() == answer
    assert answer["receipt"] == {
        "index_snapshot": None,
        "index_revision": stores.tracks.revision(SPACE),
    }


def test_the_same_question_has_the_same_bytes(caller, songs):
    answers = {caller.get(f"/v1/tracks/{songs['calm']}/similar").content for _ in range(3)}

    assert len(answers) == 1


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("genre=jazz", ["near", "happy"]),
        ("genre=jazz&explicit=false", ["happy"]),
        ("explicit=true", ["near"]),
        ("artist=BEN&artist=cy", ["happy", "lively"]),
        ("library=vinyl", ["lively"]),
        ("min_duration_s=61", []),
        ("max_tempo_bpm=90&min_duration_s=60&limit=1", ["near"]),
        ("genre=polka", []),
    ],
)
def test_each_condition_narrows(caller, songs, asked, found):
    answer = caller.get(f"/v1/tracks/{songs['calm']}/similar?diversity=0&{asked}")

    assert titles(answer) == found


@pytest.mark.parametrize("duplicates", ["false", "true"])
def test_other_encodings_of_the_same_recording_never_come_back(caller, stores, songs, duplicates):
    stores.tracks.group({songs["calm"]: songs["near"], songs["near"]: songs["near"]})
    answer = caller.get(f"/v1/tracks/{songs['calm']}/similar?duplicates={duplicates}")

    assert titles(answer) == ["happy", "lively"]


def test_a_removed_track_is_gone_at_once(caller, stores, songs):
    caller.delete(f"/v1/tracks/{songs['near']}")

    assert titles(caller.get(f"/v1/tracks/{songs['calm']}/similar")) == ["happy", "lively"]


def test_a_track_that_was_not_listened_to_yet_is_not_ready(caller, stores):
    track_id = feelings.register(stores, "new")
    answer = caller.get(f"/v1/tracks/{track_id}/similar")

    assert (answer.status_code, answer.json()["code"]) == (409, "track_not_ready")
    assert "not been listened to yet" in answer.json()["detail"]


def test_a_track_that_was_set_aside_says_why(caller, stores):
    track_id = feelings.register(stores, "silent")
    (job,) = stores.jobs.claim([jobs.Queue.TRACKS], owner=jobs.Owner("w"), limit=1, lease_s=60)
    error = jobs.JobError(code=errors.SilentAudio.code, detail="It holds no sound.")
    effect = jobs.QuarantineTrack(track_id=track_id, error=error)
    outcome = jobs.Failed(error=error)
    stores.jobs.complete([jobs.Completion(job=job, outcome=outcome, effects=(effect,))])
    answer = caller.get(f"/v1/tracks/{track_id}/similar")

    assert (answer.status_code, answer.json()["code"]) == (409, "track_not_ready")
    assert answer.json()["detail"].endswith("It holds no sound.")


class Behind(Shelved):
    """A library that does not get on."""

    def catch_up(self) -> None:
        """Stay behind."""


def test_what_was_taken_in_before_the_question_is_found(make, stores, songs):
    caller = make(space=SPACE, library=Shelved(stores, SPACE))
    track_id = feelings.add(stores, "new", CALM, artist="Eve")
    answer = caller.get(f"/v1/tracks/{songs['calm']}/similar?limit=1")

    assert titles(answer) == ["new"]
    assert caller.get(f"/v1/tracks/{track_id}/similar").status_code == 200


def test_while_nothing_can_be_searched_the_question_may_be_asked_again(make, stores, songs):
    caller = make(space=SPACE, library=Shelved(stores, SPACE, unavailable="Nobody looked yet."))
    answer = caller.get(f"/v1/tracks/{songs['calm']}/similar")

    assert (answer.status_code, answer.json()["code"]) == (503, "index_unavailable")
    assert int(answer.headers["retry-after"]) >= 1


def test_a_track_that_searches_do_not_see_yet_is_not_ready(make, stores):
    caller = make(space=SPACE, library=Behind(stores, SPACE))
    track_id = feelings.add(stores, "sad", SAD)
    answer = caller.get(f"/v1/tracks/{track_id}/similar")

    assert (answer.status_code, answer.json()["code"]) == (409, "track_not_ready")
    assert "in some seconds" in answer.json()["detail"]


@pytest.mark.parametrize("bad", ["x", "a%00b", "..%2f..", "x" * 300, "%2e%2e"])
def test_an_id_that_names_no_track_is_not_found(caller, bad):
    answer = caller.get(f"/v1/tracks/{bad}/similar")

    assert answer.status_code == 404
    assert answer.json()["code"] in {"track_not_found", "path_not_found"}


@pytest.mark.parametrize(
    "asked",
    [
        "limit=0",
        "limit=51",
        "limit=nan",
        "diversity=nan",
        "per_artist=0",
        "genre=",
        "genre=" + "x" * 81,
        "genre=a%00b",
        "&".join(["tag=a"] * 51),
        "min_duration_s=inf",
        "min_tempo_bpm=-1",
        "min_tempo_bpm=100&max_tempo_bpm=90",
        "explicit=perhaps",
        "genres=jazz",
    ],
)
def test_what_cannot_be_meant_is_refused(caller, songs, asked):
    answer = caller.get(f"/v1/tracks/{songs['calm']}/similar?{asked}")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
