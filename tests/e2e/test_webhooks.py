"""A receiver hears of what has ended, from the real processes."""

import base64
import hashlib
import hmac
import json
import socket

import pytest

from tests.e2e.service import DEMO_PHOTOS, Service
from tests.unit.adapters.receivers import answers, receiver
from tests.waiting import wait_until

pytestmark = pytest.mark.processes


class RefusesTheFirst:
    """Answers 500 to the first request, and takes the others."""

    def __init__(self) -> None:
        self._left = [answers(500)]

    def __call__(self, connection: socket.socket) -> None:
        behave = self._left.pop() if self._left else answers(204)
        behave(connection)


def read(request: bytes) -> tuple[dict[str, str], bytes]:
    """The headers of a request, and its body."""
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [line.partition(": ") for line in head.decode().split("\r\n")[1:]]
    return {name.lower(): value for name, _, value in lines}, body


def is_signed(secret: str, headers: dict[str, str], body: bytes) -> bool:
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return headers["webhook-signature"] == f"v1,{digest}"


def test_a_receiver_hears_of_each_photo_though_it_failed_at_first(own_service: Service):
    with receiver(RefusesTheFirst()) as to:
        own_service.env["SIGHTSONG_WEBHOOK_PRIVATE"] = json.dumps([f"127.0.0.1:{to.port}"])
        own_service.up()
        made = own_service.client.post("/v1/webhooks", json={"url": to.url}).json()
        photo = min(DEMO_PHOTOS.glob("*.jpg")).read_bytes()
        ids = [own_service.submit(photo) for _ in range(3)]
        wait_until(lambda: len(to.got) == 4, within_s=60)
        log = f"/v1/webhooks/{made['id']}/deliveries?state=delivered"
        wait_until(lambda: len(own_service.client.get(log).json()["items"]) == 3)
    told = [read(request) for request in to.got]
    assert all(is_signed(made["secret"], headers, body) for headers, body in told)
    heard_of = [json.loads(body)["data"]["id"] for _, body in told]
    assert sorted(set(heard_of)) == sorted(ids)
    refused = told[0][0]["webhook-id"]
    assert [headers["webhook-id"] for headers, _ in told].count(refused) == 2
