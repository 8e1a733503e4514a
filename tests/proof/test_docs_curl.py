"""Every command with curl that the documents show, run against a service as a user starts it.

What a document shortens (`0b6f…`) or makes up (`beach.jpg`) is filled in; see `_FILLED`.
"""

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from PIL import Image

from tests.e2e.service import DEMO_TRACKS
from tests.ports import free_port
from tests.proof import docs
from tests.waiting import wait_until

pytestmark = pytest.mark.processes

#: Blocks that cannot be run here, by their name, each with the reason.
CANNOT_RUN: Mapping[str, str] = {}

BLOCKS = list(docs.blocks())


class Service:
    """A service with music in it, and things of it to name in an address."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = httpx.Client(base_url=url, timeout=60)

    def fill(self) -> None:
        """Take the demo's music in, and wait until it is found."""
        ingest = self.client.post("/v1/ingests", json={"path": str(DEMO_TRACKS)}).json()
        path = f"/v1/ingests/{ingest['id']}"
        wait_until(lambda: self.client.get(path).json()["done"], within_s=120, every_s=0.1)
        wait_until(self._is_found, within_s=60, every_s=0.1)

    def job(self) -> str:
        """A job that has succeeded."""
        answer = self.client.post("/v1/jobs", json={"text": "calm"}, headers={"Prefer": "wait=25"})
        assert answer.json()["state"] == "succeeded"
        return str(answer.json()["id"])

    def track(self) -> str:
        """A track of the library."""
        return str(self.client.get("/v1/tracks").json()["items"][0]["id"])

    def cursor(self) -> str:
        """Where the second page of jobs begins."""
        self.job(), self.job()
        page = self.client.get("/v1/jobs", params={"limit": 1}).json()
        return str(page["next_cursor"])

    def batch(self) -> str:
        """A batch that has ended."""
        items = [{"text": "calm"}, {"text": "joyful"}]
        answer = self.client.post("/v1/batches", json={"items": items})
        path = f"/v1/batches/{answer.json()['id']}"
        wait_until(lambda: self.client.get(path).json()["state"] != "running", within_s=60)
        return str(answer.json()["id"])

    def key(self) -> str:
        """A key for everything."""
        asked = {"name": "docs", "scopes": ["admin", "jobs", "library"]}
        return str(self.client.post("/v1/keys", json=asked).json()["key"])

    def key_id(self) -> str:
        """The id of another key."""
        return self.key().split("_")[1]

    def webhook(self) -> str:
        """A webhook of a receiver that is not there."""
        asked = {"url": "https://music.example.org/hook"}
        return str(self.client.post("/v1/webhooks", json=asked).json()["id"])

    def _is_found(self) -> bool:
        indexes = self.client.get("/v1/indexes").json()
        return bool(indexes["active"]) and not indexes["stale"]


#: What documents write for something, and what is put there; one thing for all of a block.
_FILLED: tuple[tuple[str, Callable[[Service], str]], ...] = (
    (r"http://127\.0\.0\.1:8000|https://music\.example\.org(?!/hook)", lambda service: service.url),
    (r"ssk_x7k2m9q4tw0a_…", Service.key),
    (r"x7k2m9q4tw0a", Service.key_id),
    (r"(?<=cursor=)…", Service.cursor),
    (r"0b0e6a0e-6e5b-4d53-9b7e-2f1f6f0f3c11|0b6f[0-9a-f-]*…", Service.job),
    (r"4b8e6f6d-6f1e-4b1f-8a7e-0f7c3d9b5a42|5a0f…", Service.track),
    (r"7d1c…", Service.batch),
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    data = tmp_path_factory.mktemp("docs-service")
    options = ("--json", "--data", str(data), "--port", str(free_port()))
    command = (sys.executable, "-m", "sightsong.cli", "up", *options)
    env = {**os.environ, "SIGHTSONG_DISK_RESERVE_BYTES": "0"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:
        try:
            assert process.stdout is not None
            made = Service(json.loads(process.stdout.readline())["url"])
            made.fill()
            yield made
            made.client.close()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def photo() -> bytes:
    """A picture unlike all others: what was asked before is answered at once."""
    file = io.BytesIO()
    Image.frombytes("RGB", (64, 48), os.urandom(64 * 48 * 3)).save(file, "JPEG")
    return file.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What lies where the commands are run."""
    for name in ("beach.jpg", "forest.jpg"):
        (tmp_path / name).write_bytes(photo())
    with zipfile.ZipFile(tmp_path / "album.zip", "w") as archive:
        archive.write(tmp_path / "beach.jpg", "beach.jpg")
        archive.write(tmp_path / "forest.jpg", "forest.jpg")
    lines = [json.dumps({"text": text}) for text in ("calm piano", "a summer party")]
    (tmp_path / "items.ndjson").write_text("\n".join(lines))
    return tmp_path


def filled(text: str, service: Service) -> str:
    for pattern, thing in _FILLED:
        if re.search(pattern, text):
            text = re.sub(pattern, thing(service), text)
    return text


@pytest.mark.parametrize(
    "block",
    [one for one in BLOCKS if one.name not in CANNOT_RUN],
    ids=lambda block: block.name,
)
def test_the_commands_of_a_document_do_what_it_says(service, folder, block):
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("there is no curl here")
    text = filled(block.text, service)
    commands = [line.partition(" # ")[0] for line in text.splitlines()]
    assert not [one for one in commands if "…" in one], "a placeholder that nobody fills in"
    ran = docs.run(text, folder, curl=curl, env={**os.environ, "KEY": service.key()})

    assert ran.exit_status == 0, ran.said
    assert len(ran.statuses) == len(block.expected()), ran.said
    for status, expected in zip(ran.statuses, block.expected(), strict=True):
        assert status in expected, ran.said


def test_only_blocks_that_are_there_are_said_not_to_run():
    assert set(CANNOT_RUN) <= {one.name for one in BLOCKS}
    assert all(CANNOT_RUN.values())


def test_the_documents_show_commands_at_all():
    assert len(BLOCKS) >= 10
