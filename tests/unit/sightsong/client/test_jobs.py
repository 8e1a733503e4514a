"""Jobs are listed, canceled, erased and followed."""

from datetime import UTC, datetime
from urllib.parse import unquote

import httpx
import pytest

from sightsong.client import Client, ProblemResponse, UnexpectedResponse, sse
from tests.unit.sightsong.fake_service import FakeService, job, problem, succeeded
from tests.unit.sightsong.ingest_views import page
from tests.unit.sightsong.job_events import cut, stream, told

EVENTS = "/v1/jobs/j-1/events"
GONE = httpx.ConnectError("refused")
QUEUED, RUNNING = job("queued"), job("running", state_version=2)


def states(client: Client) -> list[str]:
    return [one["state"] for one in client.events("j-1")]


def test_all_jobs_come_page_by_page(client: Client, service: FakeService):
    first = {"items": [job("queued", id="a")], "next_cursor": "next"}
    service.on("GET", "/v1/jobs", first, page(job("failed", id="b")))
    assert [one["id"] for one in client.jobs()] == ["a", "b"]
    assert [r.url.params.get("cursor") for r in service.requests] == [None, "next"]


def test_which_jobs_to_list_is_said_in_the_address(client: Client, service: FakeService):
    service.on("GET", "/v1/jobs", page())
    since = datetime(2026, 11, 20, 23, 42, 7, tzinfo=UTC)
    found = client.jobs(
        state="failed", kind=["photo", "ingest"], custom_id="trip", created_after=since, limit=7
    )
    assert list(found) == []
    assert service.requests[0].url.params.multi_items() == [
        ("state", "failed"),
        ("kind", "photo"),
        ("kind", "ingest"),
        ("custom_id", "trip"),
        ("created_after", "2026-11-20T23:42:07+00:00"),
        ("limit", "7"),
    ]


def test_a_time_without_a_zone_is_no_time(client: Client):
    with pytest.raises(ValueError, match="zone"):
        list(client.jobs(created_after=datetime(2026, 11, 20)))  # noqa: DTZ001 - that is the case


def test_a_cancel_is_sent_again_after_a_lost_connection(client: Client, service: FakeService):
    service.on("POST", "/v1/jobs/j-1/cancel", httpx.ReadError("cut"), job("canceled"))
    assert client.cancel("j-1")["state"] == "canceled"


def test_what_has_ended_is_not_canceled(client: Client, service: FakeService):
    refusal = problem(409, "conflict", "This job has succeeded.")
    service.on("POST", "/v1/jobs/j-1/cancel", refusal, job("canceled"))
    with pytest.raises(ProblemResponse, match="has succeeded"):
        client.cancel("j-1")


def test_an_erase_is_sent_again_after_a_lost_connection(client: Client, service: FakeService):
    service.on("DELETE", "/v1/jobs/j-1", httpx.ReadError("cut"), httpx.Response(204))
    client.erase("j-1")
    assert len(service.asked("DELETE", "/v1/jobs/j-1")) == 2


@pytest.mark.parametrize("odd", ["..", "../tracks/t-1", "a?b#c"])
def test_an_odd_id_leads_nowhere_else(client: Client, service: FakeService, odd: str):
    for ask in (client.cancel, client.erase, lambda job_id: next(client.events(job_id))):
        with pytest.raises(ProblemResponse):
            ask(odd)
    steps = [request.url.raw_path.decode().split("/")[3] for request in service.requests]
    assert [unquote(step) for step in steps] == [odd] * 3
    assert not any("." in step for step in steps)


def test_a_job_is_followed_to_its_end(client: Client, service: FakeService):
    done = succeeded()
    service.on("GET", EVENTS, stream(told(QUEUED), b": still here\n\n", told(RUNNING), told(done)))
    assert list(client.events("j-1")) == [QUEUED, RUNNING, done]
    assert len(service.requests) == 1


def test_nothing_that_was_told_is_told_again_after_a_lost_connection(
    client: Client, service: FakeService
):
    half = told(RUNNING)[:40]
    service.on("GET", EVENTS, cut(told(QUEUED), half), stream(told(RUNNING), told(succeeded())))
    assert states(client) == ["queued", "running", "succeeded"]
    assert [r.headers.get("Last-Event-ID") for r in service.requests] == [None, "1"]


def test_following_survives_a_restart_of_the_service(client: Client, service: FakeService):
    service.on("GET", EVENTS, stream(told(RUNNING)), *[GONE] * 5, stream(told(succeeded())))
    assert states(client) == ["running", "succeeded"]


def test_one_who_follows_does_not_come_again_without_a_pause(client: Client, service: FakeService):
    service.on("GET", EVENTS, stream(), stream(), stream(told(succeeded())))
    assert states(client) == ["succeeded"]
    assert service.pauses == [1.0, 1.0]


def test_a_job_that_is_erased_meanwhile_is_a_problem(client: Client, service: FakeService):
    service.on("GET", EVENTS, stream(told(RUNNING), b"event: gone\ndata: {}\n\n"))
    with pytest.raises(ProblemResponse) as refused:
        states(client)
    assert (refused.value.code, refused.value.status) == ("job_erased", 410)


def test_a_job_that_is_not_there_is_not_followed(client: Client, service: FakeService):
    service.on("GET", EVENTS, problem(404, "job_not_found", "There is no such job."))
    with pytest.raises(ProblemResponse, match="no such job"):
        states(client)


@pytest.mark.parametrize(
    "answer",
    [httpx.Response(200, text="It works!"), stream(b"data: [1]\n\n"), stream(b"data: {\n\n")],
    ids=["a page", "a list", "half a job"],
)
def test_what_is_no_stream_of_jobs_is_not_followed(
    client: Client, service: FakeService, answer: httpx.Response
):
    service.on("GET", EVENTS, answer)
    with pytest.raises(UnexpectedResponse):
        states(client)


def events(*pieces: bytes) -> list[tuple[str, str | None, str]]:
    stream = sse.Events()
    return [(event.name, event.id, event.data) for piece in pieces for event in stream.fed(piece)]


def test_events_may_come_in_any_pieces():
    whole = told(QUEUED) + told(RUNNING)
    assert events(*[bytes([byte]) for byte in whole]) == events(whole)


def test_an_event_may_have_several_lines_and_carriage_returns():
    assert events(b"id: 7\r\ndata: a\r\ndata:b\r\n\r\n") == [("message", "7", "a\nb")]


def test_an_event_that_was_cut_off_is_none():
    assert events(b"event: state\ndata: {}\n") == []


def test_line_ends_that_only_unicode_knows_end_no_line():
    text = 'data: "a\u2028b\x85c"\n\n'
    assert events(text.encode()) == [("message", None, '"a\u2028b\x85c"')]
