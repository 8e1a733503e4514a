"""Addresses that a sender names are never asked for what lies behind the walls of this machine.

Names that change their minds and servers that redirect are `tests/unit/adapters/test_web.py`: they
need a DNS and certificates of one's own.
"""

import contextlib
import itertools
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from tests.e2e.service import Service

pytestmark = [pytest.mark.processes]

#: Ways to say 127.0.0.1, the addresses of clouds' secrets, and of private networks.
HOSTS = (
    "127.0.0.1", "localhost", "LOCALHOST.", "127.1", "2130706433", "0x7f000001", "0177.0.0.1",
    "0", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]",  # noqa: S104 - asked for
    "[64:ff9b::169.254.169.254]", "[2002:7f00:1::]", "[fe80::1]", "[fd00::1]", "169.254.169.254",
    "[::ffff:169.254.169.254]", "100.100.100.200", "10.0.0.1", "172.16.0.1", "192.168.0.1",
    "100.64.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "127.0.0.1%2f.a.org",
    "user@127.0.0.1", "127.0.0.1#@a.org", "\u2460\u2461\u2466.0.0.1", "127\u30020\u30020\u30021",
)  # fmt: skip
SCHEMES = ("https", "http", "file", "ftp", "gopher", "s3")
#: A name behind the walls is refused as one that leads nowhere: which names there are is not told.
NOWHERE = "fetch_failed"
REFUSED = {"url_not_allowed", "invalid_request", NOWHERE}


class Canary:
    """Listens on this machine, and counts who comes."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.1)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen)
        self.port = int(self._listener.getsockname()[1])
        self.visits = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(5)
        self._listener.close()

    def _listen(self) -> None:
        while not self._over.is_set():
            with contextlib.suppress(TimeoutError):
                self._listener.accept()[0].close()
                self.visits += 1


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that fetches what it is told to."""
    env = {"SIGHTSONG_FETCH_URLS": "true"}
    service = Service(tmp_path_factory.mktemp("requests"), env=env)
    try:
        service.up()
        yield service
    finally:
        service.down()


@pytest.fixture
def canary() -> Iterator[Canary]:
    with Canary() as canary:
        yield canary
        assert canary.visits == 0


def addresses(canary: Canary) -> list[str]:
    """All addresses that lead here or to something else behind walls."""
    plain = [f"https://{host}/a.jpg" for host in HOSTS]
    ported = [
        f"{scheme}://{host}:{canary.port}/a"
        for scheme, host in itertools.product(SCHEMES, HOSTS[:12])
    ]
    odd = [
        "https:///a.jpg",
        "//127.0.0.1/a",
        "https://",
        "https://127.0.0.1\\@example.org/",
        "file:///etc/passwd",
    ]
    return [*plain, *ported, *odd]


def test_no_photo_is_fetched_from_behind_the_walls(service: Service, canary: Canary):
    told = set()
    for url in addresses(canary):
        answer = service.client.post("/v1/jobs", json={"image_url": url})
        problem = answer.json()
        assert answer.status_code in {422, 503}, (url, answer.text)
        assert problem["code"] in REFUSED, (url, answer.text)
        told |= {problem["detail"]} if problem["code"] == NOWHERE else set()
    assert len(told) <= 1
    assert service.rows("SELECT count(*) FROM jobs WHERE kind = 'photo'") == [(0,)]


@pytest.mark.faults
def test_no_webhook_may_lie_behind_the_walls(service: Service, canary: Canary):
    for url in addresses(canary):
        made = service.client.post("/v1/webhooks", json={"url": url})
        if made.is_success:  # a name, which is only looked up when something is sent there
            hook = f"/v1/webhooks/{made.json()['id']}"
            service.client.post(f"{hook}/test")
            told = service.client.get(f"{hook}/deliveries").text
            assert '"delivered"' not in told, (url, told)
        else:
            assert made.json()["code"] in REFUSED, (url, made.text)


@pytest.mark.faults
def test_no_row_of_a_manifest_is_fetched_from_behind_the_walls(
    service: Service, canary: Canary, tmp_path: Path
):
    urls = addresses(canary)
    rows = [json.dumps({"url": url, "title": f"t{number}"}) for number, url in enumerate(urls)]
    manifest = tmp_path / "music.jsonl"
    manifest.write_text("\n".join(rows), "utf-8")
    begun = service.client.post("/v1/ingests", json={"path": str(manifest)})
    assert begun.status_code == 202, begun.text
    ingest = service.finish(begun.json()["id"])
    problems = service.client.get(
        f"/v1/ingests/{ingest['id']}/problems", params={"limit": 100}
    ).json()
    assert {one["code"] for one in problems["items"]} <= {*REFUSED, "manifest_broken"}
    assert service.client.get("/v1/tracks").json()["items"] == []
