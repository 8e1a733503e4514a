"""Photos that are handed in together, and what becomes of them."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest

from sightsong.client import (
    AnswerCutShort,
    Client,
    Photo,
    ProblemResponse,
    UnexpectedResponse,
    WaitedTooLong,
)
from tests.unit.sightsong.fake_service import FakeService, problem
from tests.unit.sightsong.ingest_views import page
from tests.unit.sightsong.job_events import Cut

BATCH = "/v1/batches/b-1"
RESULTS = f"{BATCH}/results"
ROWS_TYPE = {"Content-Type": "application/x-ndjson"}
ROWS = [{"position": n, "state": "succeeded", "result": {"caption": "Zo\u2028ë"}} for n in (0, 1)]


def batch(state: str = "running", **more: object) -> dict[str, Any]:
    return {"id": "b-1", "state": state, "version": 1, "total": 2, **more}


def lines(*rows: object) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def rows(content: bytes) -> httpx.Response:
    return httpx.Response(200, headers=ROWS_TYPE, content=content)


@pytest.fixture
def taking(service: FakeService) -> FakeService:
    service.on("POST", "/v1/batches", httpx.Response(202, json=batch()))
    return service


def test_photos_go_as_one_form_each_under_its_name(
    client: Client, taking: FakeService, tmp_path: Path
):
    beach = tmp_path / "beach.jpg"
    beach.write_bytes(b"b" * 300_000)
    counted: list[int] = []
    made = client.submit_batch(
        [beach, str(beach), b"bare", ("said.png", b"named")], on_bytes=counted.append
    )
    [request] = taking.requests
    body = request.content
    assert made["id"] == "b-1"
    assert body.count(b'name="image"; filename="beach.jpg"\r\n') == 2
    assert b'filename="photo-3"\r\nContent-Type: application/octet-stream\r\n\r\nbare\r\n' in body
    assert b'filename="said.png"' in body
    assert int(request.headers["content-length"]) == len(body)
    assert sum(counted) == 600_009


def test_what_is_wished_of_all_goes_in_the_address(client: Client, taking: FakeService):
    client.submit_batch([b"a"], custom_id="trip", top_k=3, moods=["calm", "happy"], personal=False)
    assert dict(taking.requests[0].url.params) == {
        "custom_id": "trip",
        "top_k": "3",
        "moods": "calm,happy",
        "personal": "false",
    }


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("trip.zip", "application/zip"),
        ("trip.NDJSON", "application/x-ndjson"),
        ("trip.jsonl", "application/x-ndjson"),
    ],
)
def test_one_file_may_be_a_whole_batch(
    client: Client, taking: FakeService, tmp_path: Path, name: str, kind: str
):
    (tmp_path / name).write_bytes(b"all of it")
    client.submit_batch(tmp_path / name)
    [request] = taking.requests
    assert (request.headers["Content-Type"], request.content) == (kind, b"all of it")


@pytest.mark.parametrize(
    "photos", [iter([]), b"bare", "beach.jpg"], ids=["none", "bytes", "a photo"]
)
def test_what_is_no_batch_is_refused_before_anything_is_sent(
    client: Client, service: FakeService, photos: Iterable[Photo]
):
    with pytest.raises(ValueError, match="as a list"):
        client.submit_batch(photos)
    assert service.requests == []


def test_a_batch_is_sent_again_whole_and_under_its_key(client: Client, service: FakeService):
    lost = httpx.ReadError("cut")
    service.on("POST", "/v1/batches", lost, problem(503, "queue_full", "later"), batch())
    client.submit_batch([b"a", b"b"])
    first, *others = service.requests
    assert [one.content for one in others] == [first.content] * 2
    assert len({one.headers["Idempotency-Key"] for one in service.requests}) == 1


def test_a_batch_in_which_nothing_is_good_is_a_problem(client: Client, service: FakeService):
    service.on("POST", "/v1/batches", problem(422, "batch_refused", "Nothing could be taken."))
    with pytest.raises(ProblemResponse) as refused:
        client.submit_batch([b"a"], idempotency_key="mine")
    assert refused.value.code == "batch_refused"


def test_a_batch_is_waited_for_until_all_of_it_has_ended(client: Client, service: FakeService):
    service.on("GET", BATCH, batch(), batch(version=7), batch("completed", version=9))
    assert client.wait_batch("b-1")["state"] == "completed"
    assert {request.url.params["wait"] for request in service.requests} == {"25"}


def test_a_batch_that_takes_too_long_goes_on_in_the_service(client: Client, service: FakeService):
    service.on("GET", BATCH, batch())
    with pytest.raises(WaitedTooLong, match="batch b-1 was not finished"):
        client.wait_batch("b-1", timeout_s=0)


def test_a_look_at_a_batch_may_be_held_back(client: Client, service: FakeService):
    service.on("GET", BATCH, batch())
    client.batch("b-1", wait_s=4.2)
    client.batch("b-1")
    assert [request.url.params.get("wait") for request in service.requests] == ["5", None]


def test_results_come_line_by_line(client: Client, service: FakeService):
    service.on("GET", RESULTS, rows(lines(*ROWS)))
    assert list(client.batch_results("b-1", state="succeeded")) == ROWS
    assert dict(service.requests[0].url.params) == {"state": "succeeded"}


def test_a_last_line_may_have_no_end(client: Client, service: FakeService):
    service.on("GET", RESULTS, rows(lines(*ROWS).rstrip()))
    assert list(client.batch_results("b-1")) == ROWS


def test_results_that_are_lost_on_their_way_do_not_pass_for_all(
    client: Client, service: FakeService
):
    whole = lines(*ROWS)
    answer = httpx.Response(200, headers=ROWS_TYPE, stream=Cut(whole[:10], whole[10:-10]))
    service.on("GET", RESULTS, answer)
    results = client.batch_results("b-1")
    assert next(results) == ROWS[0]
    with pytest.raises(AnswerCutShort):
        next(results)


@pytest.mark.parametrize(
    "answer", [httpx.Response(200, text="It works!"), rows(b"{\n")], ids=["a page", "half"]
)
def test_what_is_no_lines_of_json_is_not_read(
    client: Client, service: FakeService, answer: httpx.Response
):
    service.on("GET", RESULTS, answer)
    with pytest.raises(UnexpectedResponse):
        list(client.batch_results("b-1"))


def test_results_of_a_batch_that_was_erased_are_a_problem(client: Client, service: FakeService):
    service.on("GET", RESULTS, problem(410, "batch_erased", "This batch was erased."))
    with pytest.raises(ProblemResponse, match="erased"):
        next(client.batch_results("b-1"))


def test_batches_come_page_by_page(client: Client, service: FakeService):
    first = {"items": [batch(id="a")], "next_cursor": "next"}
    service.on("GET", "/v1/batches", first, page(batch(id="b")))
    assert [one["id"] for one in client.batches(limit=7)] == ["a", "b"]
    assert [request.url.params["limit"] for request in service.requests] == ["7", "6"]


def test_a_cancel_and_an_erase_are_sent_again_after_a_lost_connection(
    client: Client, service: FakeService
):
    lost = httpx.ReadError("cut")
    service.on("POST", f"{BATCH}/cancel", lost, batch(cancel_requested=True))
    service.on("DELETE", BATCH, lost, httpx.Response(204))
    assert client.cancel_batch("b-1")["cancel_requested"] is True
    client.erase_batch("b-1")
    assert len(service.requests) == 4


def test_a_playlist_is_read_as_it_is_wished(client: Client, service: FakeService):
    service.on("GET", f"{BATCH}/playlist", {"tracks": []})
    assert client.playlist("b-1", tracks=12, order="path") == {"tracks": []}
    client.playlist("b-1")
    asked = [dict(request.url.params) for request in service.requests]
    assert asked == [{"tracks": "12", "order": "path"}, {}]


def test_a_playlist_may_be_a_file_for_players(client: Client, service: FakeService):
    text = "#EXTM3U\n#EXTINF:10,Zoë\n"
    service.on("GET", f"{BATCH}/playlist", httpx.Response(200, content=text.encode()))
    assert client.playlist_file("b-1", "m3u8", tracks=3) == text
    assert dict(service.requests[0].url.params) == {"tracks": "3", "format": "m3u8"}


def test_files_that_are_called_alike_are_told_apart_by_their_folders(
    client: Client, taking: FakeService, tmp_path: Path
):
    paths = [tmp_path / name for name in ("a/broken.jpg", "b/deep/broken.jpg", "b/whole.jpg")]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"photo")
    client.submit_batch(paths)
    sent = re.findall(rb'filename="([^"]*)"', taking.requests[0].content)
    assert sent == [b"a/broken.jpg", b"b/deep/broken.jpg", b"whole.jpg"]
