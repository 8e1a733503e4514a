"""The real service for tests: real processes, private ports, a data folder of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from sightsong.adapters.store import migrate
from sightsong.adapters.store.connect import open_database
from tests.ports import free_port
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
DEMO_TRACKS = ROOT / "demo" / "library"
DEMO_PHOTOS = ROOT / "demo" / "photos"

#: Short enough that a killed worker's jobs come back within a test's patience.
_PACE = {"SIGHTSONG_LEASE_S": "3", "SIGHTSONG_HEARTBEAT_S": "0.5", "SIGHTSONG_GRACE_S": "10"}
_FINAL = ("succeeded", "failed", "canceled")


class Service:
    """Api, workers and indexer as processes, and a client that talks to them."""

    def __init__(self, data_dir: Path, *, env: Mapping[str, str] | None = None) -> None:
        self.port = free_port()
        self.data_dir = data_dir
        self._logs = data_dir / "logs"
        self._logs.mkdir(parents=True, exist_ok=True)
        own = {"SIGHTSONG_DATA_DIR": str(data_dir), "SIGHTSONG_PORT": str(self.port)}
        self.env = {
            **os.environ,
            **_PACE,
            "SIGHTSONG_DISK_RESERVE_BYTES": "0",
            "SIGHTSONG_ANSWER_CACHE_S": "0",  # the same photos are sent again and again
            **own,
            **(env or {}),
        }
        self.database_url = self.env.get(
            "SIGHTSONG_DATABASE_URL", f"sqlite:///{data_dir / 'sightsong.db'}"
        )
        self._processes: list[subprocess.Popen[bytes]] = []
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=40)

    def up(self) -> None:
        """Migrate, start one of each, and wait until they are ready."""
        migrate.upgrade(self.database_url)
        for door in ("api", "workers", "indexer"):
            self.start(door)
        wait_until(self._is_ready, within_s=180, every_s=0.1)

    def start(self, door: str, *, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start one more process of a door, with what is its own of the environment."""
        log = (self._logs / f"{door}-{len(self._processes)}.log").open("wb")
        command = [sys.executable, "-m", door]
        own = {**self.env, **(env or {})}
        process = subprocess.Popen(command, cwd=ROOT, env=own, stdout=log, stderr=log)
        log.close()
        self._processes.append(process)
        return process

    def living(self, door: str) -> list[subprocess.Popen[bytes]]:
        """The processes of a door that have not ended."""
        return [p for p in self._processes if p.args[-1] == door and p.poll() is None]

    def process_of(self, door: str) -> subprocess.Popen[bytes]:
        """The first process of a door."""
        return next(p for p in self._processes if p.args[-1] == door)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Kill a process outright."""
        process.kill()
        process.wait(10)

    def freeze(self, process: subprocess.Popen[bytes]) -> None:
        """Stop a process as a debugger would: it lives, and does nothing until it is thawed."""
        process.send_signal(signal.SIGSTOP)

    def thaw(self, process: subprocess.Popen[bytes]) -> None:
        """Let a frozen process go on."""
        process.send_signal(signal.SIGCONT)

    def down(self) -> None:
        """Stop everything, gently first."""
        self.client.close()
        living = [process for process in self._processes if process.poll() is None]
        for process in living:
            process.send_signal(signal.SIGTERM)
            self.thaw(process)  # a frozen one hears of its end only then
        for process in living:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill(process)

    def alive(self, door: str) -> int:
        """How many processes of a door have lately reported that they live."""
        detail = str(self.client.get("/readyz").json()["checks"][door]["detail"])
        return int(detail.partition(" ")[0]) if detail[0].isdigit() else 0

    def events(self, name: str) -> Iterator[dict[str, Any]]:
        """The events of a name in the logs of all processes so far."""
        for log in sorted(self._logs.glob("*.log")):
            for line in log.read_text("utf-8", "replace").splitlines():
                if f'"{name}"' in line and (event := _event(line)).get("event") == name:
                    yield event

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Read from the service's database, past the service."""
        database = open_database(self.database_url)
        try:
            with database.read() as connection:
                return [tuple(row) for row in connection.execute(text(query))]
        finally:
            database.close()

    def submit(self, photo: bytes, *, top_k: int = 5) -> str:
        """Submit a photo; the id of its job."""
        headers = {"Content-Type": "image/jpeg"}
        answer = self.client.post(
            "/v1/jobs", content=photo, headers=headers, params={"top_k": top_k}
        )
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def job(self, job_id: str, *, wait_s: int = 0) -> dict[str, Any]:
        """Read a job."""
        answer = self.client.get(f"/v1/jobs/{job_id}", params={"wait": wait_s})
        assert answer.status_code == 200, answer.text
        job: dict[str, Any] = answer.json()
        return job

    def finish(self, job_id: str) -> dict[str, Any]:
        """Wait for the final state of a job."""
        while True:
            job = self.job(job_id, wait_s=20)
            if job["state"] in _FINAL:
                return job

    def ingest(self, folder: Path) -> dict[str, Any]:
        """Ingest a folder and wait until answers come from a snapshot of its tracks."""
        answer = self.client.post("/v1/ingests", json={"path": str(folder)})
        assert answer.status_code == 202, answer.text
        url = f"/v1/ingests/{answer.json()['id']}"
        wait_until(lambda: self.client.get(url).json()["done"], within_s=120, every_s=0.1)
        wait_until(self._is_fresh, within_s=60, every_s=0.1)
        ingest: dict[str, Any] = self.client.get(url).json()
        return ingest

    def _is_fresh(self) -> bool:
        """Whether a snapshot is active and the workers serve it, which look for themselves."""
        indexes = self.client.get("/v1/indexes").json()
        if indexes["stale"] or not indexes["active"]:
            return False
        asked = self.client.post("/v1/jobs", json={"text": "calm"}, headers={"Prefer": "wait=20"})
        served: str = asked.json()["result"]["receipt"]["index_snapshot"]
        return served == indexes["active"]

    def _is_ready(self) -> bool:
        try:
            ready = self.client.get("/readyz").json()
        except httpx.TransportError:
            return False
        checks = ready["checks"]
        return all(checks[name]["status"] == "ok" for name in ("workers", "indexer"))


def _event(line: str) -> dict[str, Any]:
    try:
        event: dict[str, Any] = json.loads(line)
    except ValueError:
        return {}  # a line that a process died in, or that is another's
    return event
