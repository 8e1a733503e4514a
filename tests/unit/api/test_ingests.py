"""/v1/ingests: what may be taken in, and how far it is."""

import json

import pytest

from sightsong.core import jobs
from tests.unit.api.library import claim, succeed

SCAN = {"found": 2, "new": 2, "known": 0, "duplicates": 0, "unreadable": 0}


def test_a_folder_is_taken_in_as_a_job(caller, stores, doorbell, tmp_path):
    answer = caller.post("/v1/ingests", json={"path": str(tmp_path)})

    ingest = answer.json()
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/v1/ingests/{ingest['id']}"
    assert stores.jobs.get(ingest["id"]).params == {"path": str(tmp_path)}
    assert doorbell.rings == (jobs.Queue.LIBRARY,)


def test_links_are_resolved_before_a_path_is_kept(caller, stores, tmp_path):
    (tmp_path / "music").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "music")
    answer = caller.post("/v1/ingests", json={"path": str(tmp_path / "link")})

    assert stores.jobs.get(answer.json()["id"]).params == {"path": str(tmp_path / "music")}


@pytest.mark.parametrize(
    "path", ["music", "~/music", "/no/such/folder", "/a\0b", "/\udce9", "/" + "x" * 3000]
)
def test_a_path_that_cannot_be_read_is_refused(caller, path):
    body = json.dumps({"path": path})  # escapes what is not Unicode
    answer = caller.post(
        "/v1/ingests", content=body, headers={"Content-Type": "application/json; charset=utf-8"}
    )

    assert answer.status_code == 422
    assert answer.json()["code"] in {"path_not_allowed", "invalid_request"}


@pytest.mark.parametrize("outside", [".", "..", "../other", "link", "../no-such"])
def test_what_lies_outside_the_library_is_refused_alike(make, tmp_path, outside):
    root = tmp_path / "library"
    root.mkdir()
    (tmp_path / "other").mkdir()
    (root / "link").symlink_to(tmp_path / "other")
    answer = make(library_root=root).post("/v1/ingests", json={"path": str(root / outside)})

    if outside == ".":
        assert answer.status_code == 202
    else:
        assert (answer.status_code, answer.json()["code"]) == (422, "path_not_allowed")
        assert answer.json()["detail"] == "The path lies outside the library folder."


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"path": 1}', b'{"path": ""}', rb'{"path":"/","\udc00":1}']
)
def test_a_body_of_another_form_is_refused_by_name(caller, body):
    answer = caller.post("/v1/ingests", content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["errors"][0]["in"] == "body"


def test_a_field_that_is_not_known_is_refused(caller, tmp_path):
    answer = caller.post("/v1/ingests", json={"path": str(tmp_path), "paht": 1})

    assert answer.json()["errors"][0]["pointer"] == "/paht"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_only_json_is_taken(caller, content_type):
    answer = caller.post(
        "/v1/ingests", content=b'{"path": "/"}', headers={"Content-Type": content_type}
    )

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_body_that_is_too_large_is_refused(caller):
    answer = caller.post("/v1/ingests", json={"path": "/" + "x" * 20_000})

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.fixture
def ingest_id(caller, tmp_path) -> str:
    return caller.post("/v1/ingests", json={"path": str(tmp_path)}).json()["id"]


def test_an_ingest_that_waits_is_not_done(caller, ingest_id):
    answer = caller.get(f"/v1/ingests/{ingest_id}")

    assert (answer.json()["scan"], answer.json()["done"]) == (None, False)
    assert answer.headers["retry-after"] == "1"


def test_an_ingest_is_not_done_while_a_track_of_it_is_open(caller, stores, ingest_id):
    for _ in range(2):
        stores.jobs.submit(
            jobs.NewJob(
                kind=jobs.JobKind.EMBED,
                params={"track_id": "t"},
                parent_id=jobs.JobId(ingest_id),
            )
        )
    succeed(stores, jobs.JobKind.INGEST, SCAN)
    succeed(stores, jobs.JobKind.EMBED, {})
    ingest = caller.get(f"/v1/ingests/{ingest_id}").json()

    assert (ingest["state"], ingest["scan"], ingest["done"]) == ("succeeded", SCAN, False)
    assert ingest["tracks"] == {
        "queued": 1,
        "running": 0,
        "succeeded": 1,
        "failed": 0,
        "canceled": 0,
    }


def test_an_ingest_of_nothing_new_is_done_with_its_scan(caller, stores, ingest_id):
    claim_id = claim(stores, jobs.JobKind.INGEST)
    done = jobs.Completion(job=claim_id, outcome=jobs.Succeeded(result=SCAN))
    stores.jobs.complete([done])
    answer = caller.get(f"/v1/ingests/{ingest_id}")

    assert answer.json()["done"] is True
    assert "retry-after" not in answer.headers


def test_a_job_of_another_kind_is_no_ingest(caller, stores):
    photo = stores.jobs.submit(jobs.NewJob(kind=jobs.JobKind.PHOTO))
    answer = caller.get(f"/v1/ingests/{photo.id}")

    assert (answer.status_code, answer.json()["code"]) == (404, "job_not_found")
