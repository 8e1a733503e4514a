"""GET /v1/jobs/{id}: the state of a job, whether it has changed, and waiting until it has."""

import threading
import time
import uuid
from dataclasses import replace

import pytest

from api import examples, schemas
from sightsong.core import answers, jobs
from sightsong.core.affect import Affect, Agreement, Emotion, EmotionReading, Face
from sightsong.core.photos import Captions, MoodScore, PhotoReading
from tests.unit.api.asking import image_bytes
from tests.unit.api.library import claim, finish, succeed
from tests.waiting import wait_until
from workers.models import stub

PHOTO = jobs.JobKind.PHOTO
STORED = dict(examples.PHOTO_RESULT) | {
    "matches": [
        {name: value for name, value in match.items() if name != "audio_url"}
        for match in examples.PHOTO_RESULT["matches"]
    ]
}


@pytest.fixture
def job_id(caller) -> str:
    return caller.submit(image_bytes()).json()["id"]


def test_a_job_that_waits_is_shown_with_when_to_ask_again(caller, job_id):
    answer = caller.get(f"/v1/jobs/{job_id}")

    assert answer.status_code == 200
    assert answer.headers["etag"] == 'W/"1.1"'
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["started_at"] is None


def test_a_finished_job_shows_its_result_and_no_retry(caller, stores, job_id):
    succeed(stores, PHOTO, STORED)
    answer = caller.get(f"/v1/jobs/{job_id}")

    assert answer.json()["state"] == "succeeded"
    assert answer.json()["result"] == examples.PHOTO_RESULT
    assert "retry-after" not in answer.headers


def test_a_job_is_of_the_shape_that_openapi_shows(caller, stores, job_id):
    succeed(stores, PHOTO, STORED)
    shown = schemas.JobView.model_validate(caller.get(f"/v1/jobs/{job_id}").json())

    assert isinstance(shown.result, schemas.PhotoResult)


def test_what_the_core_writes_is_what_openapi_shows():
    affect = Affect(valence=0.1, arousal=0.2)
    sixths = dict.fromkeys(Emotion, 1 / 6)
    reading = PhotoReading(
        emotion=EmotionReading(distribution=sixths, affect=affect),
        agreement=Agreement(scene=affect, faces=affect),
        faces=(Face(x=0, y=0, width=1, height=1, score=1, distribution={"joy": 1.0}),),
        moods=(MoodScore(label="calm", score=0.5),),
        captions=Captions(plain="A square.", emotional="A calm square."),
    )
    answer = answers.photo_answer(reading, query="q", matches=[])
    last = {"personal": False, "receipt": receipt(), "timings_ms": {"batch": 1}}
    result = {"profile": "stub"} | answer | last
    shown = schemas.PhotoResult.model_validate(result).model_dump()

    assert shown == result


@pytest.mark.parametrize("affect", [None, Affect(valence=0.1, arousal=0.2)])
def test_what_the_core_writes_of_words_is_what_openapi_shows(affect):
    answer = answers.text_answer("calm", affect, query="q", matches=[])
    last = {"personal": False, "receipt": receipt(), "timings_ms": {"batch": 1}}
    result = {"profile": "stub"} | answer | last
    shown = schemas.TextResult.model_validate(result).model_dump()

    assert shown == result


def receipt() -> dict[str, object]:
    return answers.receipt(
        stub.stub_profile(), index_snapshot=None, index_revision=7, prompts_sha256="0"
    )


def test_times_are_utc_to_the_millisecond(caller, stores, job_id):
    succeed(stores, PHOTO, STORED)
    job = caller.get(f"/v1/jobs/{job_id}").json()

    for name in ("created_at", "started_at", "finished_at"):
        assert len(job[name]) == len("2026-11-20T23:42:07.312Z")
        assert job[name].endswith("Z")


def test_two_reads_give_the_same_bytes_in_the_stored_order(caller, stores, job_id):
    first, *_ = STORED["matches"]
    matches = [first | {"rank": n, "track_id": name} for n, name in enumerate("cab", start=1)]
    succeed(stores, PHOTO, STORED | {"matches": matches})
    reads = [caller.get(f"/v1/jobs/{job_id}") for _ in range(2)]

    assert reads[0].content == reads[1].content
    shown = reads[0].json()["result"]["matches"]
    assert [match["track_id"] for match in shown] == ["c", "a", "b"]
    assert shown[0]["audio_url"] == "/v1/tracks/c/audio"


def test_a_failed_job_is_answered_with_200_and_its_error(caller, stores, job_id):
    error = jobs.JobError(code="image_broken", detail="The image is truncated.")
    finish(stores, PHOTO, jobs.Failed(error=error))
    answer = caller.get(f"/v1/jobs/{job_id}")

    assert answer.status_code == 200
    assert answer.json()["state"] == "failed"
    assert answer.json()["error"] == {
        "code": "image_broken",
        "detail": "The image is truncated.",
    }


@pytest.mark.parametrize("tag", ['"1.1"', 'W/"1.1"', '"0", W/"1.1"', "*"])
def test_who_has_this_state_already_gets_304_without_a_body(caller, job_id, tag):
    answer = caller.get(f"/v1/jobs/{job_id}", headers={"If-None-Match": tag})

    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == 'W/"1.1"'


def test_who_has_the_last_state_of_a_job_gets_304(caller, stores, job_id):
    succeed(stores, PHOTO, STORED)
    tag = caller.get(f"/v1/jobs/{job_id}").headers["etag"]
    answer = caller.get(f"/v1/jobs/{job_id}", headers={"If-None-Match": tag})

    assert (answer.status_code, tag, "retry-after" in answer.headers) == (304, '"3"', False)


def test_a_job_that_has_moved_up_in_line_is_sent_again(caller, stores, job_id):
    second = caller.submit(image_bytes()).json()["id"]
    tag = caller.get(f"/v1/jobs/{second}").headers["etag"]
    stores.jobs.cancel(jobs.JobId(job_id))
    answer = caller.get(f"/v1/jobs/{second}", headers={"If-None-Match": tag})

    assert (tag, answer.status_code, answer.json()["queue_position"]) == ('W/"1.2"', 200, 1)
    assert answer.headers["etag"] == 'W/"1.1"'


def test_a_job_that_is_as_it_was_says_when_to_ask_again_as_if_it_were_sent(make, stores):
    class Rows:
        def __getattr__(self, name: str) -> object:
            return getattr(stores.jobs, name)

        def outlook(self, _job_id: jobs.JobId, *, limit: int) -> jobs.Outlook:
            return jobs.Outlook(ahead=min(limit, 4), eta_s=20.0)

    caller = make(stores=replace(stores, jobs=Rows()))
    path = f"/v1/jobs/{caller.submit(image_bytes()).json()['id']}"
    full = caller.get(path)
    unchanged = caller.get(path, headers={"If-None-Match": full.headers["etag"]})

    assert (full.status_code, unchanged.status_code) == (200, 304)
    assert full.headers["retry-after"] == unchanged.headers["retry-after"] == "10"


def test_a_long_poll_waits_for_another_state_and_not_for_another_place(caller, job_id):
    began = time.monotonic()
    seen = {"If-None-Match": 'W/"1.7"'}
    answer = caller.get(f"/v1/jobs/{job_id}?wait=0.3", headers=seen)

    assert time.monotonic() - began >= 0.3
    assert (answer.status_code, answer.json()["queue_position"]) == (200, 1)


def test_a_changed_job_is_sent_again(caller, stores, job_id):
    claim(stores, PHOTO)
    answer = caller.get(f"/v1/jobs/{job_id}", headers={"If-None-Match": '"1"'})

    assert answer.status_code == 200
    assert answer.headers["etag"] == '"2"'


@pytest.mark.parametrize("bad", [str(uuid.UUID(int=1)), "x", "a%00b", "..%2f", "x" * 300])
def test_an_id_that_names_no_job_is_not_found(caller, bad):
    answer = caller.get(f"/v1/jobs/{bad}")

    assert answer.status_code == 404
    assert answer.json()["code"] in {"job_not_found", "path_not_found"}


def test_a_long_poll_is_answered_as_soon_as_the_job_changes(caller, stores, job_id):
    answers = []
    asking = threading.Thread(
        target=lambda: answers.append(caller.get(f"/v1/jobs/{job_id}?wait=20"))
    )
    began = time.monotonic()
    asking.start()
    wait_until(lambda: caller.app.state.door.waiting.count)
    succeed(stores, PHOTO, STORED)
    asking.join(timeout=10)

    assert time.monotonic() - began < 10
    assert answers[0].json()["state"] in {"running", "succeeded"}


def test_a_long_poll_that_sees_no_change_is_answered_in_time(caller, job_id):
    answer = caller.get(f"/v1/jobs/{job_id}?wait=0.1")

    assert answer.json()["state"] == "queued"


def test_a_long_poll_of_a_state_that_has_passed_is_answered_at_once(caller, stores, job_id):
    claim(stores, PHOTO)
    began = time.monotonic()
    answer = caller.get(f"/v1/jobs/{job_id}?wait=20", headers={"If-None-Match": '"1"'})

    assert answer.json()["state"] == "running"
    assert time.monotonic() - began < 10


def test_a_finished_job_is_never_waited_for(caller, stores, job_id):
    succeed(stores, PHOTO, STORED)
    began = time.monotonic()
    caller.get(f"/v1/jobs/{job_id}?wait=20")

    assert time.monotonic() - began < 10


def test_a_preferred_wait_is_honoured_and_named(caller, stores, job_id):
    succeed(stores, PHOTO, STORED)
    answer = caller.get(f"/v1/jobs/{job_id}", headers={"Prefer": "respond-async, wait=60"})

    assert answer.headers["preference-applied"] == "wait=25"


@pytest.mark.parametrize("wait", ["-1", "26", "soon"])
def test_a_wait_out_of_range_is_refused(caller, job_id, wait):
    answer = caller.get(f"/v1/jobs/{job_id}?wait={wait}")

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/wait")


def test_more_waiters_than_a_process_carries_are_refused(make):
    caller = make(max_waiters=0)
    job_id = caller.submit(image_bytes()).json()["id"]
    answer = caller.get(f"/v1/jobs/{job_id}?wait=5")

    assert (answer.status_code, answer.json()["code"]) == (503, "too_many_waiters")
