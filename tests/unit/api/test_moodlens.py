"""POST /predict and GET /hello: the door that users of MoodLens know."""

import threading

import pytest

from api import examples, schemas
from sightsong.core import jobs
from tests.unit.api.asking import image_bytes
from tests.unit.api.library import claim
from tests.waiting import wait_until

PHOTO = jobs.JobKind.PHOTO
RESULT = {"emotion": examples.PHOTO_RESULT["emotion"], "matches": []}


def raw(content: bytes, kind: str = "jpeg") -> dict[str, object]:
    return {"content": content, "headers": {"Content-Type": f"image/{kind}"}}


RAW = raw(image_bytes())


class Prediction:
    """Asks for one from another thread."""

    def __init__(self, caller, **more: object) -> None:
        self._answers: list = []
        waiting = caller.app.state.door.waiting
        before = waiting.count
        self._thread = threading.Thread(
            target=lambda: self._answers.append(caller.post("/predict", **(more or RAW)))
        )
        self._thread.start()
        wait_until(lambda: waiting.count > before)

    def answer(self):
        self._thread.join(timeout=15)
        return self._answers[0]


def end(stores, outcome: jobs.Outcome) -> jobs.Job:
    job = claim(stores, PHOTO)
    stores.jobs.complete([jobs.Completion(job=job, outcome=outcome)])
    return job


def refused(answer, status: int, code: str) -> dict[str, object]:
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, "error", code)
    assert body["message"]
    schemas.MoodLensError.model_validate(body)
    return dict(body)


@pytest.mark.parametrize(
    "sent",
    [
        RAW,
        {"files": {"file": ("a.jpg", image_bytes())}},
        {"files": {"image": ("a.png", image_bytes("PNG"))}, "data": {"model": "soft"}},
    ],
)
def test_a_photo_is_answered_with_its_emotion(caller, stores, sent):
    prediction = Prediction(caller, **sent)
    end(stores, jobs.Succeeded(result=RESULT))
    answer = prediction.answer()

    assert (answer.status_code, answer.json()) == (200, examples.PREDICTION)
    schemas.PredictionView.model_validate(answer.json(), strict=True)


def test_no_caption_is_made_and_the_photo_is_not_kept(caller, stores):
    prediction = Prediction(caller)
    job = end(stores, jobs.Succeeded(result=RESULT))
    prediction.answer()

    assert job.params["caption"] is False
    assert stores.jobs.expired(limit=9, job_keep_s=1e9).blobs == (job.blob_id,)


def test_a_photo_that_cannot_be_read_is_refused_with_its_code(caller, stores):
    prediction = Prediction(caller)
    broken = jobs.JobError(code="image_broken", detail="The image is truncated.")
    end(stores, jobs.Failed(error=broken))

    body = refused(prediction.answer(), 422, "image_broken")
    assert body == {"status": "error", "message": "The image is truncated.", "code": "image_broken"}


def test_a_job_that_was_canceled_has_no_answer(caller, stores):
    prediction = Prediction(caller)
    [job] = stores.jobs.listed(jobs.JobFilter(), limit=9)
    caller.post(f"/v1/jobs/{job.id}/cancel")

    refused(prediction.answer(), 409, "conflict")


def test_a_job_that_was_erased_has_no_answer(caller, stores):
    prediction = Prediction(caller)
    [job] = stores.jobs.listed(jobs.JobFilter(), limit=9)
    caller.delete(f"/v1/jobs/{job.id}")

    refused(prediction.answer(), 410, "job_erased")


def test_a_photo_that_is_not_done_in_time_names_its_job(caller, stores):
    caller.app.state.door.waiting.is_stopping = lambda: True  # it is held for no time at all
    answer = caller.post("/predict", **RAW)

    body = refused(answer, 503, "not_in_time")
    assert answer.headers["retry-after"] == "5"
    assert stores.jobs.get(body["job_id"]).state is jobs.JobState.QUEUED


def test_where_too_many_wait_the_job_is_named_too(make, stores):
    body = refused(make(max_waiters=0).post("/predict", **RAW), 503, "too_many_waiters")

    assert stores.jobs.get(body["job_id"]).kind is PHOTO


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"json": {"text": "calm"}}, 415, "unsupported_media_type"),
        ({"content": b"x"}, 415, "unsupported_media_type"),
        (raw(b"GIF89a", "gif"), 415, "unsupported_image"),
        (raw(b""), 422, "invalid_request"),
        ({"files": {"photo": ("a.jpg", b"x")}}, 422, "invalid_request"),
        ({"files": {"file": ("a", b"x"), "image": ("b", b"y")}}, 422, "invalid_request"),
        (raw(b"x" * 300_000), 413, "image_too_large"),
    ],
)
def test_what_is_no_photo_is_refused_in_the_same_shape(caller, stores, sent, status, code):
    refused(caller.post("/predict", **sent), status, code)

    assert stores.jobs.listed(jobs.JobFilter(), limit=9) == []


def test_a_photo_with_too_many_pixels_is_refused(make):
    answer = make(max_image_pixels=10).post("/predict", **RAW)

    refused(answer, 422, "too_many_pixels")


def test_a_full_queue_is_told_with_when_to_come_again(make):
    answer = make(queue_limit=0).post("/predict", **RAW)

    assert "job_id" not in refused(answer, 503, "queue_full")
    assert answer.headers["retry-after"] == "5"


def test_those_who_wait_hold_no_thread(make, stores):
    """More wait than the process has threads for requests; it answers others none the less."""
    caller = make(queue_limit=100)
    predictions = [Prediction(caller) for _ in range(50)]

    assert caller.get("/v1/jobs").status_code == 200
    for _ in predictions:
        end(stores, jobs.Succeeded(result=RESULT))
    assert {one.answer().status_code for one in predictions} == {200}


def test_hello_says_hello(caller):
    answer = caller.get("/hello")

    assert answer.status_code == 200
    assert list(answer.json()) == ["message"]
