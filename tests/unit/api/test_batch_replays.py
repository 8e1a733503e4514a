"""Sent again under its key: the same batch or job, whatever has become of what it names."""

import pytest

from api.dependencies import Surroundings
from sightsong.core.errors import FetchFailed
from tests.unit.api.albums import made, ndjson, results
from tests.unit.api.asking import image_bytes

URL = "https://photos.example.org/beach.jpg"
KEY = {"Idempotency-Key": "album-1"}
NONE = "00000000-0000-0000-0000-000000000000"


class Web:
    """The open web: a photo, once it can be had."""

    def __init__(self) -> None:
        self.error: Exception | None = FetchFailed("the server answers 500")

    def __call__(self, url: str, /) -> bytes:
        if self.error is not None:
            raise self.error
        return image_bytes()


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.fixture
def caller(make, web):
    return make(around=Surroundings(fetch_photo=web), fetches_urls=True, queue_limit=100)


def register(caller) -> str:
    body = {"url": "https://app.example/", "events": []}
    return caller.post("/v1/webhooks", json=body).json()["id"]


def send(caller, *items: object, **wishes: str):
    body = ndjson(*items)
    return caller.post(
        "/v1/batches", **{**body, "headers": body["headers"] | KEY, "params": wishes}
    )


def test_another_webhook_makes_it_another_batch(caller):
    one, other = register(caller), register(caller)
    made(send(caller, {"text": "calm"}, webhook=one))
    answer = send(caller, {"text": "calm"}, webhook=other)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")


@pytest.mark.parametrize("item", [{}, {"webhook": True}])
def test_a_batch_is_the_same_when_the_webhook_that_it_named_is_removed(caller, item):
    webhook = register(caller)
    items = {"text": "calm"} | dict.fromkeys(item, webhook), {"text": "wild"}
    wishes = {} if item else {"webhook": webhook}
    first = made(send(caller, *items, **wishes))
    caller.delete(f"/v1/webhooks/{webhook}")
    again = send(caller, *items, **wishes)
    assert made(again)["id"] == first["id"]
    assert again.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize("body", [{"text": "calm"}, {"image_url": URL}])
def test_a_job_is_the_same_when_the_webhook_that_it_named_is_removed(caller, web, body):
    web.error = None
    named = body | {"webhook": register(caller)}
    first = caller.post("/v1/jobs", json=named, headers=KEY)
    caller.delete(f"/v1/webhooks/{named['webhook']}")
    again = caller.post("/v1/jobs", json=named, headers=KEY)
    assert first.status_code == again.status_code == 202
    assert again.json()["id"] == first.json()["id"]
    answer = caller.post("/v1/jobs", json=named)
    assert (answer.status_code, answer.json()["code"]) == (422, "webhook_unknown")


def test_an_item_that_names_no_webhook_of_the_sender_is_refused_by_itself(caller):
    items = [{"text": "a"}, {"text": "b", "webhook": NONE, "custom_id": "odd"}, {"text": "c"}]
    lines = results(caller, made(send(caller, *items)))
    assert [(one["position"], one["state"]) for one in lines] == [
        (0, "queued"),
        (1, "refused"),
        (2, "queued"),
    ]
    assert (lines[1]["custom_id"], lines[1]["error"]["code"]) == ("odd", "webhook_unknown")


def test_a_batch_is_the_same_when_a_photo_can_be_fetched_by_then(caller, web):
    items = {"image_url": URL, "top_k": 3}, {"text": "wild"}
    first = made(send(caller, *items))
    web.error = None
    assert made(send(caller, *items))["id"] == first["id"]


@pytest.mark.parametrize("other", [{"top_k": 4}, {"image_url": f"{URL}?2"}, {"custom_id": "b"}])
def test_another_photo_to_fetch_makes_it_another_batch(caller, other):
    asked = {"image_url": URL, "top_k": 3}
    made(send(caller, asked, {"text": "wild"}))
    answer = send(caller, asked | other, {"text": "wild"})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")
