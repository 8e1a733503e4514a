"""Canceling a job, and erasing it."""

import threading

import pytest

from sightsong.core import jobs
from sightsong.core.errors import BlobNotFound
from sightsong.core.ingests import Wish
from sightsong.core.tracks import FoundFile, Tags
from tests.unit.api.asking import image_bytes
from tests.unit.api.library import SPACE, claim, succeed
from tests.waiting import wait_until

PHOTO = jobs.JobKind.PHOTO
FAILED = jobs.Failed(error=jobs.JobError(code="image_broken", detail="Cut off."))


@pytest.fixture
def job_id(caller) -> str:
    return str(caller.submit(image_bytes()).json()["id"])


def cancel(caller, job_id: str):
    return caller.post(f"/v1/jobs/{job_id}/cancel")


def erase(caller, job_id: str):
    return caller.delete(f"/v1/jobs/{job_id}")


def test_a_job_that_waits_is_canceled(caller, job_id):
    answer = cancel(caller, job_id)

    assert (answer.status_code, answer.json()["state"]) == (200, "canceled")
    assert answer.headers["etag"] == '"2"'
    assert "retry-after" not in answer.headers
    assert caller.get(f"/v1/jobs/{job_id}").json() == answer.json()


def test_a_job_that_runs_is_canceled_and_what_its_worker_writes_is_not_kept(caller, stores, job_id):
    running = claim(stores, PHOTO)
    assert cancel(caller, job_id).json()["state"] == "canceled"
    late = jobs.Completion(job=running, outcome=jobs.Succeeded(result={}))

    assert stores.jobs.complete([late]) == frozenset()
    assert caller.get(f"/v1/jobs/{job_id}").json()["state"] == "canceled"


def test_canceling_again_changes_nothing(caller, job_id):
    first, second = cancel(caller, job_id), cancel(caller, job_id)

    assert (second.status_code, second.content) == (200, first.content)


@pytest.mark.parametrize("outcome", [jobs.Succeeded(result={}), FAILED])
def test_a_job_that_has_ended_cannot_be_canceled(caller, stores, job_id, outcome):
    stores.jobs.complete([jobs.Completion(job=claim(stores, PHOTO), outcome=outcome)])
    answer = cancel(caller, job_id)

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert caller.get(f"/v1/jobs/{job_id}").json()["state"] in answer.json()["detail"]


def test_canceling_an_ingest_is_pointed_to_where_that_is_done(caller, stores):
    ingest = stores.ingests.submit(Wish(paths=("/m",))).id
    answer = cancel(caller, ingest)

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert f"POST /v1/ingests/{ingest}/cancel" in answer.json()["detail"]
    assert stores.jobs.get(ingest).state is jobs.JobState.QUEUED


def test_what_listens_to_a_track_is_given_up_with_its_ingest_alone(caller, stores):
    parent = stores.jobs.submit(jobs.NewJob(kind=jobs.JobKind.INGEST, params={"path": "/m"}))
    file = FoundFile(path="/m/a", size_bytes=1, mtime_ns=1, sha256="0" * 64, tags=Tags(title="A"))
    stores.tracks.register([file], space=SPACE, parent_id=parent.id)
    embed = claim(stores, jobs.JobKind.EMBED)
    answer = cancel(caller, embed.id)

    assert answer.status_code == 409
    assert f"POST /v1/ingests/{parent.id}/cancel" in answer.json()["detail"]
    assert stores.jobs.get(embed.id).state is jobs.JobState.RUNNING


def test_what_is_done_to_the_index_can_be_canceled(caller, stores):
    rebuild = stores.jobs.submit(jobs.NewJob(kind=jobs.JobKind.REBUILD))

    assert cancel(caller, rebuild.id).json()["state"] == "canceled"


def test_erasing_a_job_leaves_nothing_of_it(caller, stores, job_id):
    blob_id = stores.jobs.get(jobs.JobId(job_id)).blob_id
    succeed(stores, PHOTO, {"query": "calm"})
    answer = erase(caller, job_id)

    assert (answer.status_code, answer.content) == (204, b"")
    with pytest.raises(BlobNotFound):
        stores.blobs.open(blob_id)


def test_erasing_again_is_fine(caller, job_id):
    assert [erase(caller, job_id).status_code for _ in range(2)] == [204, 204]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "?wait=20"),
        ("POST", "/cancel"),
        ("GET", "/events"),
        ("POST", "/refine"),
    ],
)
def test_nothing_can_be_asked_of_an_erased_job(caller, job_id, method, path):
    erase(caller, job_id)
    body = {"json": {"calmer": 0.5}} if path == "/refine" else {}
    answer = caller.ask(method, f"/v1/jobs/{job_id}{path}", **body)

    assert (answer.status_code, answer.json()["code"]) == (410, "job_erased")


def test_a_job_that_runs_is_canceled_by_erasing_it(caller, stores, job_id):
    running = claim(stores, PHOTO)
    erase(caller, job_id)
    late = jobs.Completion(job=running, outcome=jobs.Succeeded(result={"query": "calm"}))

    assert stores.jobs.complete([late]) == frozenset()


def test_who_waits_for_a_job_learns_that_it_was_erased(caller, job_id):
    answers: list = []
    asking = threading.Thread(
        target=lambda: answers.append(caller.get(f"/v1/jobs/{job_id}?wait=20"))
    )
    asking.start()
    wait_until(lambda: caller.app.state.door.waiting.count)
    erase(caller, job_id)
    asking.join(timeout=10)

    assert answers[0].status_code == 410


def test_jobs_of_the_library_cannot_be_erased(caller, stores):
    rebuild = stores.jobs.submit(jobs.NewJob(kind=jobs.JobKind.REBUILD))
    answer = erase(caller, rebuild.id)

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert stores.jobs.get(rebuild.id).state is jobs.JobState.QUEUED


@pytest.mark.parametrize("do", [cancel, erase])
@pytest.mark.parametrize("bad", ["x", "0b0e6a0e-6e5b-4d53-9b7e-2f1f6f0f3c11", "a%00b", "x" * 300])
def test_an_id_that_names_no_job_is_not_found(caller, do, bad):
    answer = do(caller, bad)

    assert (answer.status_code, answer.json()["code"]) == (404, "job_not_found")
