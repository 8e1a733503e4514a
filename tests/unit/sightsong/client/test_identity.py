"""Who asks is told to the service, and the key to nobody else."""

import asyncio
import logging
import traceback

import httpx
import pytest

from sightsong.client import AsyncClient, Client, ClientError, KeyExposed
from tests.unit.sightsong.fake_service import FakeService, job, problem

KEY = "ssk_abcdefghijkl_0123456789"
JOB = "/v1/jobs/j-1"

Kind = type[Client] | type[AsyncClient]
BOTH = pytest.mark.parametrize("kind", [Client, AsyncClient])


def test_who_asks_is_said_with_each_request(service: FakeService):
    service.on("GET", JOB, job("queued"))
    with Client("http://nas", key=KEY, user="alice", transport=service.transport) as client:
        client.job("j-1")
    [request] = service.requests
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert request.headers["Sightsong-User"] == "alice"


def test_who_asks_is_said_by_the_asynchronous_client_too(service: FakeService):
    service.on("GET", JOB, job("queued"))

    async def ask() -> None:
        transport = service.transport
        async with AsyncClient("http://nas", key=KEY, user="al", transport=transport) as client:
            await client.job("j-1")

    asyncio.run(ask())
    [request] = service.requests
    assert (request.headers["Authorization"], request.headers["Sightsong-User"]) == (
        f"Bearer {KEY}",
        "al",
    )


def test_nobody_is_named_unless_it_is_said(client: Client, service: FakeService):
    service.on("GET", JOB, job("queued"))
    client.job("j-1")
    assert not {"authorization", "sightsong-user"} & set(service.requests[0].headers)


@pytest.mark.parametrize(
    "elsewhere", ["http://other/a.ogg", "https://nas/a.ogg", "http://nas:8001/a.ogg"]
)
def test_another_address_is_not_told_who_asks(service: FakeService, elsewhere: str):
    service.on("GET", "/a.ogg", httpx.Response(200, content=b"OggS"))
    with Client("http://nas", key=KEY, user="alice", transport=service.transport) as client:
        client.audio(elsewhere)
        client.audio("http://nas:80/a.ogg")
    away, home = service.requests
    assert not {"authorization", "sightsong-user"} & set(away.headers)
    assert "authorization" in home.headers


@BOTH
@pytest.mark.parametrize(
    "base_url", ["http://photos.example", "http://8.8.8.8:8000", "http://[2001:4860:4860::8888]"]
)
def test_a_key_does_not_go_where_strangers_could_read_it(kind: Kind, base_url: str):
    with pytest.raises(KeyExposed, match="https") as refused:
        kind(base_url, key=KEY)
    assert isinstance(refused.value, ClientError)
    assert kind(base_url, user="alice").base_url == base_url


@BOTH
@pytest.mark.parametrize(
    "base_url",
    [
        "https://photos.example",
        "http://127.0.0.1:8000",
        "http://localhost:8000",
        "http://[::1]:8000",
        "http://192.168.1.7:8000",
        "http://10.0.0.2",
        "http://172.20.0.2",
        "http://[fd00::7]:8000",
        "http://nas:8000",
        "http://NAS.local:8000",
        "http://api.internal",
        "http://box.home.arpa",
    ],
)
def test_a_key_goes_where_it_is_encrypted_or_at_home(kind: Kind, base_url: str):
    assert kind(base_url, key=KEY).base_url == base_url.rstrip("/")


def test_who_insists_sends_a_key_in_the_open(service: FakeService):
    service.on("GET", JOB, job("queued"))
    with Client(
        "http://photos.example", key=KEY, insecure_key=True, transport=service.transport
    ) as client:
        client.job("j-1")
    assert "authorization" in service.requests[0].headers


@BOTH
@pytest.mark.parametrize("key", ["", "ssk_ä", "ssk_a b", "ssk_a\r\nX: y"])
def test_what_is_no_key_is_refused_and_not_told(kind: Kind, key: str):
    with pytest.raises(ValueError, match="printable ASCII") as refused:
        kind("http://nas", key=key)
    assert not key or key not in "".join(traceback.format_exception(refused.value))


@BOTH
@pytest.mark.parametrize("user", ["", "x" * 65, "Zoë", "a\nb", " alice"])
def test_what_is_no_user_is_refused(kind: Kind, user: str):
    with pytest.raises(ValueError, match="1 to 64 printable ASCII"):
        kind("http://nas", user=user)


@pytest.mark.parametrize(
    "answer",
    [httpx.ConnectError("refused"), problem(401, "unauthorized", "No."), httpx.Response(200)],
    ids=["away", "refused", "no JSON"],
)
def test_a_key_is_in_no_error_no_log_and_no_repr(
    service: FakeService, caplog: pytest.LogCaptureFixture, answer: httpx.Response
):
    service.on("GET", JOB, answer)
    client = Client("http://nas", key=KEY, transport=service.transport, patience=service.patience)
    with caplog.at_level(logging.DEBUG), client, pytest.raises(ClientError) as refused:
        client.job("j-1")
    told = [repr(client), repr(vars(client)), caplog.text, repr(refused.value.__cause__)]
    assert KEY in service.requests[0].headers["Authorization"]
    assert KEY not in "".join([*told, *traceback.format_exception(refused.value)])
