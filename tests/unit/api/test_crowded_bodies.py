"""JSON of very many tiny values is refused before it is read; long JSON is read by a thread."""

import asyncio
import json
import threading
from dataclasses import replace

import pytest
from pydantic import BaseModel
from starlette.requests import Request

from api.errors import TooManyRequests
from api.routes import bodies
from api.turns import Turns
from sightsong.core.errors import InvalidRequest
from tests.unit.api.albums import JPEG, LINES, encoded, form, made, results

#: Not JSON at all: who reads it says so.
CROWDED = b"[" * (bodies.MOST_VALUES_OF_MANY + 1)


@pytest.fixture
def roomy(make):
    """A door that takes bodies of some megabytes, and an album."""
    return make(max_image_bytes=3_000_000, queue_limit=2000)


@pytest.mark.parametrize(
    ("path", "most"),
    [("/v1/jobs", 20_000), ("/v1/batches", 200_000), ("/v1/ingests", 200_000)],
)
@pytest.mark.parametrize("sign", [b",", b"[", b"{"])
def test_json_with_too_many_values_is_refused_unread(roomy, path, most, sign):
    body = sign * (most + 1)
    answer = roomy.post(path, content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["detail"] == f"The body has more than {most:,} values."


def test_a_photo_of_any_size_has_few_values(roomy):
    body = json.dumps({"image": encoded(JPEG + b"," * 2_000_000)})

    answer = roomy.post("/v1/jobs", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 202


def test_a_crowded_line_is_refused_by_itself_and_unread(roomy):
    crowded = b"[" * (bodies.MOST_VALUES + 1)

    body = b'{"text":"calm"}\n' + crowded
    lines = results(roomy, made(roomy.post("/v1/batches", content=body, headers=LINES)))

    assert [one["state"] for one in lines] == ["queued", "refused"]
    assert lines[1]["error"]["detail"] == "The item has more than 20,000 values."


def test_a_crowded_field_of_items_is_refused_unread(roomy):
    answer = roomy.post("/v1/batches", **form(("a.jpg", JPEG), items=CROWDED.decode()))

    assert (answer.status_code, answer.json()["code"]) == (422, "batch_refused")
    assert "more than 200,000 values" in answer.json()["detail"]


def test_blank_lines_are_no_way_to_hold_a_place(roomy):
    item = b'{"text":"calm"}'

    some = roomy.post("/v1/batches", content=b"\n" * 1000 + item, headers=LINES)
    many = roomy.post("/v1/batches", content=b"\r\n" * 1001 + item, headers=LINES)

    assert made(some)["total"] == 1
    assert (many.status_code, many.json()["code"]) == (422, "batch_refused")
    assert "blank lines" in many.json()["detail"]


class Reading(BaseModel):
    """Notes which threads have read it."""

    seen: list[str]

    @classmethod
    def model_validate_json(cls, body: bytes) -> "Reading":  # type: ignore[override]
        return cls(seen=[threading.current_thread().name, str(len(body))])


def request(body: bytes) -> Request:
    sent = iter([{"type": "http.request", "body": body}])

    async def receive() -> dict[str, object]:
        return next(sent)

    headers = [(b"content-type", b"application/json")]
    return Request({"type": "http", "headers": headers, "method": "POST", "path": "/"}, receive)


@pytest.mark.parametrize(("size", "is_here"), [(1000, True), (1_000_000, False)])
def test_only_long_bodies_are_read_by_a_thread(caller, size, is_here):
    door = caller.app.state.door

    async def read() -> bool:
        found = await bodies.read_json(request(b"x" * size), door, Reading, max_bytes=2_000_000)
        return found.seen == [threading.current_thread().name, str(size)]

    assert asyncio.run(read()) is is_here


def test_only_so_many_long_bodies_wait_to_be_read(caller):
    door = replace(caller.app.state.door, reading=Turns(0, waiting=0))

    async def read(size: int) -> Reading:
        return await bodies.read_json(request(b"x" * size), door, Reading, max_bytes=2_000_000)

    with pytest.raises(TooManyRequests):
        asyncio.run(read(1_000_000))
    assert asyncio.run(read(1000)).seen


def test_crowded_bodies_are_never_handed_to_a_model(caller):
    with pytest.raises(InvalidRequest):
        asyncio.run(
            bodies.read_json(request(CROWDED), caller.app.state.door, Reading, max_bytes=2_000_000)
        )
