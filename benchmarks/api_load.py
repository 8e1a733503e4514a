"""The API process under load: submits, polls, and hundreds who wait at once.

    python -m benchmarks.api_load [--seconds 10] [--rounds 3] [--connections 16] [--keys]

Starts one API process over a SQLite database of its own (no workers: only the door is measured),
and beside it a process of the same framework that does nothing but read the body. The load comes
from processes of its own (`benchmarks.api_load_client`): so many connections, each of which asks
again when it is answered. Submits and bare reads take turns, so that both meet the same machine.
The waiting ones are woken by this process, which ends their jobs in the database as a worker would.
"""

import argparse
import contextlib
import io
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import httpx
import numpy as np
from PIL import Image

from sightsong.adapters import store
from sightsong.adapters.store import migrate
from sightsong.core import jobs, keys, ports
from sightsong.core.tenancy import Scope

ROOT = Path(__file__).parents[1]
_PHOTO_BYTES = 100_000
_BATCH = 30  #: Jobs that end at once while others wait.
_PAUSE_S = 0.25
_PATIENCE_S = 30.0
_UNLIMITED = "1000000000"


@dataclass(frozen=True, kw_only=True)
class Served:
    """An API process, and its database."""

    port: int
    pid: int
    stores: ports.Stores
    key: str | None


def main() -> None:
    """Measure and print."""
    asked = _arguments()
    with tempfile.TemporaryDirectory() as name:
        photo = Path(name) / "photo.jpg"
        photo.write_bytes(_photo())
        with _api(Path(name), needs_key=asked.keys) as api, _bare() as bare_port:
            size, known = photo.stat().st_size, "on" if asked.keys else "off"
            print(f"JPEG of {size:,} bytes, {asked.connections} connections, keys {known}")
            _submits(api, bare_port, photo, asked)
            _polls(api, asked)
            _waiting(api, pollers=asked.pollers, followers=asked.followers)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--pollers", type=int, default=500)
    parser.add_argument("--followers", type=int, default=100)
    parser.add_argument("--keys", action="store_true", help="need a key, and come with one")
    return parser.parse_args()


def _photo() -> bytes:
    """A JPEG of about 100 kB."""
    rng = np.random.default_rng(1)
    coarse = rng.integers(0, 255, (90, 120, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize((1200, 900), Image.Resampling.BICUBIC)
    for quality in range(95, 20, -2):
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=quality)
        if file.tell() <= _PHOTO_BYTES:
            return file.getvalue()
    raise AssertionError("no quality makes it small enough")


@contextlib.contextmanager
def _api(folder: Path, *, needs_key: bool) -> Iterator[Served]:
    """Start the API alone, over an empty database."""
    url = f"sqlite:///{folder / 'sightsong.db'}"
    migrate.upgrade(url)
    stores = store.open_stores(url, folder / "blobs", disk_reserve_bytes=0)
    key = _key(stores) if needs_key else None
    port = _free_port()
    env = {
        "SIGHTSONG_DATA_DIR": str(folder),
        "SIGHTSONG_PORT": str(port),
        "SIGHTSONG_AUTH": "keys" if needs_key else "auto",
        "SIGHTSONG_QUEUE_LIMIT": _UNLIMITED,
        "SIGHTSONG_KEY_REQUESTS_PER_MIN": _UNLIMITED,
        "SIGHTSONG_ANSWER_CACHE_S": "0",
    }
    with _process([sys.executable, "-m", "api"], env, folder / "api.log") as process:
        _wait_for(port)
        yield Served(port=port, pid=process.pid, stores=stores, key=key)
    stores.close()


@contextlib.contextmanager
def _bare() -> Iterator[int]:
    """Start what does nothing but read bodies."""
    port = _free_port()
    command = [sys.executable, "-m", "benchmarks.api_load_client", "bare", str(port)]
    with _process(command, {}, Path(os.devnull)):
        _wait_for(port)
        yield port


@contextlib.contextmanager
def _process(
    command: Sequence[str], env: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **env}, stdout=file, stderr=file
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not _is_up(port):
        if time.monotonic() > until:
            raise TimeoutError(f"nothing answers at port {port}")
        time.sleep(0.1)


def _is_up(port: int) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    return False


def _key(stores: ports.Stores) -> str:
    issued = keys.issue()
    stores.keys.create(
        keys.NewKey(
            id=issued.id,
            digest=issued.digest,
            last4=issued.last4,
            name="load",
            scopes=frozenset(Scope),
        )
    )
    return issued.text


def _hit(port: int, path: str, asked: argparse.Namespace, *more: str) -> dict[str, float]:
    """Have one address asked for a while, by a process of its own."""
    options = ["--seconds", str(asked.seconds), "--connections", str(asked.connections), *more]
    command = [sys.executable, "-m", "benchmarks.api_load_client", "hit", str(port), path, *options]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    measured: dict[str, float] = json.loads(ended.stdout)
    return measured


def _with(key: str | None) -> list[str]:
    return [] if key is None else ["--key", key]


def _submits(api: Served, bare_port: int, photo: Path, asked: argparse.Namespace) -> None:
    body = ["--photo", str(photo)]
    rounds = [
        (
            _hit(bare_port, "/read", asked, *body),
            _hit(api.port, "/v1/jobs", asked, *body, *_with(api.key)),
        )
        for _ in range(asked.rounds)
    ]
    _print("body read, nothing else", [bare for bare, _ in rounds])
    _print("submit", [submit for _, submit in rounds])
    ratios = [submit["per_s"] / bare["per_s"] for bare, submit in rounds]
    each = ", ".join(f"{one:.2f}" for one in ratios)
    print(f"{'submit / read':28} {statistics.median(ratios):8.2f}  (each round: {each})")


def _polls(api: Served, asked: argparse.Namespace) -> None:
    job = api.stores.jobs.submit(jobs.NewJob(kind=jobs.JobKind.TEXT, params={"text": "calm"}))
    api.stores.jobs.cancel(job.id)
    path = f"/v1/jobs/{job.id}"
    _print("poll", [_hit(api.port, path, asked, *_with(api.key)) for _ in range(asked.rounds)])


def _waiting(api: Served, *, pollers: int, followers: int) -> None:
    """Have hundreds wait for jobs of their own, end the jobs, and see who wakes when."""
    _clear(api.stores)
    new = jobs.NewJob(kind=jobs.JobKind.TEXT, params={"text": "calm"})
    ids = [api.stores.jobs.submit(new).id for _ in range(pollers + followers)]
    before = _memory_mb(api.pid)
    command = [sys.executable, "-m", "benchmarks.api_load_client", "wait", str(api.port)]
    options = ["--pollers", str(pollers), *_with(api.key)]
    with subprocess.Popen(
        [*command, *options], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as waiting:
        told, said = cast("IO[str]", waiting.stdin), cast("IO[str]", waiting.stdout)
        told.write(json.dumps(ids) + "\n")
        told.flush()
        said.readline()  # all of them wait
        while_waiting = _memory_mb(api.pid)
        ended = _end_all(api.stores)
        woken: dict[str, float] = json.loads(said.readline())
    for name, mine in (("long polls", ids[:pollers]), ("event streams", ids[pollers:])):
        late_ms = [1000 * (woken[one] - ended[one]) for one in mine if one in woken]
        _print_woken(name, late_ms, len(mine))
    most = _memory_mb(api.pid, "VmHWM")
    told_mb = f"{before:.0f} before, {while_waiting:.0f} while all wait, {most:.0f} at most"
    print(f"{'MB of the API (RSS)':28} {told_mb}")


def _print_woken(name: str, late_ms: list[float], count: int) -> None:
    late_ms.sort()
    half, most = _quantile(late_ms, 0.5), _quantile(late_ms, 0.95)
    after = f"after {half:.0f} / {most:.0f} ms (p50 / p95)"
    print(f"{name:28} {len(late_ms):8} woken of {count} {after}")


def _clear(stores: ports.Stores) -> None:
    """Cancel what was submitted before."""
    mine = jobs.JobFilter(kinds=(jobs.JobKind.PHOTO,), state=jobs.JobState.QUEUED)
    while waiting := stores.jobs.listed(mine, limit=500):
        for job in waiting:
            stores.jobs.cancel(job.id)


def _end_all(stores: ports.Stores) -> dict[str, float]:
    """End all jobs that wait, some at a time; when each had ended."""
    ended: dict[str, float] = {}
    owner = jobs.Owner("load")
    while claimed := stores.jobs.claim([jobs.Queue.PHOTOS], owner=owner, limit=_BATCH, lease_s=60):
        outcome = jobs.Succeeded(result={"query": "calm", "matches": []})
        stores.jobs.complete([jobs.Completion(job=job, outcome=outcome) for job in claimed])
        ended |= dict.fromkeys((job.id for job in claimed), time.time())
        time.sleep(_PAUSE_S)
    return ended


def _memory_mb(pid: int, name: str = "VmRSS") -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) / 1024


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else float("nan")


def _print(name: str, rounds: Sequence[Mapping[str, float]]) -> None:
    middle = sorted(rounds, key=lambda one: one["per_s"])[len(rounds) // 2]
    took = f"{middle['p50_ms']:.0f} / {middle['p99_ms']:.0f} ms (p50 / p99)"
    failed = sum(one["failed"] for one in rounds)
    each = ", ".join(f"{one['per_s']:.0f}" for one in rounds)
    rate = f"{middle['per_s']:8.0f} /s"
    print(f"{name:28} {rate}  {took}; failed {failed:.0f}  (each round: {each})")


if __name__ == "__main__":
    main()
