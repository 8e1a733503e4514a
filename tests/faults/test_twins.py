"""Two of each process do no harm; two services on one data folder, the second is refused."""

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.e2e.service import DEMO_TRACKS, Service
from tests.faults import checker
from tests.faults.crowd import Crowd
from tests.faults.estate import Estate
from tests.faults.figures import Figures
from tests.ports import free_port
from tests.waiting import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.row(25), pytest.mark.faults]

MOST_S = 60


@pytest.mark.long
def test_two_of_each_process_do_the_work_once(estate: Estate, figures: Figures, tmp_path: Path):
    service = estate.service
    service.up()
    second = _second_of_each(service)
    music = shutil.copytree(DEMO_TRACKS, tmp_path / "music")
    urls = itertools.cycle([str(service.client.base_url), second])
    crowd = Crowd(lambda: next(urls), seed=25)
    with crowd.pulsing(per_s=3):
        # The same folder, told to both doors at once: each track becomes one row, embedded once.
        for url in (str(service.client.base_url), second):
            answer = httpx.post(f"{url}/v1/ingests", json={"path": str(music)}, timeout=30)
            assert answer.status_code == httpx.codes.ACCEPTED, answer.text
        wait_until(lambda: _is_indexed(service), within_s=150, every_s=0.2)
    crowd.close()
    assert checker.violations(service, crowd.ledger) == []
    _see_that_all_was_done_once(service, len(list(music.glob("*.*"))), figures)
    figures.measured("submits", len(crowd.ledger.job_ids), at_least=5)


def _second_of_each(service: Service) -> str:
    """Start one more of each process; the address of the second API."""
    port = free_port()
    service.start("api", env={"SIGHTSONG_PORT": str(port)})
    for door in ("workers", "indexer"):
        service.start(door)
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: _answers(url), within_s=MOST_S, every_s=0.1)
    wait_until(lambda: service.alive("workers") == 2, within_s=MOST_S, every_s=0.1)
    wait_until(lambda: service.alive("indexer") == 2, within_s=MOST_S, every_s=0.1)
    return url


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").is_success
    except httpx.TransportError:
        return False


def _is_indexed(service: Service) -> bool:
    """Whether all jobs of the library have ended, and a snapshot of all of it is active."""
    if service.rows("SELECT id FROM jobs WHERE state IN ('queued', 'running') AND kind <> 'photo'"):
        return False
    told = service.client.get("/v1/indexes").json()
    return bool(told["active"]) and not told["stale"]


def _see_that_all_was_done_once(service: Service, tracks: int, figures: Figures) -> None:
    def count(query: str) -> int:
        return int(service.rows(query)[0][0])

    figures.measured("tracks", count("SELECT count(*) FROM tracks"), at_least=tracks)
    figures.measured("tracks", count("SELECT count(*) FROM tracks"), at_most=tracks)
    embeds = count("SELECT count(*) FROM jobs WHERE kind = 'embed'")
    figures.measured("embed jobs", embeds, at_most=tracks)
    active = count("SELECT count(*) FROM snapshots WHERE state = 'active'")
    assert active == 1
    figures.measured("leases that ran out", len(list(service.events("leases.expired"))), at_most=0)


@contextmanager
def up(data_dir: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """A running `sightsong up`."""
    options = ("--json", "--data", str(data_dir), "--port", str(port))
    command = (sys.executable, "-m", "sightsong.cli", "up", *options)
    env = {**os.environ, "SIGHTSONG_DISK_RESERVE_BYTES": "0"}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=env) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.communicate(timeout=60)


def test_a_second_up_on_a_data_folder_is_refused_and_the_first_serves_on(
    tmp_path: Path, figures: Figures
):
    with up(tmp_path, free_port()) as first:
        assert first.stdout is not None
        url = json.loads(first.stdout.readline())["url"]
        began = time.monotonic()
        with up(tmp_path, free_port()) as second:
            assert second.wait(180) == 2
            assert second.stderr is not None
            assert "already running" in second.stderr.read()
        figures.measured("second up refused after", time.monotonic() - began, "s")
        assert _answers(url)
        assert first.poll() is None


def test_an_up_that_was_killed_can_be_started_again_at_once(tmp_path: Path, figures: Figures):
    port = free_port()
    with up(tmp_path, port) as first:
        assert first.stdout is not None
        first.stdout.readline()
        first.kill()
        first.wait(10)
    began = time.monotonic()
    with up(tmp_path, port) as second:
        assert second.stdout is not None
        line = second.stdout.readline()
        assert line, second.stderr.read() if second.stderr else ""
        figures.measured("up again after kill -9", time.monotonic() - began, "s", at_most=MOST_S)
        assert _answers(json.loads(line)["url"])
