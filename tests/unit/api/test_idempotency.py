"""`Idempotency-Key`: what is sent twice is done once."""

import base64
import json
import threading

import pytest
from fastapi.exceptions import RequestValidationError

from api import idempotency
from api.errors import IdempotencyInFlight
from sightsong.core import jobs
from tests.unit.api.asking import image_bytes


def send(caller, key: str, **body: object):
    return caller.post("/v1/jobs", json=body, headers={"Idempotency-Key": key})


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ('"8e03978e-40d5"', "8e03978e-40d5"),
        ("8e03978e-40d5", "8e03978e-40d5"),
        (r'"a \"quoted\" one"', 'a "quoted" one'),
        ('  "spaced"  ', "spaced"),
        ("x" * 128, "x" * 128),
    ],
)
def test_a_key_is_a_string_or_a_bare_word(value, key):
    assert idempotency.read_key([value]) == key


@pytest.mark.parametrize(
    "values",
    [[""], ['""'], ["two words"], ['"open'], ["x" * 129], ["caf\u00e9"], ["a", "b"], ['"a\x07"']],
)
def test_what_is_no_key_is_refused(values):
    with pytest.raises(RequestValidationError):
        idempotency.read_key(values)


def test_the_same_words_under_one_key_are_one_job(caller, stores):
    first, again = (send(caller, '"k1"', text="calm", top_k=3) for _ in range(2))

    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json()["id"] == first.json()["id"]
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert stores.jobs.backlog(jobs.Queue.PHOTOS, limit=9) == 1


def test_quotes_around_a_key_make_no_other_key(caller):
    first, again = (send(caller, key, text="calm") for key in ("k1", '"k1"'))

    assert again.json()["id"] == first.json()["id"]


def test_other_words_under_the_same_key_are_refused(caller):
    send(caller, "k1", text="calm")
    answer = send(caller, "k1", text="wild")

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")


def test_the_same_photo_in_a_form_and_raw_is_the_same(caller):
    headers = {"Idempotency-Key": "k1"}
    raw = caller.post(
        "/v1/jobs", content=image_bytes(), headers={**headers, "Content-Type": "image/jpeg"}
    )
    form = caller.post("/v1/jobs", files={"image": ("a.jpg", image_bytes())}, headers=headers)

    assert raw.status_code == 202, raw.text
    assert form.json()["id"] == raw.json()["id"]
    assert form.headers["idempotent-replayed"] == "true"


def test_another_default_of_the_service_makes_no_other_submit(make):
    first, again = (send_photo(make(image_keep_s=keep_s), "query") for keep_s in (60.0, 90.0))

    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json()["id"] == first.json()["id"]


WISHES = {"top_k": 3, "alpha": 0.5, "caption": False, "deadline_s": 30, "keep_image_s": 60}


def send_photo(caller, way: str, **wishes: object):
    """Send a photo with the same wishes in one of three ways."""
    image, headers = image_bytes(), {"Idempotency-Key": "k1"}
    texts = {name: json.dumps(value).strip('"') for name, value in wishes.items()}
    if way == "query":
        headers["Content-Type"] = "image/jpeg"
        return caller.post("/v1/jobs", content=image, params=texts, headers=headers)
    if way == "form":
        files = {"image": ("a.jpg", image)}
        return caller.post("/v1/jobs", files=files, data=texts, headers=headers)
    body = {"image": base64.b64encode(image).decode(), **wishes}
    return caller.post("/v1/jobs", json=body, headers=headers)


@pytest.mark.parametrize("way", ["form", "json"])
@pytest.mark.parametrize(
    "wishes",
    [{}, WISHES, {"filters": {"genre": ["jazz"], "tempo_bpm": {"max": 90}}}, {"moods": "sad"}],
)
def test_the_same_wishes_are_the_same_in_whatever_way_they_are_sent(caller, way, wishes):
    first, again = send_photo(caller, "query", **wishes), send_photo(caller, way, **wishes)

    assert (first.status_code, again.status_code) == (202, 202), again.text
    assert again.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize("name", list(WISHES))
def test_a_photo_with_another_wish_is_another_submit(caller, name):
    send_photo(caller, "query", **WISHES)
    without = {key: value for key, value in WISHES.items() if key != name}
    answer = send_photo(caller, "form", **without)

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")


def test_a_key_whose_job_was_erased_says_so(caller):
    job_id = send(caller, "k1", text="calm").json()["id"]
    caller.ask("DELETE", f"/v1/jobs/{job_id}")
    answer = send(caller, "k1", text="calm")

    assert (answer.status_code, answer.json()["code"]) == (410, "job_erased")


def test_a_replay_tells_how_the_job_is_by_now(caller, stores):
    job_id = send(caller, "k1", text="calm").json()["id"]
    stores.jobs.cancel(jobs.JobId(job_id))
    answer = send(caller, "k1", text="calm")

    assert (answer.status_code, answer.json()["state"]) == (200, "canceled")


def test_a_refused_submit_does_not_use_its_key_up(caller):
    assert send(caller, "k1", text="calm", top_k=99).status_code == 422
    assert send(caller, "k1", text="calm").status_code == 202


def test_a_key_that_is_none_is_told_of(caller):
    answer = send(caller, "two words", text="calm")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["in"] == "header"


def test_a_key_whose_submit_is_in_hand_is_told_to_wait():
    in_flight, inside, leave = idempotency.InFlight(), threading.Event(), threading.Event()

    def hold() -> None:
        with in_flight.alone("k1", "default"):
            inside.set()
            leave.wait(10)

    first = threading.Thread(target=hold)
    first.start()
    assert inside.wait(10)
    with pytest.raises(IdempotencyInFlight), in_flight.alone("k1", "default"):
        pass
    with in_flight.alone("k2", "default"), in_flight.alone(None, "default"):
        pass
    leave.set()
    first.join(10)
    with in_flight.alone("k1", "default"):
        pass


def test_a_submit_of_a_key_that_is_in_hand_is_told_when_to_ask_again(caller):
    with caller.app.state.door.in_flight.alone("k1", "default"):
        answer = send(caller, "k1", text="calm")

    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_in_flight")
    assert answer.headers["retry-after"] == "1"
    assert send(caller, "k1", text="calm").status_code == 202
