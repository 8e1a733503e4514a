"""Submit to done, through HTTP, queue and database: one photo at a time, and 100 at once.

    python -m benchmarks.photo_latency [--photos FOLDER] [--alone 30] [--crowd 100]

Starts a service of its own on a free port with an empty library (or ingests --library), measures
and prints a table in milliseconds. The bare pipeline, in this process, is the baseline.
"""

import argparse
import io
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.nothing import NoLibrary
from benchmarks.throwaway import service_settings
from sightsong.adapters import memory
from sightsong.client import Client
from sightsong.core.models import Photo
from sightsong.local import service
from workers.media import images
from workers.models.lite.profile import lite_profile
from workers.pipeline import PhotoPipeline, PhotoWish

ROOT = Path(__file__).parents[1]
_POLL_S = 0.2


def main() -> None:
    """Measure and print."""
    asked = _arguments()
    photos = [path.read_bytes() for path in sorted(asked.photos.glob("*.jpg"))]
    with (
        service_settings() as config,
        service.running(config, tell=print) as running,
        Client(running.base_url) as client,
    ):
        running.wait_until_ready(client, timeout_s=60)
        _ingest(client, asked.library)
        _alone(client, photos, 5)  # warm up
        _print("one at a time", _alone(client, photos, asked.alone))
        began = time.perf_counter()
        times = _crowd(running.base_url, photos, asked.crowd)
        _print(f"{asked.crowd} at once", times)
        rate = asked.crowd / (time.perf_counter() - began)
        print(f"{'':24} {rate:8.1f} photos/s")
    _print("bare pipeline, alone", _bare(photos, asked.alone))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, default=ROOT / "demo" / "photos")
    parser.add_argument("--library", type=Path, default=ROOT / "demo" / "library")
    parser.add_argument("--alone", type=int, default=30)
    parser.add_argument("--crowd", type=int, default=100)
    return parser.parse_args()


def _ingest(client: Client, library: Path) -> None:
    job = client.ingest(library)
    while not client.ingest_status(job["id"])["done"] or client.indexes()["stale"]:
        time.sleep(_POLL_S)


def _alone(client: Client, photos: Sequence[bytes], count: int) -> list[float]:
    return [_one(client, photos[i % len(photos)]) for i in range(count)]


def _crowd(base_url: str, photos: Sequence[bytes], count: int) -> list[float]:
    """All submitted at once, each by a thread of its own; each time runs from its own submit."""

    def one(i: int) -> float:
        with Client(base_url) as client:
            return _one(client, photos[i % len(photos)])

    with ThreadPoolExecutor(max_workers=count) as pool:
        return list(pool.map(one, range(count)))


def _one(client: Client, photo: bytes) -> float:
    began = time.perf_counter()
    job = client.wait(client.submit_photo(photo)["id"], timeout_s=120)
    if job["state"] != "succeeded":
        raise SystemExit(f"a photo failed: {job['error']}")
    return (time.perf_counter() - began) * 1000


def _bare(photos: Sequence[bytes], count: int) -> list[float]:
    """The same models without HTTP, queue and database; no library to search."""
    stores = memory.open_stores()
    profile = lite_profile()
    side = profile.photo_side_px
    pipeline = PhotoPipeline(profile, NoLibrary(), stores.tracks)
    times = []
    for i in range(count + 3):
        began = time.perf_counter()
        upload = io.BytesIO(photos[i % len(photos)])
        pixels = images.decode_photo(upload, max_pixels=40_000_000, max_side=side)
        pipeline.answer([Photo(pixels=pixels)], [PhotoWish()])
        times.append((time.perf_counter() - began) * 1000)
    return times[3:]


def _print(name: str, times: Sequence[float]) -> None:
    ordered = sorted(times)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    middle = statistics.median(ordered)
    print(f"{name:24} p50 {middle:8.1f}   p95 {p95:8.1f}   max {ordered[-1]:8.1f} ms")


if __name__ == "__main__":
    main()
