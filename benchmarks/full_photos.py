"""The full profile through the whole service, against the usual way and against a bare loop.

    python -m benchmarks.full_photos --models-dir DIR [--photos FOLDER] [--pairs 3] [--count 64]

For each kind of work (captions and their vectors only, and everything) it prints the median of
paired runs: photos per minute of the usual way (`benchmarks.seed_way`), of a bare batched loop, and
of the service through HTTP, queue and database; then the time of one photo alone. The weights may
be random ones (`python -m workers.models.random_checkpoints --size real`): the speed is the same.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.throwaway import service_settings
from sightsong.client import Client
from sightsong.local import service

_BATCH = 8
_READY_S = 180
_WORKS = ["captions", "all"]
_NOT_MODELS = ("batch", "decode")


def main() -> None:
    """Measure and print."""
    asked = _arguments()
    os.environ |= {
        "SIGHTSONG_PROFILE": "full",
        "SIGHTSONG_MODELS_DIR": str(asked.models_dir.resolve()),
        "SIGHTSONG_PHOTO_BATCH": str(_BATCH),
    }
    photos = [path.read_bytes() for path in sorted(asked.photos.glob("*.jpg"))]
    for work in asked.work:
        _compare(work, photos, asked)


def _compare(work: str, photos: Sequence[bytes], asked: argparse.Namespace) -> None:
    seed, bare, served = [], [], []
    common = ["--models-dir", str(asked.models_dir), "--photos", str(asked.photos)]
    for _ in range(asked.pairs):
        seed.append(_rate("benchmarks.seed_way", *common, "--count", "8"))
        loop = ["--work", work, "--bare", str(asked.count), "--photos", str(asked.photos)]
        bare.append(_rate("benchmarks.full_worker", *loop))
        with _service(work) as client:
            served.append(_crowd(client, photos, asked.count))
    usual, loop_rate, rate = (statistics.median(rates) for rates in (seed, bare, served))
    against = statistics.median(ours / theirs for ours, theirs in zip(served, seed, strict=True))
    kept = statistics.median(ours / theirs for ours, theirs in zip(served, bare, strict=True))
    print(f"{work:9} usual way {usual:7.1f}/min   bare loop {loop_rate:7.1f}/min   ", end="")
    print(f"service {rate:7.1f}/min   = {against:.2f} x usual, {kept:.1%} of bare", flush=True)
    with _service(work) as client:
        alone = [_one(client, photos[i % len(photos)]) for i in range(asked.alone + 1)][1:]
    total, besides = (statistics.median(part) for part in zip(*alone, strict=True))
    print(f"{work:9} one alone: p50 {total:.0f} ms, of which not in the models {besides:.0f} ms")


def _rate(module: str, *arguments: str) -> float:
    command = [sys.executable, "-m", module, *arguments]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(said.split()[-1])


@contextmanager
def _service(work: str) -> Iterator[Client]:
    """A service whose worker does the given work."""
    worker = ("benchmarks.full_worker", "--work", work)
    with service_settings() as config:
        children = [
            replace(door, command=(*door.command[:-1], *worker)) if door.name == "worker" else door
            for door in service.doors(config)
        ]
        with (
            service.running(config, tell=lambda _: None, children=children) as running,
            Client(running.base_url) as client,
        ):
            running.wait_until_ready(client, timeout_s=_READY_S)
            yield client


def _crowd(client: Client, photos: Sequence[bytes], count: int) -> float:
    """Photos per minute with so many waiting, from the first submit to the last answer."""
    for _ in range(2):
        _one(client, photos[0])  # warm up
    began = time.perf_counter()
    with ThreadPoolExecutor(max_workers=4) as pool:
        sent = pool.map(lambda i: client.submit_photo(photos[i % len(photos)])["id"], range(count))
        ids = list(sent)
    jobs = [client.wait(job_id, timeout_s=600) for job_id in ids]
    took_s = time.perf_counter() - began
    if any(job["state"] != "succeeded" for job in jobs):
        raise SystemExit("a photo failed")
    return 60 * count / took_s


def _one(client: Client, photo: bytes) -> tuple[float, float]:
    """Milliseconds from submit to done, and how many of them were not spent in the models."""
    began = time.perf_counter()
    job = client.wait(client.submit_photo(photo)["id"], timeout_s=120)
    took_ms = (time.perf_counter() - began) * 1000
    if job["state"] != "succeeded" or job["result"] is None:
        raise SystemExit(f"a photo failed: {job['error']}")
    stages = job["result"]["timings_ms"]
    return took_ms, took_ms - sum(ms for name, ms in stages.items() if name not in _NOT_MODELS)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models-dir", type=Path, required=True)
    parser.add_argument("--photos", type=Path, default=Path(__file__).parents[1] / "demo/photos")
    parser.add_argument("--work", nargs="+", choices=_WORKS, default=_WORKS)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--alone", type=int, default=8)
    return parser.parse_args()


if __name__ == "__main__":
    main()
