"""What is too deep, too long, too many or no number is refused at once, and never a crash."""

import json
import time

import httpx
import pytest

from tests.proof import stage
from tests.unit.api.asking import Caller, image_bytes

JSON = {"Content-Type": "application/json"}
PHOTO = {"Content-Type": "image/jpeg"}
FORM = {"Content-Type": "multipart/form-data; boundary=b"}
FAST_S = 2.0  #: For what takes some hundredths of a second, on a busy machine too.
NO_NUMBERS = (
    "1e999", "-1e999", "NaN", "Infinity", "9" * 5000, "1" + "0" * 400, '"\\ud800"', '"\\u0000"',
)  # fmt: skip


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    folder = tmp_path_factory.mktemp("limits")
    with stage.sqlite(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def caller(portal, stores, tmp_path_factory) -> Caller:
    served = stage.serve(stores, tmp_path_factory.mktemp("limits"))
    return Caller(portal, served.app)


@pytest.fixture(scope="module")
def track(caller) -> str:
    return f"/v1/tracks/{caller.get('/v1/tracks').json()['items'][0]['id']}"


def is_refused(answer: httpx.Response, *statuses: int) -> bool:
    """Whether an answer refuses in our shape, and was fast."""
    problem = answer.headers["content-type"] == "application/problem+json"
    return answer.status_code in statuses and problem and answer.elapsed.total_seconds() < FAST_S


@pytest.mark.parametrize("opening", ["[", '{"a":'])
@pytest.mark.parametrize(
    "body", ["%s", '{"text": "a", "filters": %s', '{"tags": %s', '{"paths": %s']
)
def test_a_deeply_nested_body_is_refused_at_once(caller, track, opening, body):
    content = (body % (opening * 10_000)).encode()
    posted = [
        caller.post(path, content=content, headers=JSON)
        for path in ("/v1/jobs", "/v1/ingests", "/v1/jobs/x/refine")
    ]
    answers = [*posted, caller.patch(track, content=content, headers=JSON)]

    assert all(is_refused(one, 422) for one in answers)


def test_deeply_nested_filters_beside_a_photo_are_refused_at_once(caller):
    answer = caller.submit(image_bytes(), params={"filters": '{"genre":' * 3000})

    assert is_refused(answer, 422)


def test_a_body_of_hundreds_of_thousands_of_unknown_fields_is_refused_at_once(caller):
    content = json.dumps({f"k{n}": 1 for n in range(150_000)}).encode()
    began = time.monotonic()
    answer = caller.post("/v1/ingests", content=content, headers=JSON)

    assert answer.status_code == 422
    assert "150,000 wrong parts" in answer.json()["detail"]
    assert time.monotonic() - began < FAST_S


@pytest.mark.parametrize("number", NO_NUMBERS, ids=lambda text: text[:9])
@pytest.mark.parametrize("field", ["top_k", "alpha", "deadline_s", "priority"])
def test_what_is_no_usable_number_is_refused_in_json(caller, field, number):
    content = f'{{"text": "calm", "{field}": {number}}}'.encode()

    assert is_refused(caller.post("/v1/jobs", content=content, headers=JSON), 422)


@pytest.mark.parametrize("number", ["1e999", "NaN", "inf", "-inf", "9" * 5000, "\x00", "\ud7ff"])
@pytest.mark.parametrize("field", ["top_k", "alpha", "deadline_s", "keep_image_s"])
def test_what_is_no_usable_number_is_refused_in_an_address(caller, field, number):
    assert is_refused(caller.submit(image_bytes(), params={field: number}), 422)


@pytest.mark.parametrize("text", ["\\ud800", "a\\u0000b"])
@pytest.mark.parametrize("field", ["text", "custom_id"])
def test_letters_that_are_none_are_refused_in_words(caller, field, text):
    content = json.dumps({"text": "calm"} | {field: "?"}).replace("?", text).encode()

    assert is_refused(caller.post("/v1/jobs", content=content, headers=JSON), 422)


@pytest.mark.parametrize("name", ["a%00b", "%ff%fe", "%ed%a0%80", "a" * 60_000])
@pytest.mark.parametrize(
    "path", ["/v1/jobs/", "/v1/tracks/", "/v1/ingests/", "/v1/indexes/", "/v1/"]
)
def test_a_path_that_can_name_nothing_is_not_found(caller, path, name):
    assert is_refused(caller.get(path + name), 404)


@pytest.mark.parametrize("word", ["a%00b", "%ff%fe", "%ed%a0%80", "a" * 60_000])
@pytest.mark.parametrize(
    "path",
    [
        "/v1/tracks?q=",
        "/v1/tracks?genre=",
        "/v1/jobs?custom_id=",
        "/v1/jobs?cursor=",
        "/v1/tracks?cursor=",
    ],
)
def test_a_search_for_any_bytes_is_answered_or_refused(caller, path, word):
    assert caller.get(path + word).status_code in {200, 422}


def test_an_address_that_is_too_long_is_refused(caller):
    answer = caller.get("/v1/tracks?q=" + "a" * 62_000)

    assert is_refused(answer, 414)
    assert answer.json()["code"] == "address_too_long"


def test_an_address_with_too_many_parameters_is_refused(caller):
    answer = caller.get("/v1/jobs?" + "&".join(["kind=photo"] * 1001))

    assert is_refused(answer, 400)
    assert answer.json()["code"] == "bad_request"


@pytest.mark.parametrize(
    "headers", [[("x-a", "b")] * 200, [("x-a", "b" * 40_000)], [("prefer", ", " * 20_000)]]
)
def test_headers_that_are_too_many_or_too_long_are_refused(caller, headers):
    answer = caller.get("/healthz", headers=headers)

    assert is_refused(answer, 431)
    assert answer.json()["code"] == "headers_too_large"


@pytest.mark.parametrize(
    "header",
    [
        ("Idempotency-Key", '"' + "a" * 30_000 + '"'),
        ("Idempotency-Key", '"' + "\\" * 30_000),
        ("Sightsong-User", "a" * 30_000),
    ],
)
def test_a_header_that_is_too_long_for_what_it_says_is_refused(caller, header):
    answer = caller.post("/v1/jobs", json={"text": "calm"}, headers=dict([header]))

    assert is_refused(answer, 422)


@pytest.mark.parametrize(
    "headers",
    [
        {"Prefer": ", " * 10_000 + "wait"},
        {"Prefer": "wait" + " " * 30_000 + "="},
        {"If-None-Match": 'W/"' * 10_000},
        {"Range": "bytes=" + ",".join(f"{n}-{n}" for n in range(0, 5000, 2))},
    ],
    ids=["commas", "spaces", "tags", "ranges"],
)
def test_a_long_header_is_read_at_once(caller, track, headers):
    answer = caller.get(f"{track}/audio", headers=headers)

    assert answer.status_code in {200, 206, 400, 416}
    assert answer.elapsed.total_seconds() < FAST_S


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/ingests", "/predict"])
@pytest.mark.parametrize("count", [17, 2000])
def test_a_form_of_too_many_fields_is_refused(caller, path, count):
    part = '--b\r\nContent-Disposition: form-data; name="f"\r\n\r\nx\r\n'
    answer = caller.post(path, content=(part * count + "--b--\r\n").encode(), headers=FORM)

    assert answer.status_code == 422
    assert answer.elapsed.total_seconds() < FAST_S


def test_a_form_with_an_endless_header_is_refused(caller):
    header = 'Content-Disposition: form-data; name="image"; ' + "x=y; " * 10_000
    content = f"--b\r\n{header}\r\n\r\nx\r\n--b--\r\n".encode()

    assert is_refused(caller.post("/v1/jobs", content=content, headers=FORM), 422)
