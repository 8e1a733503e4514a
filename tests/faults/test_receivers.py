"""Receivers of webhooks that fail, hang and lie: recorded, tried again, and nobody else waits."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from indexer.delivering import Deliverer
from sightsong.adapters.store import open_stores
from sightsong.adapters.web.network import Network
from sightsong.adapters.web.posting import Poster
from tests.e2e.service import DEMO_PHOTOS, Service
from tests.faults import checker
from tests.faults.crowd import Crowd
from tests.faults.estate import Estate
from tests.faults.figures import Figures
from tests.unit.adapters.receivers import (
    Behaviour,
    Receiver,
    answers,
    drips,
    floods,
    hangs_up,
    receiver,
    talks_nonsense,
)
from tests.waiting import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.row(27), pytest.mark.faults]

_METADATA = "http://169.254.169.254/latest/meta-data/"
#: Longer than an attempt may take, in seconds.
_LONG_S = 17.0


def says_nothing(connection: socket.socket) -> None:
    """Takes the request, and never answers."""
    connection.settimeout(_LONG_S)
    while connection.recv(1024):
        pass


def floods_headers(connection: socket.socket) -> None:
    """Sends headers without end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-Long: " + b"x" * 65000 + b"\r\n")


def goes_on_informing(connection: socket.socket) -> None:
    """Says `100 Continue` for ever."""
    pause = threading.Event()
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
        pause.wait(0.01)


def breaks_off(connection: socket.socket) -> None:
    """Promises a long body, sends some of it, and resets the connection."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


@dataclass(frozen=True)
class Liar:
    """A receiver that is not kind, and what is to be noted of it."""

    name: str
    behave: Behaviour
    status: int | None
    error: str | None = None  #: A part of what is noted.
    state: str = "pending"


_LIARS = [
    Liar("500", answers(500), 500),
    Liar("hangs", says_nothing, None, "takes too long"),
    Liar("drips its headers", drips(b"HTTP/1.1 200 OK\r\nX-Slow: "), None, "takes too long"),
    Liar("to the metadata", answers(302, f"Location: {_METADATA}"), 302),
    Liar("huge body", floods, 200, state="delivered"),
    Liar("huge headers", floods_headers, None, "no answer"),
    Liar("informs for ever", goes_on_informing, None, "takes too long"),
    Liar("closes early", hangs_up, None, "no answer"),
    Liar("breaks off", breaks_off, 200, state="delivered"),
    Liar("no http", talks_nonsense, None, "no answer"),
    Liar("a date beyond all calendars", answers(503, "Retry-After: 1 Jan 9999999999999"), 503),
    Liar("later than ever", answers(503, "Retry-After: " + "9" * 400), 503),
]


def register(service: Service, url: str) -> str:
    answer = service.client.post("/v1/webhooks", json={"url": url, "events": ["job.succeeded"]})
    assert answer.status_code == 201, answer.text
    webhook: str = answer.json()["id"]
    return webhook


def deliveries(service: Service, webhook: str) -> list[dict[str, Any]]:
    answer = service.client.get(f"/v1/webhooks/{webhook}/deliveries", params={"limit": 100})
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def first_try(service: Service, webhook: str) -> dict[str, Any] | None:
    """The first attempt that was made for a webhook."""
    tried = [one for one in deliveries(service, webhook) if one["attempts"]]
    return tried[-1] if tried else None


@contextmanager
def liars() -> Iterator[dict[str, Receiver]]:
    """All of them, by name."""
    with ExitStack() as stack:
        yield {liar.name: stack.enter_context(receiver(liar.behave)) for liar in _LIARS}


@pytest.mark.long
def test_receivers_that_lie_are_noted_and_tried_again_and_hold_up_no_other(
    estate: Estate, figures: Figures
):
    service = estate.service
    trap, kind = answers(200), answers(204)
    with liars() as running, receiver(trap) as inside, receiver(kind) as good:
        leads_in = answers(307, f"Location: {inside.url}")
        with receiver(leads_in) as misleading:
            everybody = [*running.values(), good, misleading]
            service.env["SIGHTSONG_WEBHOOK_PRIVATE"] = json.dumps(
                [f"127.0.0.1:{one.port}" for one in everybody]
            )
            service.up()
            indexer = service.process_of("indexer")
            hooks = {name: register(service, one.url) for name, one in running.items()}
            good_hook = register(service, good.url)
            misled = register(service, misleading.url)
            crowd = Crowd(str(service.client.base_url), seed=27)
            base = resident_bytes(indexer.pid)
            ids = crowd.send(8)
            assert set(crowd.follow_all(ids).values()) == {"succeeded"}
            wait_until(lambda: all_delivered(service, good_hook, len(ids)), within_s=30)
            figures.measured(
                "slowest delivery to a kind receiver",
                max(waited_s(one) for one in deliveries(service, good_hook)),
                "s",
                at_most=10,
            )
            for liar in _LIARS:
                noted(service, hooks[liar.name], liar)
            noted(service, misled, Liar("", leads_in, 307))
            assert not inside.got
            tried_again(service, hooks["500"], running["500"])
            assert indexer.poll() is None
            grown = (resident_bytes(indexer.pid) - base) / 2**20
            figures.measured("memory that the indexer gained", grown, "MiB", at_most=50)
            crowd.close()
            assert checker.violations(service, crowd.ledger) == []
            assert not list(service.events("delivery.broken"))


def all_delivered(service: Service, webhook: str, count: int) -> bool:
    states = [one["state"] for one in deliveries(service, webhook)]
    return states == ["delivered"] * count


def waited_s(delivery: dict[str, Any]) -> float:
    """From the end of a job to the answer that its receiver gave."""
    created, told = (
        datetime.fromisoformat(at)
        for at in (delivery["created_at"], delivery["attempts"][-1]["at"])
    )
    return (told - created).total_seconds()


def noted(service: Service, webhook: str, liar: Liar) -> None:
    """See that what a receiver did stands in the log, as it was."""
    wait_until(lambda: first_try(service, webhook) is not None, within_s=60, every_s=0.1)
    delivery = first_try(service, webhook)
    assert delivery is not None
    attempt = delivery["attempts"][0]
    assert (attempt["status"], delivery["state"]) == (liar.status, liar.state), (liar, delivery)
    assert (liar.error or "") in (attempt["error"] or ""), (liar, attempt)
    assert (attempt["error"] is None) == (liar.error is None), (liar, attempt)
    assert attempt["took_ms"] <= 16_000, (liar, attempt)
    assert delivery["state"] == "delivered" or delivery["next_at"] is not None


def tried_again(service: Service, webhook: str, failing: Receiver) -> None:
    """See that what failed comes again under its id."""
    wait_until(
        lambda: any(len(one["attempts"]) >= 2 for one in deliveries(service, webhook)), within_s=30
    )
    again = next(one for one in deliveries(service, webhook) if len(one["attempts"]) >= 2)
    sent = [request for request in failing.got if again["id"].encode() in request]
    assert len(sent) >= 2


def resident_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096


class Rebinding:
    """A name that is public when it is looked at first, and inside at each time after."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, _host: str) -> list[str]:
        self.asked += 1
        return ["8.8.8.8"] if self.asked == 1 else ["169.254.169.254"]


def test_a_name_that_moves_behind_our_walls_is_looked_at_anew_each_time(embedded: Estate):
    """The resolver is injected, as no name server of ours may lie here; the rest is real."""
    service = embedded.service
    service.up()
    service.kill(service.process_of("indexer"))
    webhook = register(service, "https://rebinding.example/hooks")
    photo = min(DEMO_PHOTOS.glob("*.jpg")).read_bytes()
    service.finish(service.submit(photo))
    resolver = Rebinding()
    resolver("rebinding.example")  # as a check at its registration would have seen it
    stores = open_stores(service.database_url, service.data_dir / "blobs", disk_reserve_bytes=0)
    poster = Poster(network=Network(resolve=resolver))
    deliverer = Deliverer(stores.webhooks, poster.post, owner="with a lying resolver")
    deliverer.look()
    wait_until(lambda: first_try(service, webhook) is not None)
    deliverer.stop()
    stores.close()
    noted(service, webhook, Liar("rebinding", answers(), None, "not found on the open web"))
    assert resolver.asked == 2


@pytest.mark.parametrize(
    "url",
    [
        _METADATA,
        "https://169.254.169.254/",
        "https://[::ffff:169.254.169.254]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://2852039166/",
        "https://0x7f000001/",
        "https://127.1/",
        "https://localhost/",
        "https://user@example.org/",
        "https://example.org:8443/",
        "http://example.org/",
        "file:///etc/passwd",
        "https://example.org/\r\nX-Injected: yes",
    ],
)
def test_an_address_behind_our_walls_is_refused_or_never_reached(demo: Service, url: str):
    answer = demo.client.post("/v1/webhooks", json={"url": url})
    if answer.status_code == 201:  # of odd forms only the resolver knows what they mean
        test = demo.client.post(f"/v1/webhooks/{answer.json()['id']}/test")
        assert test.is_success, test.text
        noted(demo, answer.json()["id"], Liar(url, answers(), None, "not found on the open web"))
    else:
        assert (answer.status_code, answer.json()["code"]) in {
            (422, "url_not_allowed"),
            (422, "invalid_request"),
        }


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service(tmp_path_factory.mktemp("receivers"))
    try:
        service.up()
        yield service
    finally:
        service.down()
