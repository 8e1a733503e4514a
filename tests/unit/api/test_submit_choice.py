"""POST /v1/jobs: what may be asked beside a photo: how to choose, moods, filters."""

import pytest

from sightsong.core import jobs, matching
from tests.unit.api.asking import image_bytes

DEFAULTS = {
    "top_k": 5,
    "alpha": None,
    "diversity": matching.DIVERSITY,
    "per_artist": matching.PER_ARTIST,
    "moods": [],
    "duplicates": False,
    "caption": True,
}


@pytest.mark.parametrize(
    "query",
    [
        "top_k=0",
        "top_k=51",
        "top_k=many",
        "alpha=1.5",
        "alpha=-0.1",
        "alpha=nan",
        "diversity=1.1",
        "diversity=nan",
        "per_artist=0",
        "per_artist=51",
    ],
)
def test_parameters_out_of_range_are_refused_by_name(caller, query):
    answer = caller.submit(image_bytes(), params=dict([query.split("=")]))

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "invalid_request")
    assert problem["errors"][0]["in"] == "query"
    assert problem["errors"][0]["pointer"] == f"/{query.split('=')[0]}"


@pytest.mark.parametrize(("way", "kept_in"), [("params", "query"), ("data", "form")])
def test_a_parameter_that_there_is_not_is_refused_by_name(caller, stores, way, kept_in):
    sent = {way: {"filter": ""}}
    answer = caller.post("/v1/jobs", files={"image": image_bytes()}, **sent)

    part = answer.json()["errors"][0]
    assert (answer.status_code, part["in"], part["pointer"]) == (422, kept_in, "/filter")
    assert stores.jobs.backlog(jobs.Queue.PHOTOS, limit=9) == 0


def test_a_forms_wrong_parameter_is_named_as_the_forms(caller):
    answer = caller.post("/v1/jobs", files={"image": image_bytes()}, data={"top_k": "99"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0] | {"detail": ""} == {
        "in": "form",
        "pointer": "/top_k",
        "detail": "",
    }


def moods_of(stores, answer) -> list[str]:
    assert answer.status_code == 202, answer.text
    return stores.jobs.get(answer.json()["id"]).params["moods"]


@pytest.mark.parametrize(
    "query",
    [
        "moods=happy,sad",
        "moods=happy&moods=sad",
        "moods=%20Happy%20,SAD,happy",
        "moods=,happy,sad,",
    ],
)
def test_the_caller_chooses_the_moods(caller, stores, query):
    answer = caller.post(
        f"/v1/jobs?{query}", content=image_bytes(), headers={"Content-Type": "image/jpeg"}
    )

    assert moods_of(stores, answer) == ["happy", "sad"]


@pytest.mark.parametrize("fields", [{"moods": "happy,sad"}, {"moods": ["happy", "sad"]}])
def test_moods_may_stand_in_the_form_and_win_over_the_query(caller, stores, fields):
    answer = caller.post("/v1/jobs?moods=odd", files={"image": image_bytes()}, data=fields)

    assert moods_of(stores, answer) == ["happy", "sad"]


@pytest.mark.parametrize("fields", [{"moods": ""}, {"top_k": "3"}])
def test_a_form_without_moods_leaves_those_of_the_query(caller, stores, fields):
    answer = caller.post("/v1/jobs?moods=odd", files={"image": image_bytes()}, data=fields)

    assert moods_of(stores, answer) == ["odd"]


@pytest.mark.parametrize(
    ("moods", "said"), [("happy,sad!", "'sad!'"), ("x" * 41, "41 characters"), ("<b>", "'<b>'")]
)
def test_a_mood_that_is_no_label_is_refused_by_name(caller, moods, said):
    answer = caller.submit(image_bytes(), params={"moods": moods})

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "invalid_request")
    assert problem["errors"][0]["in"] == "query"
    assert problem["errors"][0]["pointer"] == "/moods"
    assert said in problem["errors"][0]["detail"]


def test_a_wrong_mood_in_a_form_is_named_as_the_forms(caller):
    answer = caller.post("/v1/jobs", files={"image": image_bytes()}, data={"moods": "sad!"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["in"] == "form"
    assert "'sad!'" in answer.json()["errors"][0]["detail"]


def test_more_than_64_moods_are_refused(caller):
    many = ",".join(f"mood {number}" for number in range(65))

    assert "65 moods" in caller.submit(image_bytes(), params={"moods": many}).json()["detail"]


def test_a_mood_that_the_profile_does_not_know_is_refused_with_those_that_it_knows(make, stores):
    caller = make(moods=("happy", "sad"))
    answer = caller.submit(image_bytes(), params={"moods": "sad,crunchy"})

    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_mood")
    assert "'crunchy'; it knows happy, sad." in answer.json()["detail"]
    assert stores.jobs.backlog(jobs.Queue.PHOTOS, limit=9) == 0


def test_moods_that_the_profile_knows_pass(make, stores):
    answer = make(moods=("happy", "sad")).submit(image_bytes(), params={"moods": "sad"})

    assert moods_of(stores, answer) == ["sad"]


@pytest.mark.parametrize("way", [{"params": {"duplicates": "true"}}, {"data": {"duplicates": "1"}}])
def test_a_recording_may_be_asked_for_as_often_as_it_is_there(caller, stores, way):
    answer = caller.post("/v1/jobs", files={"image": image_bytes()}, **way)

    assert stores.jobs.get(answer.json()["id"]).params["duplicates"] is True


def test_a_photo_may_ask_for_more_variety_and_for_certain_tracks(caller, stores):
    answer = caller.submit(
        image_bytes(),
        params={"diversity": "0.5", "per_artist": "1", "filters": '{"genre": "jazz"}'},
    )

    assert answer.status_code == 202
    assert stores.jobs.get(answer.json()["id"]).params == DEFAULTS | {
        "diversity": 0.5,
        "per_artist": 1,
        "filters": {"genre": ["jazz"]},
    }


@pytest.mark.parametrize("said", ["", " ", "{}", '{"genre": [], "tempo_bpm": {}}'])
def test_filters_that_ask_nothing_are_not_kept(caller, stores, said):
    answer = caller.submit(image_bytes(), params={"filters": said})

    assert stores.jobs.get(answer.json()["id"]).params == DEFAULTS


def test_filters_may_stand_in_the_form_and_win_over_the_query(caller, stores):
    answer = caller.post(
        '/v1/jobs?filters={"genre":"jazz"}',
        files={"image": image_bytes()},
        data={"filters": '{"explicit": false}', "top_k": "3"},
    )

    params = stores.jobs.get(answer.json()["id"]).params
    assert (params["filters"], params["top_k"]) == ({"explicit": False}, 3)


def test_filters_of_the_query_outlive_a_form_without_any(caller, stores):
    answer = caller.post(
        '/v1/jobs?filters={"tempo_bpm":{"max":90}}',
        files={"image": image_bytes()},
        data={"top_k": "3"},
    )

    assert stores.jobs.get(answer.json()["id"]).params["filters"] == {"tempo_bpm": {"max": 90.0}}


@pytest.mark.parametrize("way", ["query", "form"])
def test_wrong_filters_beside_a_photo_are_named_with_what_is_wrong_in_them(caller, way):
    sent = {"params" if way == "query" else "data": {"filters": '{"genre": [1]}'}}
    answer = caller.post("/v1/jobs", files={"image": image_bytes()}, **sent)

    part = answer.json()["errors"][0]
    assert (answer.status_code, part["in"], part["pointer"]) == (422, way, "/filters")
    assert part["detail"].startswith("genre/0: ")


@pytest.mark.parametrize("said", ["{", "[]", "1", "[" * 60_000, '"' + "x" * 60_000 + '"'])
def test_filters_beside_a_photo_that_are_no_object_are_refused(caller, said):
    answer = caller.post("/v1/jobs", files={"image": image_bytes()}, data={"filters": said})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert len(answer.content) < 2000
