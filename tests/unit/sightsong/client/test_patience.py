"""What the client does when the service is away, busy or slow."""

import httpx
import pytest

from sightsong.client import (
    Client,
    ClientError,
    Patience,
    ProblemResponse,
    ServiceUnreachable,
    WaitedTooLong,
)
from tests.unit.sightsong.fake_service import Answer, FakeService, job, problem, succeeded

GONE = httpx.ConnectError("refused")
CUT = httpx.ReadError("cut")


def test_nothing_at_the_address_says_how_to_start_something(client: Client, service: FakeService):
    service.on("GET", "/v1/indexes", GONE)
    with pytest.raises(ServiceUnreachable, match="start one with `sightsong up`"):
        client.indexes()
    assert len(service.requests) == Patience().tries


def test_a_submit_that_never_left_is_sent_again(client: Client, service: FakeService):
    service.on("POST", "/v1/jobs", GONE, job("queued"))
    assert client.submit_photo(b"photo")["id"] == "j-1"


@pytest.mark.parametrize("answer", [CUT, problem(500, "internal", "oh")], ids=["cut", "500"])
def test_what_may_have_been_done_and_has_no_key_is_not_sent_again(
    client: Client, service: FakeService, answer: Answer
):
    service.on("POST", "/v1/ingests", answer, {"id": "i-1"})
    with pytest.raises(ClientError):
        client.ingest("music")
    assert len(service.requests) == 1


def test_a_full_queue_is_tried_again_when_the_service_says(client: Client, service: FakeService):
    full = problem(503, "queue_full", "later", **{"Retry-After": "7"})
    service.on("POST", "/v1/jobs", full, job("queued"))
    assert client.submit_photo(b"photo")["state"] == "queued"
    assert service.pauses == [7.0]


def test_who_waits_elsewhere_is_told_at_once_that_the_queue_is_full_and_for_how_long(
    client: Client, service: FakeService
):
    service.on("POST", "/v1/jobs", problem(503, "queue_full", "later", **{"Retry-After": "7"}))
    with pytest.raises(ProblemResponse) as refused:
        client.submit_photo(b"photo", is_patient=False)
    assert (refused.value.retry_after_s, len(service.requests), service.pauses) == (7.0, 1, [])


def test_a_queue_that_stays_full_is_a_problem_and_not_a_refusal(
    client: Client, service: FakeService
):
    service.on("POST", "/v1/jobs", problem(503, "queue_full", "later"))
    with pytest.raises(ProblemResponse) as refused:
        client.submit_photo(b"photo")
    assert (refused.value.code, refused.value.is_refusal) == ("queue_full", False)


def test_waiting_polls_long_until_the_job_is_final(client: Client, service: FakeService):
    service.on("GET", "/v1/jobs/j-1", job("queued"), job("running", state_version=2), succeeded())
    assert client.wait("j-1")["state"] == "succeeded"
    assert {r.url.params["wait"] for r in service.requests} == {"25"}
    assert service.pauses == []


def test_a_service_that_does_not_hold_polls_back_is_not_asked_without_pause(
    client: Client, service: FakeService
):
    slow = httpx.Response(200, json=job("queued"), headers={"Retry-After": "2"})
    service.on("GET", "/v1/jobs/j-1", slow, slow, slow, succeeded())
    client.wait("j-1")
    assert service.pauses == [2.0, 2.0]


def test_waiting_survives_a_restart_of_the_service(client: Client, service: FakeService):
    service.on("GET", "/v1/jobs/j-1", job("running"), CUT, *[GONE] * 5, succeeded())
    assert client.wait("j-1")["state"] == "succeeded"


def test_waiting_ends_in_time_and_says_that_the_work_goes_on(client: Client, service: FakeService):
    service.on("GET", "/v1/jobs/j-1", job("running"))
    with pytest.raises(WaitedTooLong, match="goes on in the service"):
        client.wait("j-1", timeout_s=0)


def test_an_ingest_is_watched_to_its_end(client: Client, service: FakeService):
    looks = [
        {"id": "i-1", "done": False},
        {"id": "i-1", "done": False},
        {"id": "i-1", "done": True},
    ]
    service.on("GET", "/v1/ingests/i-1", *looks)
    assert [ingest["done"] for ingest in client.watch_ingest("i-1")] == [False, False, True]


def test_the_index_is_waited_for_until_it_is_not_stale(client: Client, service: FakeService):
    service.on("GET", "/v1/indexes", {"items": [], "stale": True}, {"items": [], "stale": False})
    assert client.wait_for_index() is True
    assert len(service.requests) == 2


def test_an_index_that_stays_stale_is_given_up_in_time(client: Client, service: FakeService):
    service.on("GET", "/v1/indexes", {"items": [], "stale": True})
    assert client.wait_for_index(timeout_s=0) is False
