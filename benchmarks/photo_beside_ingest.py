"""Photos go first: how long does one take while a library is being taken in?

    python -m benchmarks.photo_beside_ingest FOLDER [--photos 40] [--profile lite|full]

Starts a service of its own on a free port, sends photos one after another while nothing else is
done, takes the folder in, and sends as many again meanwhile. Prints both in milliseconds, and how
many of the second lot really ran beside tracks. Give a folder that takes longer than the photos.
"""

import argparse
import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.throwaway import service_settings
from sightsong.client import Client
from sightsong.local import service

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=40)
    parser.add_argument("--profile", default="lite")
    parser.add_argument("--models-dir", default="")
    asked = parser.parse_args()
    os.environ |= {
        "SIGHTSONG_PROFILE": asked.profile,
        "SIGHTSONG_MODELS_DIR": asked.models_dir,
    }
    photos = [path.read_bytes() for path in sorted((ROOT / "demo" / "photos").glob("*.jpg"))]
    with (
        service_settings() as config,
        service.running(config, tell=print) as running,
        Client(running.base_url) as client,
    ):
        running.wait_until_ready(client, timeout_s=300)
        _send(client, photos, 5)  # warm up
        _print("alone", _send(client, photos, asked.photos))
        begun = client.ingest(asked.folder)["id"]
        while not client.ingest_status(begun)["tracks"]["running"]:
            time.sleep(0.02)
        beside = _send(client, photos, asked.photos, while_open=begun)
        _print(f"beside tracks ({len(beside)})", beside)


def _send(
    client: Client, photos: Sequence[bytes], count: int, *, while_open: str | None = None
) -> list[float]:
    """Send photos one after another; only as long as an ingest goes on."""
    times: list[float] = []
    for i in range(count):
        if while_open and client.ingest_status(while_open)["done"]:
            break
        began = time.perf_counter()
        job = client.wait(client.submit_photo(photos[i % len(photos)])["id"], timeout_s=300)
        if job["state"] != "succeeded":
            raise SystemExit(f"a photo failed: {job['error']}")
        times.append((time.perf_counter() - began) * 1000)
    return times


def _print(name: str, times: Sequence[float]) -> None:
    ordered = sorted(times)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    middle = statistics.median(ordered)
    print(f"{name:24} p50 {middle:8.1f}   p95 {p95:8.1f}   max {ordered[-1]:8.1f} ms")


if __name__ == "__main__":
    main()
