"""`Prefer: wait=n` on a submit: the answer comes with the result, if that comes in time."""

import gc
import threading
import time
from dataclasses import replace

import pytest

from api.routes.submitting import Parcel
from sightsong.core import errors, jobs
from tests.unit.api.asking import image_bytes
from tests.unit.api.library import claim
from tests.waiting import wait_until

TEXT = jobs.JobKind.TEXT


def ask(caller, prefer: str, text: str = "calm"):
    return caller.post("/v1/jobs", json={"text": text}, headers={"Prefer": prefer})


def in_background(do) -> tuple[threading.Thread, list]:
    answers: list = []
    thread = threading.Thread(target=lambda: answers.append(do()))
    thread.start()
    return thread, answers


def run_to_its_end(caller, stores, outcome: jobs.Outcome) -> None:
    """Claim the job while it is waited for, and end it."""
    wait_until(lambda: caller.app.state.door.waiting.count)
    job = claim(stores, TEXT)
    stores.jobs.complete([jobs.Completion(job=job, outcome=outcome)])


def test_a_job_that_ends_in_time_is_the_answer(caller, stores):
    thread, answers = in_background(lambda: ask(caller, "wait=20"))
    run_to_its_end(caller, stores, jobs.Succeeded(result={"query": "calm"}))
    thread.join(timeout=15)

    job = answers[0].json()
    assert (answers[0].status_code, job["state"]) == (200, "succeeded")
    assert job["result"] == {"query": "calm"}
    assert answers[0].headers["location"] == f"/v1/jobs/{job['id']}"
    assert answers[0].headers["preference-applied"] == "wait=20"
    assert "retry-after" not in answers[0].headers


def test_a_job_that_fails_in_time_is_the_answer_too(caller, stores):
    error = jobs.JobError(code="nothing_understood", detail="Nothing in it.")
    thread, answers = in_background(lambda: ask(caller, "respond-async, wait=20"))
    run_to_its_end(caller, stores, jobs.Failed(error=error))
    thread.join(timeout=15)

    assert (answers[0].status_code, answers[0].json()["state"]) == (200, "failed")
    assert answers[0].json()["error"]["code"] == "nothing_understood"


def test_a_job_that_does_not_end_in_time_is_accepted_as_ever(caller):
    began = time.monotonic()
    answer = ask(caller, "wait=1")

    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    assert answer.headers["preference-applied"] == "wait=1"
    assert answer.headers["retry-after"] == "1"
    assert time.monotonic() - began >= 1


def test_a_job_that_has_begun_in_time_is_shown_as_it_is(caller, stores):
    thread, answers = in_background(lambda: ask(caller, "wait=1"))
    wait_until(lambda: caller.app.state.door.waiting.count)
    claim(stores, TEXT)
    thread.join(timeout=15)

    assert (answers[0].status_code, answers[0].json()["state"]) == (202, "running")


@pytest.mark.parametrize("prefer", ["wait=0", "return=minimal", "wait=soon", ""])
def test_who_does_not_prefer_to_wait_is_answered_at_once(caller, prefer):
    answer = ask(caller, prefer)

    assert answer.status_code == 202
    assert answer.headers.get("preference-applied") == ("wait=0" if prefer == "wait=0" else None)


def test_a_photo_is_waited_for_as_well(caller, stores):
    headers = {"Content-Type": "image/jpeg", "Prefer": "wait=20"}
    thread, answers = in_background(
        lambda: caller.post("/v1/jobs", content=image_bytes(), headers=headers)
    )
    wait_until(lambda: caller.app.state.door.waiting.count)
    job = claim(stores, jobs.JobKind.PHOTO)
    stores.jobs.complete([jobs.Completion(job=job, outcome=jobs.Succeeded(result={"matches": []}))])
    thread.join(timeout=15)

    assert (answers[0].status_code, answers[0].json()["result"]) == (200, {"matches": []})


def test_a_request_that_waits_does_not_keep_its_photo(caller, stores):
    headers = {"Content-Type": "image/jpeg", "Prefer": "wait=20"}
    thread, _ = in_background(
        lambda: caller.post("/v1/jobs", content=image_bytes(), headers=headers)
    )
    wait_until(lambda: caller.app.state.door.waiting.count)
    parcels = [one for one in gc.get_objects() if type(one) is Parcel]  # nothing else is asked
    job = claim(stores, jobs.JobKind.PHOTO)
    stores.jobs.complete([jobs.Completion(job=job, outcome=jobs.Succeeded(result={}))])
    thread.join(timeout=15)

    assert parcels
    assert {one.take() for one in parcels} == {b""}


def test_where_too_many_wait_the_job_is_accepted_and_not_refused(make):
    answer = ask(make(max_waiters=0), "wait=5")

    assert answer.status_code == 202
    assert "preference-applied" not in answer.headers


class Forgetful:
    """Job rows of a database that goes down once a job is stored."""

    def __init__(self, rows) -> None:
        self._rows = rows
        self.backlog, self.submit = rows.backlog, rows.submit

    def versions(self, job_ids):
        return dict.fromkeys(job_ids, 99)

    def get_all(self, _wanted):
        raise errors.StoreUnavailable


def test_a_database_that_goes_down_meanwhile_does_not_make_a_stored_job_look_refused(make, stores):
    answer = ask(make(stores=replace(stores, jobs=Forgetful(stores.jobs))), "wait=5")

    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    assert stores.jobs.get(answer.json()["id"]).kind is TEXT


def test_a_process_that_stops_holds_nobody_back(make):
    caller = make()
    caller.app.state.door.waiting.is_stopping = lambda: True
    began = time.monotonic()
    answer = ask(caller, "wait=20")

    assert answer.status_code == 202
    assert time.monotonic() - began < 10
