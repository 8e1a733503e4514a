"""How fast the lite profile is on one core: a photo, a track, and the first call of a process.

OPENBLAS_NUM_THREADS=1 python -m benchmarks.lite_speed PHOTO TRACK
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from sightsong.core.models import Heard, Photo, Pixels


def main() -> None:
    """Time the import, the first calls, then the median of some more."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("photo", type=Path)
    parser.add_argument("track", type=Path)
    chosen = parser.parse_args()
    began = time.perf_counter()
    # Imported here because the import is timed.
    from sightsong.adapters.sound.decoding import open_sound  # noqa: PLC0415
    from workers.media import images  # noqa: PLC0415
    from workers.models.lite.profile import lite_profile  # noqa: PLC0415

    profile = lite_profile()
    print(f"import {time.perf_counter() - began:.2f} s")

    def decode() -> Pixels:
        with chosen.photo.open("rb") as stream:
            return images.decode_photo(
                stream, max_pixels=40_000_000, max_side=profile.photo_side_px
            )

    def describe() -> None:
        photos = [Photo(pixels=pixels)]  # a new one each time: models remember by it what they saw
        profile.caption.caption(photos, profile.emotion.predict(photos))

    def listen() -> Heard:
        with open_sound(chosen.track) as sound:
            return profile.audio.listener.hear(sound.blocks(max_s=3_600), rate_hz=sound.rate_hz)

    pixels, heard = decode(), listen()
    print(f"photo {pixels.shape[1]} x {pixels.shape[0]}, track {heard.duration_s:.0f} s")
    show("photo: decode", decode)
    show("photo: emotion and captions", describe)
    listen_s = show("track: decode and hear", listen)
    read_s = show("track: read", lambda: profile.audio.read([heard]))
    print(f"track: {heard.duration_s / (listen_s + read_s):.0f} times real time")


def show(name: str, work: Callable[[], object], *, times: int = 7) -> float:
    """Print the first and the median seconds of some calls; return the median."""
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    median = statistics.median(seconds)
    print(f"{name}: first {seconds[0] * 1e3:.0f} ms, median {median * 1e3:.0f} ms")
    return median


if __name__ == "__main__":
    main()
