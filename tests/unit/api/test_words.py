"""POST /v1/jobs with words: what is taken, and what is refused."""

import json

import pytest

from sightsong.core import jobs, matching

DEFAULTS = {
    "top_k": 5,
    "alpha": None,
    "diversity": matching.DIVERSITY,
    "per_artist": matching.PER_ARTIST,
    "duplicates": False,
}


def ask(caller, query: str = "", **body: object):
    return caller.post(f"/v1/jobs{query}", json=body)


def kept(stores, answer):
    assert answer.status_code == 202, answer.text
    return stores.jobs.get(answer.json()["id"]).params


def test_words_become_a_queued_job_with_its_address(caller, stores, doorbell):
    answer = ask(caller, text="  calm piano  ")

    job = answer.json()
    assert (answer.status_code, job["kind"], job["state"]) == (202, "text", "queued")
    assert answer.headers["location"] == f"/v1/jobs/{job['id']}"
    assert kept(stores, answer) == DEFAULTS | {"text": "calm piano"}
    assert doorbell.rings == (jobs.Queue.PHOTOS,)


def test_the_choice_may_stand_in_the_body(caller, stores):
    said = {"top_k": 9, "alpha": 1, "diversity": 0, "per_artist": 5, "duplicates": True}
    answer = ask(caller, text="calm", **said)

    assert kept(stores, answer) == {"text": "calm", **said}


def test_what_the_body_says_weighs_more_than_the_query(caller, stores):
    answer = ask(caller, "?top_k=9&alpha=0.5", text="calm", top_k=3)

    assert kept(stores, answer) == DEFAULTS | {"text": "calm", "top_k": 3, "alpha": 0.5}


def test_filters_are_kept_in_one_form(caller, stores):
    filters = {
        "genre": "jazz",
        "artist": [" Ann ", "Ben", "Ann"],
        "tag": [],
        "duration_s": {"min": 60, "max": 60},
        "tempo_bpm": {},
        "explicit": False,
    }
    answer = ask(caller, text="calm", filters=filters)

    assert kept(stores, answer)["filters"] == {
        "genre": ["jazz"],
        "artist": ["Ann", "Ben"],
        "duration_s": {"min": 60.0, "max": 60.0},
        "explicit": False,
    }


@pytest.mark.parametrize("filters", [None, {}, {"genre": []}, {"tempo_bpm": {"min": None}}])
def test_filters_that_ask_nothing_are_not_kept(caller, stores, filters):
    assert "filters" not in kept(stores, ask(caller, text="calm", filters=filters))


def test_a_thousand_characters_are_taken(caller, stores):
    assert len(kept(stores, ask(caller, text="x" * 1000))["text"]) == 1000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "x" * 1001,
        "a\x00b",
        "a\nb",
        "a\x1bb",
        "a\x85b",
        1,
        ["calm"],
        {"a": 1},
        True,
    ],
)
def test_words_that_cannot_be_read_are_refused(caller, stores, text):
    answer = ask(caller, text=text)

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "invalid_request")
    assert (problem["errors"][0]["in"], problem["errors"][0]["pointer"]) == ("body", "/text")
    assert stores.jobs.backlog(jobs.Queue.PHOTOS, limit=9) == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("top_k", 0),
        ("top_k", 51),
        ("top_k", "5"),
        ("top_k", True),
        ("top_k", None),
        ("alpha", 1.1),
        ("diversity", -0.1),
        ("per_artist", 0),
        ("duplicates", "yes"),
        ("txt", "calm"),
    ],
)
def test_a_wrong_or_unknown_field_is_refused_by_name(caller, field, value):
    answer = ask(caller, text="calm", **{field: value})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["errors"][0]["pointer"] == f"/{field}"


@pytest.mark.parametrize(
    "filters",
    [
        [],
        "jazz",
        1,
        {"genres": "jazz"},
        {"genre": 1},
        {"genre": [["jazz"]]},
        {"genre": ["x" * 81]},
        {"genre": ["jazz"] * 51},
        {"genre": [""]},
        {"genre": ["a\x00b"]},
        {"duration_s": 60},
        {"duration_s": {"least": 60}},
        {"duration_s": {"min": "60"}},
        {"duration_s": {"min": -1}},
        {"duration_s": {"min": 2, "max": 1}},
        {"tempo_bpm": {"max": True}},
        {"explicit": 1},
        {"without": ["x"]},
    ],
)
def test_filters_that_cannot_be_meant_are_refused_by_name(caller, filters):
    answer = ask(caller, text="calm", filters=filters)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["errors"][0]["pointer"].startswith("/filters")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"calm"',
        b"[" * 60_000,
        b'{"text": ' * 6_000,
        b'{"text": "calm", "filters": {"genre": ' + b"[" * 50_000,
        b'{"text": "calm", "alpha": NaN}',
        b'{"text": "calm", "diversity": Infinity}',
        b'{"text": "calm", "top_k": 1e999}',
        b'{"text": "calm", "top_k": ' + b"9" * 5_000 + b"}",
        b'{"text": "calm", "filters": {"tempo_bpm": {"min": NaN}}}',
        b'{"text": "calm", "filters": {"tempo_bpm": {"max": -Infinity}}}',
        b'{"text": "\\ud800"}',
        b'{"text": "\xff"}',
        b"{" + b",".join(b'"k%d": 1' % number for number in range(5_000)) + b"}",
    ],
)
def test_hostile_json_is_refused_in_few_words(caller, stores, body):
    answer = caller.post("/v1/jobs", content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert len(answer.content) < 6000
    assert stores.jobs.backlog(jobs.Queue.PHOTOS, limit=9) == 0


def test_a_body_that_is_too_large_is_refused(caller):
    answer = ask(caller, text="calm", filters={"genre": ["x" * 200_000]})

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert answer.headers["connection"] == "close"


def detail(answer) -> str:
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    return answer.json()["errors"][0]["detail"]


def test_empty_words_are_told_what_to_say(caller):
    assert "say what you want to hear" in detail(ask(caller, text="   "))


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        ({"genre": 5}, "must be a word, or a list of words"),
        ({"genre": [5]}, "must be a text"),
        ({"genre": ["jazz"] * 51}, "must have at most 50 entries"),
        ({"genre": [" "]}, "must not be empty; leave it out if you do not mean it"),
        ({"genre": ["x" * 81]}, "must have at most 80 characters"),
        ({"genres": "jazz"}, "is not known here; see /docs for what is"),
        ({"duration_s": {"min": -1}}, "must be at least 0"),
        ({"duration_s": {"max": 1e7}}, "must be at most 1,000,000"),
        ({"explicit": "no"}, "must be true or false"),
        ([], "must be an object"),
    ],
)
def test_what_is_wrong_with_filters_is_told_in_words_of_ours(caller, filters, told):
    assert detail(ask(caller, text="calm", filters=filters)) == told


def test_what_is_no_json_is_told_with_its_place(caller):
    headers = {"Content-Type": "application/json"}
    answer = caller.post("/v1/jobs", content=b'{\n"text": nope}', headers=headers)

    assert "cannot be read as JSON (near line 2, column 10)" in detail(answer)


def test_a_parameter_of_the_address_that_there_is_not_is_refused(caller):
    answer = ask(caller, "?topk=3", text="calm")

    assert detail(answer) == "is not known here; see /docs for what is"
    assert answer.json()["errors"][0]["pointer"] == "/topk"


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_parameters_of_the_content_type_do_not_matter(caller, content_type):
    body = json.dumps({"text": "calme, à l'aube"})
    answer = caller.post("/v1/jobs", content=body, headers={"Content-Type": content_type})

    assert answer.status_code == 202


def test_words_wait_in_the_same_line_as_photos(caller):
    answers = [ask(caller, text="calm") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [202, 202, 202, 503]
    assert answers[-1].json()["code"] == "queue_full"
