"""POST /v1/ingests: what may be named and taken in."""

import json

import pytest

from sightsong.core import jobs


def test_a_folder_is_taken_in_as_a_job(caller, stores, doorbell, tmp_path):
    answer = caller.post("/v1/ingests", json={"path": str(tmp_path)})

    ingest = answer.json()
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/v1/ingests/{ingest['id']}"
    assert stores.jobs.get(ingest["id"]).params == {"paths": [str(tmp_path)]}
    assert doorbell.rings == (jobs.Queue.LIBRARY,)


def test_links_are_resolved_before_a_path_is_kept(caller, stores, tmp_path):
    (tmp_path / "music").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "music")
    answer = caller.post("/v1/ingests", json={"path": str(tmp_path / "link")})

    assert stores.jobs.get(answer.json()["id"]).params == {"paths": [str(tmp_path / "music")]}


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


def test_a_parameter_of_the_address_that_is_not_known_is_refused(caller, tmp_path):
    answer = caller.post("/v1/ingests?dryrun=true", json={"path": str(tmp_path)})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["errors"][0]["pointer"] == "/dryrun"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_only_json_is_taken(caller, content_type):
    answer = caller.post(
        "/v1/ingests", content=b'{"path": "/"}', headers={"Content-Type": content_type}
    )

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_body_that_is_too_large_is_refused(caller):
    answer = caller.post("/v1/ingests", json={"path": "/" + "x" * 5_000_000})

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_several_paths_are_taken_in_together_and_once_each(caller, stores, tmp_path):
    song = tmp_path / "song.mp3"
    song.write_bytes(b"music")
    body = {"paths": [str(tmp_path), str(song), str(tmp_path)]}
    answer = caller.post("/v1/ingests", json=body)

    assert stores.jobs.get(answer.json()["id"]).params == {"paths": [str(tmp_path), str(song)]}


def test_one_path_of_several_that_cannot_be_read_refuses_all(caller, stores, tmp_path):
    answer = caller.post("/v1/ingests", json={"paths": [str(tmp_path), "/no/such/folder"]})

    assert (answer.status_code, answer.json()["code"]) == (422, "path_not_allowed")
    assert stores.ingests.listed(limit=1) == []


def test_wishes_are_kept_with_the_ingest(caller, stores, tmp_path):
    wishes = {"dry_run": True, "remove_missing": True, "restore": True}
    answer = caller.post("/v1/ingests", json={"path": str(tmp_path), **wishes})

    kept = stores.jobs.get(answer.json()["id"]).params
    assert kept == {"paths": [str(tmp_path)], **wishes}
    assert answer.json()["dry_run"] is True


def test_a_library_is_kept_with_the_ingest_that_names_it(caller, stores, tmp_path):
    answer = caller.post("/v1/ingests", json={"path": str(tmp_path), "library": " Vinyl "})

    kept = stores.jobs.get(answer.json()["id"]).params
    assert kept == {"paths": [str(tmp_path)], "library": "Vinyl"}
    assert answer.json()["library"] == "Vinyl"


@pytest.mark.parametrize("name", ["", " ", "x" * 81, "a\0b", 5])
def test_a_name_that_no_library_can_have_is_refused(caller, tmp_path, name):
    answer = caller.post("/v1/ingests", json={"path": str(tmp_path), "library": name})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["errors"][0]["pointer"] == "/library"


def test_a_dry_run_that_is_asked_for_in_the_address_is_one(caller, tmp_path):
    answer = caller.post("/v1/ingests?dry_run=true", json={"path": str(tmp_path)})

    assert answer.json()["dry_run"] is True


@pytest.mark.parametrize(
    "body",
    [
        {"path": "/", "paths": ["/"]},
        {"path": "/", "url": "s3://music"},
        {"paths": []},
        {"paths": ["/"] * 1001},
        {"dry_run": True},
        {"url": "s3://music", "watch": True},
        {"path": "/", "watch": True, "dry_run": True},
        {"path": "/", "watch": True, "library": "Vinyl"},
    ],
)
def test_a_source_that_is_not_one_is_refused(caller, body):
    answer = caller.post("/v1/ingests", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_what_is_wrong_with_a_whole_body_is_said_without_a_stray_space(caller):
    answer = caller.post("/v1/ingests", json={"dry_run": True})

    assert answer.json()["detail"] == "Invalid request: body: give one of path, paths and url."


def test_an_address_in_an_object_store_is_taken_in(make, stores):
    caller = make(object_stores=("s3://music",))
    answer = caller.post("/v1/ingests", json={"url": "s3://music/albums/"})

    assert stores.jobs.get(answer.json()["id"]).params == {"url": "s3://music/albums"}
    assert answer.json()["source"] == {
        "kind": "url",
        "paths": [],
        "url": "s3://music/albums",
        "files": None,
    }


@pytest.mark.parametrize("url", ["s3://other", "s3://music2", "s3://music/../x", "file:///etc"])
def test_an_address_outside_the_stores_is_refused(make, url):
    answer = make(object_stores=("s3://music",)).post("/v1/ingests", json={"url": url})

    assert (answer.status_code, answer.json()["code"]) == (422, "url_not_allowed")


def test_a_watched_folder_is_kept_and_knows_its_first_ingest(caller, stores, tmp_path):
    answer = caller.post("/v1/ingests", json={"path": str(tmp_path), "watch": True})
    [watched] = caller.get("/v1/watches").json()["items"]

    assert (watched["path"], watched["ingest_id"]) == (str(tmp_path), answer.json()["id"])
    assert "watch" not in stores.jobs.get(answer.json()["id"]).params


def test_a_file_is_not_watched(caller, stores, tmp_path):
    song = tmp_path / "song.mp3"
    song.write_bytes(b"music")
    answer = caller.post("/v1/ingests", json={"path": str(song), "watch": True})

    assert (answer.status_code, answer.json()["code"]) == (422, "path_not_allowed")
    assert (stores.ingests.listed(limit=1), stores.ingests.watched()) == ([], [])


def test_a_watch_can_be_ended(caller, tmp_path):
    caller.post("/v1/ingests", json={"path": str(tmp_path), "watch": True})
    [watched] = caller.get("/v1/watches").json()["items"]
    answers = [caller.delete(f"/v1/watches/{watched['id']}") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 404]
    assert answers[1].json()["detail"] == "No watched folder has this id."
    assert caller.get("/v1/watches").json() == {"items": []}
