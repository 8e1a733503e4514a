"""Recipes that misbehave as told: what the processes of the pool's tests are given.

In a module of its own, which those processes import; so it must not import pytest.
"""

import os
import signal
import time

import numpy as np

from sightsong.core import errors
from sightsong.core.models import Filter, Fit, Photo, View
from workers.media.decoding import Alive, HeardTrack, Recipe, TrackFiles, unhurried
from workers.models.lite.listening import LiteListener

SMALL = View(side_px=8, fit=Fit.CROP, filter=Filter.BICUBIC)
USUAL = {
    "max_pixels": 1_000_000,
    "photo_side_px": 64,
    "max_audio_s": 60,
    "listener": LiteListener(),
}


class Told(Recipe):
    """Does what the bytes of a photo say, or the name of a track."""

    def photo(self, content: bytes) -> Photo:
        match content.split():
            case [b"die"]:
                os.kill(os.getpid(), signal.SIGKILL)
            case [b"sleep", seconds]:
                time.sleep(float(seconds))
            case [b"work"]:
                os.nice(1)  # seen from outside, where no file that it wrote would be
                time.sleep(60)
            case [b"take", gibibytes]:
                np.empty(int(gibibytes) * 1024**3, dtype=np.uint8)
            case [b"refuse"]:
                raise errors.TooManyPixels("Far too many.")
            case [b"stumble"]:
                raise ZeroDivisionError("of no number")
        return Photo(pixels=np.full((2, 3, 3), os.getpid() % 256, dtype=np.uint8))

    def track(self, files: TrackFiles, *, alive: Alive = unhurried) -> HeardTrack:
        return HeardTrack(heard=None, digest=_did(files.paths[0].name, alive))


class Unborn(Recipe):
    """Cannot even be handed over."""

    def __setstate__(self, _state: object) -> None:
        raise ZeroDivisionError


def _did(told: str, alive: Alive) -> str:
    match told.split():
        case ["stall", seconds]:
            alive(float(seconds))
            time.sleep(60)
        case ["spin"]:
            while True:
                alive(60)
        case ["modestly"]:
            return f"nice {os.nice(0)}, threads {os.environ.get('OPENBLAS_NUM_THREADS')}"
        case ["tick", pause, times]:
            for _ in range(int(times)):
                alive(float(pause) * 4)
                time.sleep(float(pause))
        case [seconds]:
            time.sleep(float(seconds))
    return f"process {os.getpid()}"
