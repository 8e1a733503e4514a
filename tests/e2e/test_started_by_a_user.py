"""`sightsong demo` and `sightsong up` for real, as a user starts them."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sightsong.client import Client, ServiceUnreachable
from tests.e2e.service import DEMO_PHOTOS
from tests.ports import free_port
from tests.waiting import wait_until

pytestmark = pytest.mark.processes

SIGHTSONG = (sys.executable, "-m", "sightsong.cli")


@contextlib.contextmanager
def up(data_dir: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running `sightsong up`, and its address."""
    options = ("--json", "--data", str(data_dir), "--port", str(free_port()))
    env = {**os.environ, "SIGHTSONG_DISK_RESERVE_BYTES": "0"}
    command = (*SIGHTSONG, "up", *options)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())["url"]
        finally:
            process.kill()


def children(pid: int) -> list[int]:
    """The process ids of the children of a process, as Linux lists them."""
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    return sorted(int(child) for thread in threads for child in thread.read_text().split())


def answers(client: Client) -> bool:
    """Whether the api is there (again)."""
    with contextlib.suppress(ServiceUnreachable):
        return client.ready()["status"] != "unready"
    return False


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks processes up in /proc")
def test_up_outlives_killed_children_and_leaves_none_behind_when_it_is_killed_itself(
    tmp_path: Path,
):
    with up(tmp_path) as (process, url), Client(url) as client:
        first = children(process.pid)
        assert len(first) == 3
        for pid in first:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: len(set(children(process.pid)) - set(first)) == 3, within_s=30)
        wait_until(lambda: answers(client), within_s=30, every_s=0.1)
        photo = min(DEMO_PHOTOS.glob("*.jpg"))
        job = client.wait(client.submit_photo(photo)["id"], timeout_s=60)
        assert job["state"] == "succeeded"
        orphans = children(process.pid)
        process.kill()
        process.wait(10)
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in orphans), within_s=30)


def test_demo_answers_its_own_photos_from_its_own_library_and_stops(tmp_path: Path):
    options = ("--once", "--json", "--data", str(tmp_path), "--port", str(free_port()))
    env = {**os.environ, "SIGHTSONG_DISK_RESERVE_BYTES": "0"}
    command = (*SIGHTSONG, "demo", *options)
    ended = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    answers = json.loads(ended.stdout.splitlines()[-1])
    assert [len(answer["job"]["result"]["matches"]) for answer in answers] == [5, 5, 5, 5]
    assert ended.stderr.splitlines()[-1] == "stopped"
