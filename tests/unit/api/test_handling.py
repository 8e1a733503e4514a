"""How a job is to be handled, and photos that come as JSON."""

import base64
from dataclasses import replace

import pytest

from sightsong.core.jobs import Job, NewJob
from tests.unit.api.asking import image_bytes


def kept(stores, answer):
    assert answer.status_code == 202, answer.text
    return stores.jobs.get(answer.json()["id"])


HANDLING = {"priority": 0, "deadline_s": 30, "custom_id": "holiday-7", "keep_image_s": 0}


@pytest.mark.parametrize("way", ["query", "form", "json"])
def test_a_photo_may_say_how_it_is_handled(caller, stores, way):
    image = image_bytes()
    if way == "query":
        answer = caller.submit(image, params=HANDLING)
    elif way == "form":
        fields = {name: str(value) for name, value in HANDLING.items()}
        answer = caller.post("/v1/jobs", files={"image": ("a.jpg", image)}, data=fields)
    else:
        body = {"image": base64.b64encode(image).decode(), **HANDLING}
        answer = caller.post("/v1/jobs", json=body)

    job = kept(stores, answer)
    assert (job.priority, job.custom_id) == (0, "holiday-7")
    assert job.deadline_at == pytest.approx(job.created_at + 30, abs=1)
    assert not HANDLING.keys() & job.params.keys()  # they are no part of what is asked
    assert answer.json()["custom_id"] == "holiday-7"


@pytest.mark.parametrize(
    "wrong",
    [
        {"priority": 3},
        {"deadline_s": 0},
        {"deadline_s": -1},
        {"keep_image_s": 1e9},
        {"custom_id": ""},
        {"custom_id": "x" * 65},
        {"custom_id": "a\u0000b"},
    ],
)
def test_what_cannot_be_is_refused(caller, wrong):
    image = base64.b64encode(image_bytes()).decode()
    answer = caller.post("/v1/jobs", json={"image": image, **wrong})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_a_photo_may_come_as_base64_without_padding(caller, stores):
    image = base64.b64encode(image_bytes()).decode().rstrip("=")
    job = kept(stores, caller.post("/v1/jobs", json={"image": image, "moods": ["sad"]}))

    with stores.blobs.open(job.blob_id) as file:
        assert file.read() == image_bytes()
    assert job.params["moods"] == ["sad"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid_request"),
        ({"text": None}, 422, "invalid_request"),
        ({"text": "calm", "moods": ["sad"]}, 422, "invalid_request"),
        ({"text": "calm", "caption": True}, 422, "invalid_request"),
        ({"text": "calm", "keep_image_s": 60}, 422, "invalid_request"),
        ({"text": "calm", "image": "aGk="}, 422, "invalid_request"),
        ({"image": "no base64 at all!"}, 422, "invalid_request"),
        ({"image": "aGVsbG8gdGhlcmU="}, 415, "unsupported_image"),
        ({"image": ""}, 415, "unsupported_image"),
    ],
)
def test_what_is_neither_words_nor_a_photo_is_refused(caller, body, status, code):
    answer = caller.post("/v1/jobs", json=body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_image_in_json_may_be_no_larger_than_any_other(caller):
    image = base64.b64encode(b"\xff\xd8\xff" + bytes(100_001)).decode()
    answer = caller.post("/v1/jobs", json={"image": image})

    assert (answer.status_code, answer.json()["code"]) == (413, "image_too_large")


def test_a_queued_job_tells_its_place_and_a_running_one_does_not(caller, stores):
    first, second = (caller.post("/v1/jobs", json={"text": "calm"}).json() for _ in range(2))
    told = caller.get(f"/v1/jobs/{second['id']}")

    assert told.json()["queue_position"] == 2
    assert told.json()["eta_s"] is None  # nothing has ended lately
    assert told.headers["retry-after"] == "1"
    stores.jobs.cancel(first["id"])
    assert caller.get(f"/v1/jobs/{second['id']}").json()["queue_position"] == 1
    stores.jobs.cancel(second["id"])
    assert caller.get(f"/v1/jobs/{second['id']}").json()["queue_position"] is None


@pytest.mark.parametrize(("said", "kept_s"), [({}, 7.0), ({"keep_image_s": 3}, 3.0)])
def test_a_photo_is_kept_as_the_service_says_unless_its_sender_does(make, stores, said, kept_s):
    told = []

    class Rows:
        def __getattr__(self, name: str) -> object:
            return getattr(stores.jobs, name)

        def submit(self, new: NewJob) -> Job:
            told.append(new.keep_image_s)
            return stores.jobs.submit(new)

    caller = make(stores=replace(stores, jobs=Rows()), image_keep_s=7.0)
    assert caller.submit(image_bytes(), params=said).status_code == 202
    assert told == [kept_s]
