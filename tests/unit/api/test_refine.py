"""POST /v1/jobs/{id}/refine: an answer turned a little, without asking the models again."""

import json
from dataclasses import replace

import pytest

from api import schemas
from sightsong.adapters.memory import MemoryLibrary
from sightsong.core import choosing, jobs
from sightsong.core.affect import Affect
from sightsong.core.choosing import Taste
from sightsong.core.embeddings import Space
from sightsong.core.reasons import Asked
from tests.unit.api import feelings
from tests.unit.api.feelings import CALM, HAPPY, LIVELY, SAD, SPACE
from tests.unit.api.stand_ins import Shelved

MIDDLE = Affect(valence=0.35, arousal=0.0)


@pytest.fixture
def caller(make, stores):
    feelings.keep_phrases(stores)
    return make(space=SPACE)


@pytest.fixture
def songs(stores) -> None:
    feelings.add(stores, "calm", CALM, artist="Ann", genre="Ambient")
    feelings.add(stores, "lively", LIVELY, artist="Ben", genre="Jazz")
    feelings.add(stores, "sad", SAD, artist="Cy", genre="Jazz")
    feelings.add(stores, "happy", HAPPY, artist="Dee", genre="Pop")


def refine(caller, job_id: str, **asked: object):
    return caller.post(f"/v1/jobs/{job_id}/refine", json={"diversity": 0, **asked})


def titles(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [match["title"] for match in answer.json()["matches"]]


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ({"calmer": 0.8}, "calm", "lively"),
        ({"calmer": -0.8}, "lively", "sad"),
        ({"happier": 1}, "happy", "sad"),
        ({"happier": -1, "calmer": 0.5}, "sad", None),
    ],
)
def test_the_matches_follow_the_nudge(caller, stores, songs, asked, first, last):
    found = titles(refine(caller, feelings.answered(stores, MIDDLE), **asked))

    assert found[0] == first
    assert last in {None, found[-1]}


def test_it_tells_where_the_feeling_has_moved_to(caller, stores, songs):
    answer = refine(caller, feelings.answered(stores, MIDDLE), calmer=0.25, happier=-1).json()

    assert (answer["valence"], answer["arousal"]) == (-0.65, -0.25)


def test_what_is_to_be_avoided_comes_last(caller, stores, songs):
    job_id = feelings.answered(stores, SAD)
    before = titles(refine(caller, job_id))
    after = titles(refine(caller, job_id, avoid=[" Sad ", "melancholic"]))

    assert before[0] == "sad"
    assert after[0] != "sad"


def test_it_is_of_the_shape_that_openapi_shows(caller, stores, songs):
    job_id = feelings.answered(stores, MIDDLE)
    answer = refine(caller, job_id, calmer=0.5).json()

    assert schemas.RefinedView.model_validate(answer).model_dump() == answer
    assert (answer["job_id"], answer["query"]) == (job_id, "a calm piece")
    assert answer["receipt"]["index_revision"] == stores.tracks.revision(SPACE)
    assert [match["rank"] for match in answer["matches"]] == [1, 2, 3, 4]


def test_the_same_nudge_has_the_same_bytes_and_changes_nothing(caller, stores, songs):
    job_id = feelings.answered(stores, MIDDLE)
    before = caller.get(f"/v1/jobs/{job_id}").content
    answers = {refine(caller, job_id, calmer=0.3, avoid=["sad"]).content for _ in range(3)}

    assert len(answers) == 1
    assert caller.get(f"/v1/jobs/{job_id}").content == before


def test_what_is_left_out_stays_as_the_job_had_it(caller, stores, songs):
    params = {"top_k": 1, "filters": {"genre": ["jazz"]}}
    job_id = feelings.answered(stores, MIDDLE, params=params)

    assert titles(refine(caller, job_id, calmer=-0.8)) == ["lively"]
    assert set(titles(refine(caller, job_id, top_k=9))) == {"lively", "sad"}


def test_other_filters_take_the_place_of_those_of_the_job(caller, stores, songs):
    job_id = feelings.answered(stores, MIDDLE, params={"filters": {"genre": ["jazz"]}})

    assert titles(refine(caller, job_id, filters={"genre": "Pop"})) == ["happy"]
    assert len(titles(refine(caller, job_id, filters={}))) == 4


def test_words_can_be_refined_even_where_their_feeling_is_unknown(caller, stores, songs):
    params = {"text": "a calm piece"}
    job_id = feelings.answered(stores, None, kind=jobs.JobKind.TEXT, params=params)
    answer = refine(caller, job_id, calmer=-1)

    assert titles(refine(caller, job_id))[0] == "calm"
    assert titles(answer)[0] == "lively"
    assert (answer.json()["valence"], answer.json()["arousal"]) == (None, None)


def test_an_empty_object_shows_the_present_library(caller, stores, songs):
    answer = caller.post(f"/v1/jobs/{feelings.answered(stores, CALM)}/refine", json={})

    assert titles(answer)[0] == "calm"


@pytest.mark.parametrize(
    ("kind", "asked"), [(jobs.JobKind.PHOTO, Asked.PHOTO), (jobs.JobKind.TEXT, Asked.WORDS)]
)
def test_an_empty_object_shows_the_matches_of_the_job_to_the_byte(
    caller, stores, songs, kind, asked
):
    exact = Affect(valence=0.312349, arousal=-0.645651)  # an answer rounds it to four decimals
    matches = choosing.choose(
        MemoryLibrary(stores, SPACE).view(),
        stores.tracks,
        feelings.vector(exact),
        affect=exact,
        taste=Taste(),
        asked=asked,
    )
    said = {"query": "a calm piece", "valence": 0.3123, "arousal": -0.6457, "matches": matches}
    job_id = feelings.answered(stores, exact, kind=kind, outcome=jobs.Succeeded(result=said))
    own = caller.get(f"/v1/jobs/{job_id}").json()["result"]
    answer = caller.post(f"/v1/jobs/{job_id}/refine", json={}).json()

    for part in ("query", "valence", "arousal", "matches"):
        assert json.dumps(answer[part]) == json.dumps(own[part])


def test_what_was_taken_in_before_the_question_is_found(make, stores, songs):
    caller = make(space=SPACE, library=Shelved(stores, SPACE))
    job_id = feelings.answered(stores, CALM)
    feelings.add(stores, "new", CALM, artist="Eve")

    assert set(titles(refine(caller, job_id, top_k=2))) == {"calm", "new"}


@pytest.mark.parametrize("empty", ["", "  ", ","])
def test_of_an_empty_mood_nobody_knows_what_is_meant(caller, stores, empty):
    answer = refine(caller, feelings.answered(stores, CALM), avoid=["sad", empty])

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["errors"] == [
        {"in": "body", "pointer": "/avoid", "detail": "an empty text is no mood; leave it out"}
    ]


def not_refinable(answer) -> str:
    assert (answer.status_code, answer.json()["code"]) == (409, "not_refinable"), answer.text
    return answer.json()["detail"]


def test_a_job_that_has_not_ended_cannot_be_refined(caller, stores):
    job = stores.jobs.submit(jobs.NewJob(kind=jobs.JobKind.PHOTO))

    assert "not ended yet" in not_refinable(refine(caller, job.id))


def test_a_job_that_has_failed_cannot_be_refined(caller, stores):
    outcome = jobs.Failed(error=jobs.JobError(code="image_broken", detail="Truncated."))
    job_id = feelings.answered(stores, CALM, outcome=outcome, effects=())

    assert "failed" in not_refinable(refine(caller, job_id))


def test_an_answer_whose_query_was_not_kept_cannot_be_refined(caller, stores):
    job_id = feelings.answered(stores, CALM, effects=())

    assert "not kept" in not_refinable(refine(caller, job_id))


def test_a_job_that_is_erased_meanwhile_is_gone(make, stores):
    class Rows:
        """Job rows of which one is erased right after it was read."""

        def __getattr__(self, name: str) -> object:
            return getattr(stores.jobs, name)

        def query(self, job_id: jobs.JobId) -> jobs.KeepQuery | None:
            stores.jobs.erase(job_id)
            return stores.jobs.query(job_id)

    job_id = feelings.answered(stores, CALM)
    caller = make(space=SPACE, stores=replace(stores, jobs=Rows()))
    answer = refine(caller, job_id)

    assert (answer.status_code, answer.json()["code"]) == (410, "job_erased")


def test_an_answer_of_another_space_cannot_be_refined(make, stores):
    job_id = feelings.answered(stores, CALM)
    detail = not_refinable(refine(make(space=Space("test/other@1")), job_id))

    assert SPACE in detail
    assert "test/other@1" in detail


def test_a_job_of_another_kind_cannot_be_refined(caller):
    job_id = caller.post("/v1/indexes").json()["id"]

    assert "photos and words" in not_refinable(refine(caller, job_id))


def test_a_mood_that_nobody_knows_is_refused_with_those_that_are_known(caller, stores):
    answer = refine(caller, feelings.answered(stores, CALM), avoid=["crunchy"])

    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_mood")
    assert "'crunchy'" in answer.json()["detail"]
    assert "melancholic" in answer.json()["detail"]


@pytest.mark.parametrize("bad", ["x", "a%00b", "..%2f..", "x" * 300])
def test_an_id_that_names_no_job_is_not_found(caller, bad):
    answer = caller.post(f"/v1/jobs/{bad}/refine", json={})

    assert answer.status_code == 404
    assert answer.json()["code"] in {"job_not_found", "path_not_found"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"[" * 60_000,
        b'{"filters": ' * 5_000,
        b'{"calmer": NaN}',
        b'{"calmer": 1e400}',
        b'{"calmer": 1.01}',
        b'{"calmer": "0.5"}',
        b'{"calmer": true}',
        b'{"calmer": null}',
        b'{"louder": 1}',
        b'{"avoid": "sad"}',
        b'{"avoid": [1]}',
        b'{"avoid": ["<b>"]}',
        b'{"avoid": ["\\ud800"]}',
        b'{"top_k": 0}',
        b'{"top_k": 51}',
        b'{"top_k": 1.5}',
        b'{"filters": []}',
        b'{"filters": {"genre": [1]}}',
        b'{"\xff": 1}',
    ],
)
def test_what_cannot_be_meant_is_refused(caller, stores, body):
    answer = caller.post(
        f"/v1/jobs/{feelings.answered(stores, CALM)}/refine",
        content=body,
        headers={"Content-Type": "application/json"},
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert len(answer.content) < 4000


def test_other_kinds_of_body_are_refused(caller, stores):
    answer = caller.post(f"/v1/jobs/{feelings.answered(stores, CALM)}/refine", data={"calmer": "1"})

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_body_that_is_too_large_is_refused(caller, stores):
    job_id = feelings.answered(stores, CALM)
    answer = caller.post(f"/v1/jobs/{job_id}/refine", json={"avoid": ["x" * 70_000]})

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
