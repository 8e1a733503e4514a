"""Connections that ask for nothing, or do not take what they asked for, have their time too."""

import contextlib
import json
import resource
import socket
import time
from collections.abc import Iterator

import pytest
from starlette.types import Receive, Scope, Send

from api import connections, errors
from api.envelope import Envelope
from tests.proof.serving import read_all, served
from tests.waiting import wait_until

PATIENCE_S = 0.4
LARGE = 64 * 2**20


class Hasty(connections.Connection):
    head_s = PATIENCE_S
    reading_s = PATIENCE_S
    most = 4


class App:
    """Answers two bytes, very many (`/large`), or only when the client has gone (`/held`)."""

    def __init__(self) -> None:
        self.held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] == "/held":
            self.held += 1
            while (await receive())["type"] != "http.disconnect":
                pass
        size = LARGE if scope["path"] == "/large" else 2
        headers = [(b"content-length", str(size).encode()), (b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for begin in range(0, size, 2**20):
            piece = b"." * min(2**20, size - begin)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def app() -> App:
    return App()


@pytest.fixture
def port(app) -> Iterator[int]:
    with served(Envelope(app, allowed_hosts=("*",)), Hasty) as port:
        yield port


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def ask(connection: socket.socket) -> bytes:
    """Ask for a small answer, and read it."""
    connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    answer = b""
    while not answer.endswith(b"\r\n\r\n..") and (piece := connection.recv(65536)):
        answer += piece
    return answer


def ask_for_much(connection: socket.socket) -> None:
    connection.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")


def problem(answer: bytes) -> dict[str, object]:
    """The problem of an answer that is one."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower()
    told: dict[str, object] = json.loads(body)
    return told


def test_who_says_nothing_is_hung_up_on(port):
    with connected(port) as connection:
        assert read_all(connection) == b""


@pytest.mark.parametrize("is_kept", [False, True], ids=["new", "kept"])
def test_who_sends_half_a_head_is_refused_in_our_shape(port, is_kept):
    with connected(port) as connection:
        if is_kept:
            assert ask(connection)
        connection.sendall(b"POST /v1/jobs HTTP/1.1\r\nHost: a\r\nX-A")
        answer = read_all(connection)

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert problem(answer)["code"] == "upload_timeout"


def test_a_head_that_drips_has_no_more_time_than_one_that_stalls(port):
    began = time.monotonic()
    with connected(port) as connection:
        connection.settimeout(0.05)
        answer = b""
        while not answer and time.monotonic() - began < 20:
            with contextlib.suppress(TimeoutError):
                answer = connection.recv(65536)
            with contextlib.suppress(OSError):
                connection.sendall(b"G")

    assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_connection_is_kept_for_longer_than_a_head_may_take(port):
    with connected(port) as connection:
        assert ask(connection)
        deadline = time.monotonic() + 2 * PATIENCE_S
        wait_until(lambda: time.monotonic() > deadline)

        assert ask(connection).startswith(b"HTTP/1.1 200 ")


def test_who_does_not_read_is_hung_up_on(port):
    with connected(port) as connection:
        ask_for_much(connection)
        deadline = time.monotonic() + 3 * PATIENCE_S
        wait_until(lambda: time.monotonic() > deadline)

        assert len(read_all(connection)) < LARGE


def test_who_reads_slowly_gets_all_of_it(port):
    with connected(port) as connection:
        ask_for_much(connection)
        got = 0
        pause_until = time.monotonic() + 2 * PATIENCE_S
        while piece := connection.recv(2**20):
            got += len(piece)
            if time.monotonic() < pause_until:
                time.sleep(PATIENCE_S / 20)

    assert got > LARGE


def test_when_all_places_are_taken_an_idle_one_is_given_to_who_comes(port):
    with contextlib.ExitStack() as open_ones:
        idle = [open_ones.enter_context(connected(port)) for _ in range(Hasty.most)]
        assert ask(idle[0])
        newest = open_ones.enter_context(connected(port))

        assert ask(newest).startswith(b"HTTP/1.1 200 ")
        assert ask(idle[0]).startswith(b"HTTP/1.1 200 ")  # it had asked later than the others
        assert read_all(idle[1]) == b""


def test_when_each_has_a_request_who_comes_is_told_to_come_again(port, app):
    with contextlib.ExitStack() as open_ones:
        for _ in range(Hasty.most):
            held = open_ones.enter_context(connected(port))
            held.sendall(b"GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_until(lambda: app.held == Hasty.most)
        newest = open_ones.enter_context(connected(port))
        newest.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = read_all(newest)

    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 5" in answer.lower()
    assert problem(answer)["code"] == "unavailable"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", "bad_request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost : b\r\n\r\n", "bad_request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX-A: " + b"a" * 200_000, "headers_too_large"),
    ],
    ids=["TLS", "a blank", "an endless head"],
)
def test_what_is_no_request_is_refused_in_our_shape(port, sent, code):
    with connected(port) as connection:
        connection.sendall(sent)
        answer = read_all(connection)

    told = problem(answer)
    assert told["code"] == code
    assert answer.startswith(b"HTTP/1.1 %d " % errors.STATUS[code])


def test_a_process_holds_no_more_connections_than_it_has_files_for():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, hard), hard))
    try:
        most = connections.bounded(10**9).most
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert files == hard
    assert 0 < most < files
