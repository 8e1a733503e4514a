"""POST /v1/jobs: what is taken, what is refused, and how it is told."""

from collections.abc import AsyncIterator
from dataclasses import replace

import anyio
import pytest

from sightsong.adapters import memory
from sightsong.core import errors, jobs, matching
from tests.unit.api.asking import image_bytes

DEFAULTS = {
    "top_k": 5,
    "alpha": None,
    "diversity": matching.DIVERSITY,
    "per_artist": matching.PER_ARTIST,
    "moods": [],
    "duplicates": False,
    "caption": True,
}


def form(*parts: tuple[str, str | None, bytes]) -> dict[str, object]:
    files = [(name, (filename, content)) for name, filename, content in parts]
    return {"files": files}


def test_a_raw_photo_becomes_a_queued_job_with_its_address(caller, stores):
    answer = caller.submit(image_bytes())

    job = answer.json()
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/v1/jobs/{job['id']}"
    assert answer.headers["retry-after"] == "1"
    assert (job["kind"], job["state"], job["result"]) == ("photo", "queued", None)
    assert stores.jobs.get(job["id"]).params == DEFAULTS | {"top_k": 5, "alpha": None}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_an_image_is_is_read_from_its_bytes(caller, stores, kind):
    content = image_bytes(kind)
    answer = caller.post("/v1/jobs", content=content, headers={"Content-Type": "image/x-any"})

    job = stores.jobs.get(answer.json()["id"])
    with stores.blobs.open(job.blob_id) as file:
        assert file.read() == content


def test_a_form_carries_the_photo_and_its_parameters(caller, stores):
    answer = caller.post(
        "/v1/jobs",
        files={"image": ("me.jpg", image_bytes(), "text/plain")},
        data={"top_k": "7", "alpha": "0.25"},
    )

    assert answer.status_code == 202
    assert stores.jobs.get(answer.json()["id"]).params == DEFAULTS | {"top_k": 7, "alpha": 0.25}


def test_a_forms_field_wins_over_the_query(caller, stores):
    answer = caller.post(
        "/v1/jobs?top_k=9&alpha=1", files={"image": image_bytes()}, data={"top_k": "2"}
    )

    assert stores.jobs.get(answer.json()["id"]).params == DEFAULTS | {"top_k": 2, "alpha": 1.0}


def test_the_photo_field_needs_no_file_name(caller):
    boundary = b"cut"
    body = b'--cut\r\nContent-Disposition: form-data; name="image"\r\n\r\n%s\r\n--cut--\r\n'
    answer = caller.post(
        "/v1/jobs",
        content=body % image_bytes(),
        headers={"Content-Type": f"multipart/form-data; boundary={boundary.decode()}"},
    )

    assert answer.status_code == 202


def test_an_accepted_photo_rings_for_the_photo_queue(caller, doorbell):
    caller.submit(image_bytes())

    assert doorbell.rings == (jobs.Queue.PHOTOS,)


def test_an_empty_body_is_refused(caller):
    answer = caller.submit(b"")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert "empty" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ([("photo", "a.jpg", b"x")], "has none"),
        ([("image", "a.jpg", b"x"), ("image", "b.jpg", b"y")], "has 2"),
        ([("image", "a.jpg", b"")], "is empty"),
    ],
)
def test_a_form_must_have_one_photo(caller, parts, word):
    answer = caller.post("/v1/jobs", **form(*parts))

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert word in answer.json()["detail"]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data; boundary=cut", b"--cut\r\nnonsense"),
        ("multipart/form-data; boundary=cut", b"no boundary at all"),
        ("multipart/form-data", b"--cut--"),
        (
            "multipart/form-data; boundary=cut",
            b"--cut\r\nContent-Disposition: x\r\n\r\na\r\n--cut--",
        ),
    ],
)
def test_a_damaged_form_is_refused(caller, content_type, body):
    answer = caller.post("/v1/jobs", content=body, headers={"Content-Type": content_type})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_a_form_of_very_many_parts_is_refused(caller):
    answer = caller.post("/v1/jobs", **form(*[("f", None, b"x")] * 50))

    assert answer.status_code == 422


@pytest.mark.parametrize("content_type", ["text/plain", "application/problem+json", ""])
def test_other_kinds_of_body_are_refused(caller, content_type):
    answer = caller.post("/v1/jobs", content=image_bytes(), headers={"Content-Type": content_type})

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_bytes_that_are_no_image_are_refused(caller):
    answer = caller.submit(b"%!PS-Adobe-3.0 EPSF-3.0")

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_image")


def test_a_photo_with_too_many_bytes_is_refused_by_what_it_declares(make):
    answer = make(max_image_bytes=100).submit(b"x" * 200_000)

    assert (answer.status_code, answer.json()["code"]) == (413, "image_too_large")
    assert answer.headers["connection"] == "close"


def test_a_photo_with_too_many_bytes_is_refused_without_a_declared_length(make):
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 10_000

    answer = make(max_image_bytes=100).submit(endless())

    assert (answer.status_code, answer.json()["code"]) == (413, "image_too_large")


def test_a_photo_a_little_too_large_is_refused_within_a_form_too(make):
    content = image_bytes(size=(90, 90))
    answer = make(max_image_bytes=len(content) - 1).post("/v1/jobs", files={"image": content})

    assert (answer.status_code, answer.json()["code"]) == (413, "image_too_large")


def test_a_photo_with_too_many_pixels_is_refused(make):
    answer = make(max_image_pixels=47).submit(image_bytes(size=(8, 6)))

    assert (answer.status_code, answer.json()["code"]) == (422, "too_many_pixels")


def test_an_upload_that_stalls_is_given_up(make):
    async def stalling() -> AsyncIterator[bytes]:
        yield b"\xff\xd8\xff"
        await anyio.Event().wait()

    answer = make(upload_timeout_s=0.05).submit(stalling())

    assert (answer.status_code, answer.json()["code"]) == (408, "upload_timeout")
    assert answer.headers["connection"] == "close"


def test_a_client_that_goes_away_leaves_nothing_behind(caller, portal, stores):
    sent: list[dict] = []
    messages = [{"type": "http.request", "body": b"\xff\xd8", "more_body": True}]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/jobs",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-type", b"image/jpeg")],
    }

    async def receive() -> dict[str, object]:
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    portal.call(caller.app, scope, receive, send)

    assert sent[0]["status"] == 400
    assert stores.jobs.backlog(jobs.Queue.PHOTOS, limit=9) == 0


def test_a_full_queue_refuses_with_a_time_to_come_back(caller):
    for _ in range(3):
        assert caller.submit(image_bytes()).status_code == 202
    answer = caller.submit(image_bytes())

    assert (answer.status_code, answer.json()["code"]) == (503, "queue_full")
    assert int(answer.headers["retry-after"]) >= 1


def test_a_full_disk_refuses_before_anything_is_accepted(make):
    answer = make(stores=memory.open_stores(blob_room_bytes=10)).submit(image_bytes())

    assert (answer.status_code, answer.json()["code"]) == (503, "insufficient_storage")


def test_a_database_that_is_down_is_told_as_such(make, stores):
    class Down:
        def backlog(self, _queue: jobs.Queue, *, limit: int) -> int:
            raise errors.StoreUnavailable(f"no answer to a count of {limit}")

        def versions(self, _ids: object) -> dict[jobs.JobId, int]:
            raise errors.StoreUnavailable

    answer = make(stores=replace(stores, jobs=Down())).submit(image_bytes())

    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert int(answer.headers["retry-after"]) >= 1


class Moving:
    """Jobs that end at a steady pace."""

    def __init__(self, jobs: object, pace: float | None) -> None:
        self._jobs = jobs
        self.pace = lambda _queue: pace

    def __getattr__(self, name: str) -> object:
        return getattr(self._jobs, name)


@pytest.mark.parametrize(("pace", "told"), [(0.75, "4"), (0.001, "600"), (None, "5")])
def test_a_full_queue_says_when_those_that_wait_will_have_ended(make, pace, told):
    stores = memory.open_stores()
    caller = make(stores=replace(stores, jobs=Moving(stores.jobs, pace)))
    for _ in range(3):
        caller.submit(image_bytes())
    assert caller.submit(image_bytes()).headers["retry-after"] == told
