"""Row 21: clients that stall, drip or never read hold nobody else up, and are hung up on."""

import contextlib
import resource
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from socket import socket

import httpx
import pytest

from tests.e2e.service import DEMO_PHOTOS
from tests.faults import checker, processes
from tests.faults.crowd import Crowd
from tests.faults.door import wire
from tests.faults.estate import Estate
from tests.faults.figures import Figures

pytestmark = [pytest.mark.processes, pytest.mark.faults, pytest.mark.row(21)]

STALLED = 400
GOOD_S = 0.5
#: While thousands of connections are made, or hundreds of long answers, on the same processors.
CROWDED_S = 2.0
CLOSED_S = 30.0
PHOTO = min(DEMO_PHOTOS.glob("*.jpg")).read_bytes()
#: Kinds of uploads that stall: each with what is sent of it.
UPLOADS = (
    wire.head("/v1/jobs", "Content-Type: image/jpeg", f"Content-Length: {len(PHOTO)}")
    + PHOTO[: len(PHOTO) // 2],
    wire.head("/v1/jobs", "Content-Type: image/jpeg", "Transfer-Encoding: chunked") + b"5\r\nab",
    wire.head("/v1/jobs", "Content-Type: application/json", "Content-Length: 90") + b'{"text": "',
    wire.head("/v1/jobs", "Content-Type: multipart/form-data; boundary=b", "Content-Length: 900")
    + b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n',
    wire.head("/v1/batches", "Content-Type: application/json", "Content-Length: 900") + b'{"items"',
)
#: Heads that stall.
HEADS = (b"", b"P", b"POST /v1/jobs HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b")


@pytest.mark.parametrize("what", ["uploads", "heads"])
def test_four_hundred_that_stall_hold_nobody_up_and_are_hung_up_on(
    embedded: Estate, figures: Figures, what: str
):
    service = embedded.service
    service.up()
    crowd = Crowd(str(service.client.base_url), seed=21)
    base = processes.weight_of(service.process_of("api").pid)
    with stalled(service.port, UPLOADS if what == "uploads" else HEADS, STALLED) as connections:
        began = time.monotonic()
        closing = Closing(connections, since=began)
        while closing.is_alive() and time.monotonic() - began < 2 * CLOSED_S:
            crowd.submit(photo=PHOTO)
            closing.join(0.2)
    closing.join(5)
    crowd.follow_all(sorted(crowd.ledger.job_ids))
    crowd.close()
    kept = processes.weight_of(service.process_of("api").pid) - base
    assert set(crowd.ledger.answers()) == {"202"}
    assert checker.violations(service, crowd.ledger) == []
    slowest_s = max(sent.took_s for sent in crowd.ledger.all_sent)
    figures.measured(f"worst submit beside stalled {what}", slowest_s, "s", at_most=GOOD_S)
    figures.measured(f"stalled {what} closed", len(closing.took_s), at_least=STALLED)
    figures.measured("the last of them after", max(closing.took_s), "s", at_most=CLOSED_S)
    figures.measured("kept by the API", kept / processes.MIB, "MiB", at_most=32)


def test_one_that_only_drips_is_hung_up_on_too(embedded: Estate, figures: Figures):
    service = embedded.service
    service.up()
    began = time.monotonic()
    with wire.connect(service.port) as connection:
        connection.sendall(UPLOADS[0])
        connection.settimeout(0.1)
        answer = b""
        while not answer and time.monotonic() - began < 2 * CLOSED_S:
            with contextlib.suppress(TimeoutError):
                answer = connection.recv(65536)
            with contextlib.suppress(OSError):
                connection.sendall(b"x")
    figures.measured("a drip is closed after", time.monotonic() - began, "s", at_most=CLOSED_S)

    assert answer.startswith(b"HTTP/1.1 408 ")


def test_more_connections_than_there_are_files_hold_nobody_up(embedded: Estate, figures: Figures):
    service = embedded.service
    with few_files(1024):
        service.up()
    crowd = Crowd(str(service.client.base_url), seed=21)
    with stalled(service.port, HEADS, 2600):
        for _ in range(20):
            crowd.submit(photo=PHOTO)
    crowd.follow_all(sorted(crowd.ledger.job_ids))
    crowd.close()
    assert set(crowd.ledger.answers()) == {"202"}
    assert checker.violations(service, crowd.ledger) == []
    slowest_s = max(sent.took_s for sent in crowd.ledger.all_sent)
    figures.measured(
        "worst submit beside 2,600 idle connections", slowest_s, "s", at_most=CROWDED_S
    )


def test_many_large_answers_that_nobody_reads_take_little_memory(
    embedded: Estate, figures: Figures
):
    service = embedded.service
    service.up()
    base = processes.weight_of(service.process_of("api").pid)
    ask = wire.head("/openapi.json", method="GET")
    with stalled(service.port, [ask], 300):
        began = time.monotonic()
        httpx.get(f"http://127.0.0.1:{service.port}/healthz", timeout=20).raise_for_status()
        took_s = time.monotonic() - began
        grown = processes.weight_of(service.process_of("api").pid) - base
    figures.measured("an answer beside 300 unread ones", took_s, "s", at_most=CROWDED_S)
    figures.measured("memory of 300 unread answers", grown / processes.MIB, "MiB", at_most=150)


@contextlib.contextmanager
def stalled(port: int, sent: Sequence[bytes], count: int) -> Iterator[list[socket]]:
    """Hold connections open on which something was begun, and goes no further."""
    with contextlib.ExitStack() as open_ones:
        begun = []
        for number in range(count):
            connection = open_ones.enter_context(wire.connect(port))
            with contextlib.suppress(OSError):  # hung up on already
                connection.sendall(sent[number % len(sent)])
            begun.append(connection)
        yield begun


class Closing(threading.Thread):
    """Wait for many connections to be closed by the other side."""

    def __init__(self, connections: Sequence[socket], *, since: float) -> None:
        super().__init__()
        self.took_s: list[float] = []
        self._connections = connections
        self._since = since
        self.start()

    def run(self) -> None:
        with ThreadPoolExecutor(16) as pool:
            waits = [
                pool.submit(wire.closed_after, one, since=self._since) for one in self._connections
            ]
            self.took_s = [wait.result() for wait in waits]


@contextlib.contextmanager
def few_files(count: int) -> Iterator[None]:
    """Have what is started meanwhile begin with a soft limit of so many files, as systems do."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
