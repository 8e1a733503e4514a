"""Photos per second on a GPU (or CPU) by batch size, against the arithmetic that they need.

    python -m benchmarks.gpu_photos --models-dir DIR [--device cuda:0] [--batches 1 8 32 128]

The floor is the arithmetic of a photo, counted below, over the speed of large matrix products in
the same type, measured first. What lies between floor and measurement is launches, memory traffic
(decoding reads every weight for each token) and what is not a matrix product. Prints the split too.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from benchmarks.nothing import NoLibrary
from sightsong.adapters import memory, weights
from sightsong.core import catalogue
from sightsong.core.models import Photo, Profile
from workers import device
from workers.media.views import make_view
from workers.models.full.captions import NEW_TOKENS
from workers.models.full.profile import full_profile
from workers.pipeline import PhotoPipeline, PhotoWish

_RUNS = 5


def main() -> None:
    """Measure and print."""
    asked = _arguments()
    place = device.choose(asked.device)
    profile = full_profile(weights.checkpoints(asked.models_dir, catalogue.full_models()), place)
    speed = _speed(place)
    needed = flops_of_a_photo()
    print(f"{place.name}: {speed / 1e12:.1f} TFLOP/s in large products", end=", ")
    print(f"{needed / 1e9:.0f} GFLOP a photo")
    print(f"floor {speed / needed:.1f} photos/s")
    for size in asked.batches:
        rate, split = _measure(profile, size)
        parts = "  ".join(f"{name} {ms / size:.1f}" for name, ms in split.items())
        print(f"batch {size:4} {rate:8.1f} photos/s   ms a photo: {parts}", flush=True)


def flops_of_a_photo() -> float:
    """Count the multiplications and additions of a photo: no faces, two captions of full length."""
    vit_b16 = _transformer(length=577, layers=12, width=768)
    vit_b32 = _transformer(length=50, layers=12, width=768)
    clap_text = _transformer(length=30, layers=12, width=768)
    of_photo = 12 * 577 * 2 * _product(768, 768)  # keys and values of the decoder
    per_token = 12 * 14 * _product(768, 768) + _product(768, 30_524)
    return vit_b16 + vit_b32 + clap_text + of_photo + 2 * NEW_TOKENS * per_token


def _transformer(*, length: int, layers: int, width: int) -> float:
    products = 12 * _product(width, width) * length
    attention = 2 * _product(length, width) * length
    return layers * (products + attention)


def _product(rows: int, columns: int) -> float:
    return 2.0 * rows * columns


def _speed(place: device.Device) -> float:
    side = 8192 if place.is_cuda else 2048
    one = torch.randn(side, side, device=place.place, dtype=place.dtype)
    took_s = _median_s(lambda: torch.mm(one, one), place)
    return 2.0 * side**3 / took_s


def _measure(profile: Profile, size: int) -> tuple[float, dict[str, float]]:
    pipeline = PhotoPipeline(profile, NoLibrary(), memory.open_stores().tracks)
    took, splits = [], []
    for run in range(_RUNS + 1):
        batch = _photos(profile, size, seed=run)
        began = time.perf_counter()
        [first, *_] = pipeline.answer(batch, [PhotoWish()] * size)
        took.append(time.perf_counter() - began)
        splits.append(first.result["timings_ms"])
    names = [name for name in splits[0] if name != "batch"]
    split = {name: statistics.median(part[name] for part in splits[1:]) for name in names}
    return size / statistics.median(took[1:]), split


def _photos(profile: Profile, size: int, *, seed: int) -> list[Photo]:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (size, 400, 500, 3), dtype=np.uint8)
    return [
        Photo(pixels=one, views={view: make_view(one, view) for view in profile.views})
        for one in pixels
    ]


def _median_s(work: Callable[[], object], place: device.Device) -> float:
    times = []
    for _ in range(_RUNS + 2):
        began = time.perf_counter()
        work()
        if place.is_cuda:
            torch.cuda.synchronize()
        times.append(time.perf_counter() - began)
    return statistics.median(times[2:])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models-dir", type=Path, required=True)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 8, 32, 128])
    return parser.parse_args()


if __name__ == "__main__":
    main()
