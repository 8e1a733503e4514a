"""What the client sends, and what it makes of the answers."""

from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest

from sightsong.client import Client, ClientError, ProblemResponse, UnexpectedResponse
from sightsong.client.wire import is_loopback
from tests.unit.sightsong.fake_service import FakeService, job, problem

JPEG = b"\xff\xd8\xff\xe0 the rest of a photo"


def test_a_photo_goes_raw_with_the_type_of_its_bytes(client: Client, service: FakeService):
    service.on("POST", "/v1/jobs", httpx.Response(202, json=job("queued")))
    assert client.submit_photo(JPEG, top_k=3)["state"] == "queued"
    [request] = service.asked("POST", "/v1/jobs")
    assert (request.content, request.headers["Content-Type"]) == (JPEG, "image/jpeg")
    assert dict(request.url.params) == {"top_k": "3"}


@pytest.mark.parametrize("odd", ["..", ".", "../../etc/passwd", "a?b#c", "v1.2"])
def test_an_id_is_one_step_of_the_path_whatever_it_holds(
    client: Client, service: FakeService, odd: str
):
    for ask in (client.job, client.track, client.similar, client.index, client.ingest_status):
        with pytest.raises(ProblemResponse):
            ask(odd)
    for request in service.requests:
        version, _, step, *end = request.url.raw_path.decode().removeprefix("/").split("/")
        assert (version, unquote(step)) == ("v1", odd)
        assert "." not in step
        assert end in ([], ["similar"])


@pytest.mark.parametrize("moods", [["happy", "sad"], ("happy,sad",), "happy,sad"])
def test_moods_go_in_one_parameter_however_they_are_given(
    client: Client, service: FakeService, moods: str | list[str] | tuple[str, ...]
):
    service.on("POST", "/v1/jobs", httpx.Response(202, json=job("queued")))
    client.submit_photo(JPEG, moods=moods)
    assert dict(service.requests[0].url.params) == {"moods": "happy,sad"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"just words", "application/octet-stream"),
    ],
)
def test_a_misnamed_file_is_sent_as_what_it_is(
    client: Client, service: FakeService, tmp_path: Path, content: bytes, expected: str
):
    photo = tmp_path / "holiday.jpg"
    photo.write_bytes(content)
    service.on("POST", "/v1/jobs", httpx.Response(202, json=job("queued")))
    client.submit_photo(photo)
    assert service.requests[0].headers["Content-Type"] == expected


def test_a_refusal_carries_code_status_and_detail(client: Client, service: FakeService):
    service.on("POST", "/v1/jobs", problem(415, "unsupported_image", "This is no image."))
    with pytest.raises(ProblemResponse) as refused:
        client.submit_photo(b"words")
    error = refused.value
    assert (error.code, error.status, error.detail) == (
        "unsupported_image",
        415,
        "This is no image.",
    )
    assert error.is_refusal


def test_a_refusal_without_a_problem_document_still_has_a_code(
    client: Client, service: FakeService
):
    service.on("GET", "/v1/jobs/j-1", httpx.Response(502, text="<html>bad gateway</html>"))
    with pytest.raises(ProblemResponse) as refused:
        client.job("j-1")
    assert (refused.value.code, refused.value.is_refusal) == ("http_502", False)


def test_what_answers_in_another_language_is_not_a_service(client: Client, service: FakeService):
    service.on("GET", "/readyz", httpx.Response(200, text="It works!"))
    with pytest.raises(UnexpectedResponse, match=r"http://photos\.test is not a Sightsong"):
        client.ready()


def test_an_unready_service_answers_at_once_all_the_same(client: Client, service: FakeService):
    unready = {"status": "unready", "checks": {"database": {"status": "failed", "detail": "no"}}}
    service.on("GET", "/readyz", httpx.Response(503, json=unready))
    assert client.ready()["status"] == "unready"
    assert service.pauses == []


def test_all_tracks_come_page_by_page(client: Client, service: FakeService):
    pages = [
        {"items": [{"id": "a"}, {"id": "b"}], "next_cursor": "next"},
        {"items": [{"id": "c"}], "next_cursor": None},
    ]
    service.on("GET", "/v1/tracks", *pages)
    assert [track["id"] for track in client.tracks()] == ["a", "b", "c"]
    assert [r.url.params.get("cursor") for r in service.requests] == [None, "next"]


def test_a_limit_of_tracks_asks_for_no_more_than_that(client: Client, service: FakeService):
    service.on("GET", "/v1/tracks", {"items": [{"id": "a"}, {"id": "b"}], "next_cursor": "next"})
    assert [track["id"] for track in client.tracks(limit=2)] == ["a", "b"]
    assert [r.url.params["limit"] for r in service.requests] == ["2"]


def test_an_ingest_names_the_folder_in_full(client: Client, service: FakeService, tmp_path: Path):
    service.on("POST", "/v1/ingests", {"id": "i-1", "state": "queued"})
    client.ingest(tmp_path / "music" / "..")
    assert service.sent("POST", "/v1/ingests") == {"paths": [str(tmp_path.resolve())]}


def test_every_error_of_the_client_is_a_client_error():
    assert issubclass(ProblemResponse, ClientError)
    assert issubclass(UnexpectedResponse, ClientError)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:8000", True),
        ("http://127.0.0.1:8000", True),
        ("http://[::1]:8000", True),
        ("http://music.example:8000", False),
    ],
)
def test_a_proxy_never_stands_between_a_client_and_its_own_machine(url: str, expected: bool):
    assert is_loopback(url) is expected
