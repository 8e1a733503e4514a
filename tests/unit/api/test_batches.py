"""/v1/batches: asked for, waited for, given up, erased."""

import threading
from dataclasses import replace

import pytest

from api import paging
from sightsong.core.jobs import Completion, Failed, JobError
from sightsong.core.tenancy import Scope
from tests.unit.api.albums import (
    JPEG,
    KeptBlobs,
    claim,
    finish,
    form,
    made,
    results,
)
from tests.unit.api.asking import Caller
from tests.unit.api.keyholders import bearing, give_key
from tests.waiting import wait_until


@pytest.fixture
def caller(make) -> Caller:
    """A door with room for an album."""
    return make(queue_limit=2000)


@pytest.fixture
def kept(stores) -> KeptBlobs:
    return KeptBlobs(stores.blobs)


@pytest.fixture
def watched(make, stores, kept) -> Caller:
    """A caller of an app whose blobs can be counted."""
    return make(stores=replace(stores, blobs=kept), queue_limit=2000)


def test_a_batch_is_counted_while_its_jobs_end(caller, stores):
    batch = made(caller.post("/v1/batches", **form(*((f"{i}.jpg", JPEG) for i in range(3)))))
    path = f"/v1/batches/{batch['id']}"
    first, second, third = claim(stores)
    finish(stores, first)
    error = JobError(code="image_broken", detail="It ends early.")
    stores.jobs.complete([Completion(job=second, outcome=Failed(error=error))])

    running = caller.get(path)
    finish(stores, third)
    ended = caller.get(path)

    assert running.headers["retry-after"] == "1"
    assert running.json()["counts"] == {
        "queued": 0,
        "running": 1,
        "succeeded": 1,
        "failed": 1,
        "canceled": 0,
        "refused": 0,
    }
    assert "retry-after" not in ended.headers
    assert ended.json()["state"] == "completed"
    assert ended.json()["finished_at"] is not None
    lines = results(caller, batch)
    assert [one["result"] for one in lines] == [{"query": first.id}, None, {"query": third.id}]
    assert lines[1]["error"] == {"code": "image_broken", "detail": "It ends early."}
    assert len(results(caller, batch, state="succeeded")) == 2


def test_a_batch_that_is_as_it_was_is_not_sent_again(caller, stores):
    batch = made(caller.post("/v1/batches", **form(("a.jpg", JPEG))))
    path = f"/v1/batches/{batch['id']}"
    tag = {"If-None-Match": caller.get(path).headers["etag"]}

    assert caller.get(path, headers=tag).status_code == 304
    finish(stores, *claim(stores))
    assert caller.get(path, headers=tag).status_code == 200


def test_a_batch_is_waited_for_until_it_changes(caller, stores):
    batch = made(caller.post("/v1/batches", **form(("a.jpg", JPEG))))
    path, answers = f"/v1/batches/{batch['id']}", []
    headers = {"If-None-Match": caller.get(path).headers["etag"]}
    asking = threading.Thread(
        target=lambda: answers.append(caller.get(f"{path}?wait=20", headers=headers))
    )
    asking.start()
    wait_until(lambda: caller.app.state.door.batches_waiting.count)

    [job] = claim(stores)
    asking.join(timeout=15)

    assert answers[0].status_code == 200
    assert answers[0].json()["counts"]["running"] == 1
    finish(stores, job)
    assert caller.get(f"{path}?wait=20").json()["state"] == "completed"


def test_a_batch_that_does_not_change_is_told_to_be_as_it_was(caller):
    batch = made(caller.post("/v1/batches", **form(("a.jpg", JPEG))))
    path = f"/v1/batches/{batch['id']}"
    headers = {"If-None-Match": caller.get(path).headers["etag"], "Prefer": "wait=1"}

    answer = caller.get(path, headers=headers)

    assert answer.status_code == 304
    assert answer.headers["preference-applied"] == "wait=1"


def test_jobs_of_a_batch_are_listed_by_it(caller):
    batch = made(caller.post("/v1/batches", **form(("a.jpg", JPEG), ("b.jpg", JPEG))))
    made(caller.post("/v1/batches", **form(("c.jpg", JPEG))))

    listed = caller.get(f"/v1/jobs?batch={batch['id']}").json()["items"]

    assert [one["custom_id"] for one in listed] == ["b.jpg", "a.jpg"]
    assert {one["batch_id"] for one in listed} == {batch["id"]}


def test_giving_up_a_batch_is_safe_to_repeat_and_refused_once_it_has_ended(caller, stores):
    batch = made(caller.post("/v1/batches", **form(("a.jpg", JPEG))))
    path = f"/v1/batches/{batch['id']}/cancel"

    for _ in range(2):
        canceled = caller.post(path)
        assert (canceled.status_code, canceled.json()["state"]) == (200, "canceled")
        assert canceled.json()["cancel_requested"]

    other = made(caller.post("/v1/batches", **form(("b.jpg", JPEG))))
    finish(stores, *claim(stores))
    refused = caller.post(f"/v1/batches/{other['id']}/cancel")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")


def test_an_erased_batch_is_gone_with_its_jobs_and_photos(watched, kept, stores):
    batch = made(watched.post("/v1/batches", **form(("a.jpg", JPEG), ("b.jpg", JPEG))))
    path = f"/v1/batches/{batch['id']}"
    job_ids = [one["job_id"] for one in results(watched, batch)]

    assert watched.delete(path).status_code == 204
    assert watched.delete(path).status_code == 204

    assert kept.there == set()
    for gone in (path, f"{path}/results", f"{path}/playlist"):
        answer = watched.get(gone)
        assert (answer.status_code, answer.json()["code"]) == (410, "batch_erased")
    assert watched.post(f"{path}/cancel").status_code == 410
    assert {watched.get(f"/v1/jobs/{one}").status_code for one in job_ids} == {410}
    assert watched.get("/v1/batches").json()["items"] == []


@pytest.mark.parametrize(
    "batch_id", ["0b0e6a0e-6e5b-4d53-9b7e-2f1f6f0f3c11", "no_id", "%00", "a" * 99]
)
def test_a_batch_that_is_none_is_not_found(caller, batch_id):
    path = f"/v1/batches/{batch_id}"

    answers = [
        caller.get(path),
        caller.get(f"{path}/results"),
        caller.get(f"{path}/playlist"),
        caller.post(f"{path}/cancel"),
        caller.delete(path),
    ]

    assert {(one.status_code, one.json()["code"]) for one in answers} == {(404, "batch_not_found")}


def test_batches_are_listed_page_by_page_newest_first(caller):
    ids = [made(caller.post("/v1/batches", **form((f"{i}.jpg", JPEG))))["id"] for i in range(3)]

    first = caller.get("/v1/batches?limit=2").json()
    second = caller.get(f"/v1/batches?limit=2&cursor={first['next_cursor']}").json()

    assert [one["id"] for one in first["items"] + second["items"]] == ids[::-1]
    assert second["next_cursor"] is None


def test_a_page_follows_a_batch_that_was_erased_since(caller):
    for i in range(3):
        made(caller.post("/v1/batches", **form((f"{i}.jpg", JPEG))))
    first = caller.get("/v1/batches?limit=1").json()
    caller.delete(f"/v1/batches/{first['items'][0]['id']}")

    assert len(caller.get(f"/v1/batches?cursor={first['next_cursor']}").json()["items"]) == 2


@pytest.mark.parametrize("cursor", ["", "odd", "MDAwMA", "Li4v"])
def test_a_cursor_that_leads_nowhere_is_refused(caller, cursor):
    answer = caller.get(f"/v1/batches?cursor={cursor}")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_a_batch_of_another_tenant_is_none(caller, stores):
    ann = bearing(give_key(stores, Scope.JOBS, tenant="ann"))
    eve = bearing(give_key(stores, Scope.JOBS, tenant="eve"))
    batch = caller.post("/v1/batches", json={"items": [{"text": "calm"}]}, headers=ann).json()
    path = f"/v1/batches/{batch['id']}"

    answers = [
        caller.get(path, headers=eve),
        caller.get(f"{path}/results", headers=eve),
        caller.get(f"{path}/playlist", headers=eve),
        caller.post(f"{path}/cancel", headers=eve),
        caller.delete(path, headers=eve),
    ]

    assert {(one.status_code, one.json()["code"]) for one in answers} == {(404, "batch_not_found")}
    assert caller.get("/v1/batches", headers=eve).json()["items"] == []
    cursor = paging.to_cursor(batch["id"])
    assert caller.get(f"/v1/batches?cursor={cursor}", headers=eve).status_code == 422
    assert caller.get(path, headers=ann).json() == batch
    assert [job.tenant for job in claim(stores)] == ["ann"]


def test_a_batch_is_counted_whole_for_its_key(caller, stores):
    headers = bearing(give_key(stores, Scope.JOBS, jobs_per_day=2))
    three = {"items": [{"text": "calm"}] * 3}

    never = caller.post("/v1/batches", json=three, headers=headers)
    assert (never.status_code, never.json()["code"]) == (422, "batch_refused")
    caller.post("/v1/jobs", json={"text": "calm"}, headers=headers)
    two = {"items": three["items"][:2]}
    refused = caller.post("/v1/batches", json=two, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (429, "quota_exceeded")
    told = "2 jobs, of which 1 are left today (UTC), 2 a day in all."
    assert refused.json()["detail"] == told
    assert len(claim(stores)) == 1
    one = {"items": three["items"][:1]}
    assert caller.post("/v1/batches", json=one, headers=headers).status_code == 202


def test_jobs_of_a_batch_are_of_the_user_that_it_was_sent_for(caller, stores):
    headers = {"Sightsong-User": "alice"}
    made(caller.post("/v1/batches", json={"items": [{"text": "calm"}]}, headers=headers))

    assert [job.user for job in claim(stores)] == ["alice"]
