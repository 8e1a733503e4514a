"""Every refusal has one shape, and every code has a status and a place in the docs."""

import re
from pathlib import Path

import pytest
from fastapi.responses import PlainTextResponse
from starlette.exceptions import HTTPException

from api import errors
from sightsong.core import errors as core_errors

DOCS = Path(__file__).parents[3] / "docs" / "errors.md"


def kinds(kind: type = core_errors.SightsongError) -> set[type]:
    return {kind}.union(*[kinds(child) for child in kind.__subclasses__()])


def own_kinds() -> set[type]:
    ours = (core_errors.__name__, errors.__name__)
    return {kind for kind in kinds() if kind.__module__.startswith(ours)}


def assert_problem(answer, status: int, code: str) -> None:
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["type"] == f"urn:sightsong:error:{code}"
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]


def test_every_code_has_a_status():
    assert {kind.code for kind in own_kinds()} == set(errors.STATUS)


def test_every_code_is_documented_with_its_status():
    documented = dict(
        re.findall(r"^\| `(\w+)` \| (\d{3}) \|", DOCS.read_text("utf-8"), re.MULTILINE)
    )

    assert documented == {code: str(status) for code, status in errors.STATUS.items()}


def test_words_that_are_not_understood_are_answered_with_what_to_try():
    assert "ask in English, with words of mood or sound" in core_errors.NothingUnderstood().detail


def test_a_path_that_is_not_there_is_a_problem(caller):
    assert_problem(caller.get("/v1/nowhere"), 404, "path_not_found")


def test_a_method_that_is_not_offered_is_a_problem_that_names_those_that_are(caller):
    answer = caller.ask("DELETE", "/v1/indexes")

    assert_problem(answer, 405, "method_not_allowed")
    assert set(answer.headers["allow"].split(", ")) & {"GET", "POST"}


def test_a_wrong_parameter_is_a_problem(caller):
    assert_problem(caller.get("/v1/tracks?limit=no"), 422, "invalid_request")


def test_a_problem_names_the_path_but_not_the_query(caller):
    assert caller.get("/v1/jobs/x?token=secret").json()["instance"] == "/v1/jobs/x"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "bad_request"),
        (413, "body_too_large"),
        (418, "invalid_input"),
        (429, "too_many_requests"),
        (500, "internal"),
        (503, "unavailable"),
    ],
)
def test_whatever_the_framework_raises_is_a_problem(caller, status, code):
    def refuse() -> None:
        raise HTTPException(status, "a line of the framework")

    caller.app.add_api_route("/refuse", refuse)

    assert_problem(caller.get("/refuse"), status, code)


def test_bare_text_of_a_layer_below_becomes_a_problem(caller):
    caller.app.add_api_route("/bare", lambda: PlainTextResponse("Oops", status_code=413))

    assert_problem(caller.get("/bare"), 413, "body_too_large")


def test_a_crash_is_a_problem_that_gives_nothing_away(caller):
    def crash() -> None:
        raise RuntimeError("postgres://secret")

    caller.app.add_api_route("/crash", crash)
    answer = caller.get("/crash")

    assert_problem(answer, 500, "internal")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("kind", sorted(own_kinds(), key=lambda kind: kind.__name__))
def test_each_error_of_ours_answers_with_its_code(caller, kind):
    def fail() -> None:
        raise kind

    caller.app.add_api_route("/fail", fail)
    answer = caller.get("/fail")

    assert_problem(answer, errors.STATUS[kind.code], kind.code)
    is_passing = answer.status_code in {429, 503} or kind is errors.IdempotencyInFlight
    assert ("retry-after" in answer.headers) == is_passing
