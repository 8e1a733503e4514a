"""Submits go under a key, so that they can be sent again without becoming two jobs."""

from collections.abc import Callable

import httpx
import pytest

from sightsong.client import (
    Client,
    JobView,
    Patience,
    PhotoTaste,
    ProblemResponse,
    ServiceUnreachable,
)
from tests.unit.sightsong.fake_service import FakeService, job, problem

CUT = httpx.ReadError("cut")
GONE = httpx.ConnectError("refused")
QUEUED = httpx.Response(202, json=job("queued"))
IN_FLIGHT = problem(409, "idempotency_in_flight", "in a moment", **{"Retry-After": "1"})

Submit = Callable[[Client], JobView]
SUBMITS = {
    "photo": lambda client: client.submit_photo(b"photo"),
    "text": lambda client: client.submit_text("calm piano"),
}


def keys(service: FakeService) -> list[str]:
    return [request.headers["Idempotency-Key"] for request in service.asked("POST", "/v1/jobs")]


@pytest.mark.parametrize("submit", SUBMITS.values(), ids=SUBMITS)
@pytest.mark.parametrize(
    "first",
    [CUT, *[problem(status, "internal", "oh") for status in (500, 502, 503, 504)], IN_FLIGHT],
    ids=["cut", "500", "502", "503", "504", "in flight"],
)
def test_a_submit_is_sent_again_under_its_key(
    client: Client, service: FakeService, submit: Submit, first: httpx.Response
):
    service.on("POST", "/v1/jobs", first, QUEUED)
    assert submit(client)["state"] == "queued"
    sent, again = keys(service)
    assert sent == again


def test_each_submit_has_a_key_of_its_own(client: Client, service: FakeService):
    service.on("POST", "/v1/jobs", QUEUED)
    client.submit_photo(b"photo")
    client.submit_photo(b"photo")
    first, second = keys(service)
    assert first != second


@pytest.mark.parametrize(
    ("key", "sent"),
    [("trip-1", '"trip-1"'), ('a "b" \\', '"a \\"b\\" \\\\"')],
    ids=["plain", "odd"],
)
def test_a_key_of_your_own_is_sent_as_a_string(
    client: Client, service: FakeService, key: str, sent: str
):
    service.on("POST", "/v1/jobs", QUEUED)
    client.submit_text("calm piano", idempotency_key=key)
    assert keys(service) == [sent]


@pytest.mark.parametrize("key", ["", "x" * 129, "Café", "a\nb"])
def test_what_is_no_key_is_refused_before_anything_is_sent(
    client: Client, service: FakeService, key: str
):
    with pytest.raises(ValueError, match="printable ASCII"):
        client.submit_photo(b"photo", idempotency_key=key)
    assert service.requests == []


@pytest.mark.parametrize(
    "refusal",
    [
        problem(409, "conflict", "not in this state"),
        problem(422, "idempotency_mismatch", "This key was used for another request."),
    ],
    ids=["conflict", "mismatch"],
)
def test_a_refusal_is_final(client: Client, service: FakeService, refusal: httpx.Response):
    service.on("POST", "/v1/jobs", refusal, QUEUED)
    with pytest.raises(ProblemResponse):
        client.submit_photo(b"photo")
    assert len(service.requests) == 1


def test_the_service_says_when_to_come_again(client: Client, service: FakeService):
    later = problem(500, "internal", "oh", **{"Retry-After": "9"})
    service.on("POST", "/v1/jobs", later, QUEUED)
    client.submit_photo(b"photo")
    assert service.pauses == [9.0]


def test_a_service_that_is_away_is_given_up_soon(client: Client, service: FakeService):
    service.on("POST", "/v1/jobs", GONE)
    with pytest.raises(ServiceUnreachable):
        client.submit_photo(b"photo")
    assert len(service.requests) == Patience().tries


def test_a_submit_may_wait_for_a_service_that_is_away(client: Client, service: FakeService):
    service.on("POST", "/v1/jobs", *[GONE] * 8, QUEUED)
    assert client.submit_photo(b"photo", away_s=60)["state"] == "queued"
    assert len(set(keys(service))) == 1


def test_what_is_said_of_the_handling_goes_with_a_photo(client: Client, service: FakeService):
    service.on("POST", "/v1/jobs", QUEUED)
    client.submit_photo(
        b"photo", priority=0, deadline_s=60, custom_id="trip", keep_image_s=0, caption=False
    )
    assert dict(service.requests[0].url.params) == {
        "priority": "0",
        "deadline_s": "60",
        "custom_id": "trip",
        "keep_image_s": "0",
        "caption": "false",
    }


def test_what_is_said_of_the_handling_goes_with_words(client: Client, service: FakeService):
    service.on("POST", "/v1/jobs", QUEUED)
    client.submit_text("calm piano", priority=0, deadline_s=60, custom_id="trip")
    wanted = {"text": "calm piano", "priority": 0, "deadline_s": 60, "custom_id": "trip"}
    assert service.sent("POST", "/v1/jobs") == wanted


@pytest.mark.parametrize("submit", ["submit_photo", "submit_text", "submit_batch"])
def test_a_key_of_the_service_names_no_submit(client: Client, service: FakeService, submit: str):
    what = "calm piano" if submit == "submit_text" else [b"photo"]
    with pytest.raises(ValueError, match=r"Client\(key=…\)") as refused:
        getattr(client, submit)(what, idempotency_key="ssk_k3v9x0a7q2mz_secret")
    assert "secret" not in str(refused.value)
    assert service.requests == []


@pytest.mark.parametrize("submit", ["submit_photo", "submit_text", "submit_batch"])
def test_what_is_no_wish_is_not_sent(client: Client, service: FakeService, submit: str):
    what = {"submit_photo": b"photo", "submit_batch": [b"photo"]}.get(submit, "calm piano")
    with pytest.raises(TypeError, match="idempotency_key"):
        getattr(client, submit)(what, key="ssk_k3v9x0a7q2mz_secret")
    assert service.requests == []


def test_help_names_every_wish():
    told = Client.submit_photo.__doc__ or ""
    assert [name for name in PhotoTaste.__optional_keys__ if f"`{name}`" not in told] == []
    assert "insecure_key" in (Client.__doc__ or "")
