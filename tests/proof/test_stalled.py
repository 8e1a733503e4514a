"""Who sends a body too slowly is told so, and hung up on; others do not wait for them."""

import contextlib
import socket
import time

import httpx
import pytest

from sightsong.adapters import memory
from tests.proof import stage
from tests.proof.serving import read_all, served

PATIENCE_S = 0.5
HEAD = (
    "POST {path} HTTP/1.1\r\n"
    "Host: localhost\r\nContent-Type: {kind}\r\nContent-Length: 5000\r\n\r\n"
)
UPLOADS = [
    ("/v1/jobs", "image/jpeg"),
    ("/v1/jobs", "application/json"),
    ("/v1/jobs", "multipart/form-data; boundary=b"),
    ("/v1/ingests", "audio/mpeg"),
    ("/v1/ingests", "application/json"),
    ("/predict", "image/png"),
]


@pytest.fixture
def port(tmp_path):
    made = stage.build(memory.open_stores(), tmp_path, upload_timeout_s=PATIENCE_S)
    with served(made.app) as port:
        yield port


def begin(port: int, path: str, kind: str) -> socket.socket:
    """Begin an upload, and go no further."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection.sendall(HEAD.format(path=path, kind=kind).encode() + b"x" * 10)
    return connection


@pytest.mark.parametrize(("path", "kind"), UPLOADS)
def test_an_upload_that_stalls_is_refused_and_hung_up_on(port, path, kind):
    began = time.monotonic()
    with begin(port, path, kind) as connection:
        answer = read_all(connection)

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"upload_timeout"' in answer
    assert time.monotonic() - began < 10


def test_an_upload_that_only_drips_is_refused_too(port):
    began = time.monotonic()
    with begin(port, "/v1/jobs", "image/jpeg") as connection:
        connection.settimeout(0.1)
        answer = b""
        while not answer and time.monotonic() - began < 10:
            with contextlib.suppress(TimeoutError):
                answer = connection.recv(65536)
            with contextlib.suppress(OSError):
                connection.sendall(b"x")

    assert answer.startswith(b"HTTP/1.1 408 ")


def test_others_are_answered_beside_hundreds_of_stalled_uploads(port):
    with contextlib.ExitStack() as open_ones:
        for _ in range(200):
            open_ones.enter_context(begin(port, "/v1/jobs", "image/jpeg"))
        began = time.monotonic()
        answer = httpx.get(f"http://127.0.0.1:{port}/v1/jobs", timeout=20)
        took_s = time.monotonic() - began

    assert answer.status_code == 200
    assert took_s < 5


def test_a_head_that_is_too_long_is_refused_in_our_shape(port):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(
            b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-A: "
        )
        connection.sendall(b"a" * 40_000 + b"\r\n\r\n")
        answer = read_all(connection)

    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b'"headers_too_large"' in answer
