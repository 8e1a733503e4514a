"""A worker whose device fails: `SIGHTSONG_TEST_FAULT=memory python -m tests.faults.faulty_worker`.

The real worker in all but the model that feels photos, behind whose port the device is.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from sightsong.adapters import logs, settings, starting
from sightsong.core.affect import EmotionReading
from sightsong.core.models import EmotionModel, ModelCard, Photo, Profile
from workers import app
from workers.models.lite.profile import lite_profile

DOOR = "tests.faults.faulty_worker"
FAULT = "SIGHTSONG_TEST_FAULT"
#: The most photos that fit the memory of the device.
FITS = 2
#: How long a slow batch takes, in seconds.
SLOW_S = 6.0
#: What a drowsy worker says when it begins a batch, and how long that takes, in seconds.
DROWSY = "test.drowsy"
DROWSY_S = 2.0
POISON_RGB = (255, 0, 255)

log = structlog.get_logger()

Predict = Callable[[Sequence[Photo]], list[EmotionReading]]


@dataclass(frozen=True, kw_only=True)
class Faulty:
    """A model that does something before it looks at photos."""

    card: ModelCard
    inner: EmotionModel
    first: Callable[[Predict, Sequence[Photo]], list[EmotionReading]]

    def predict(self, photos: Sequence[Photo]) -> list[EmotionReading]:
        return self.first(self.inner.predict, photos)


def die_of_poison(predict: Predict, photos: Sequence[Photo]) -> list[EmotionReading]:
    """Kill this process when one photo is all of one colour, as a broken kernel would."""
    for photo in photos:
        red, green, blue = photo.pixels.reshape(-1, 3).mean(axis=0)
        if red > 240 and green < 15 and blue > 240:
            os.kill(os.getpid(), signal.SIGKILL)
    return predict(photos)


def lack_memory(predict: Predict, photos: Sequence[Photo]) -> list[EmotionReading]:
    """Have room for two photos, by the very code that shares batches out on a device."""
    import torch  # noqa: PLC0415 - only the worker that is told so needs it

    from workers.models.full import batching  # noqa: PLC0415

    def work(part: Sequence[Photo]) -> list[EmotionReading]:
        if len(part) > FITS:
            raise torch.OutOfMemoryError("CUDA out of memory: as a test wants it")
        return predict(part)

    return batching.in_parts(work, photos, most=64)


def lack_all_memory(predict: Predict, photos: Sequence[Photo]) -> list[EmotionReading]:
    """Have no room for even one photo where there are others, as with a device that is shared."""
    import torch  # noqa: PLC0415

    if len(photos) > 1:
        raise torch.OutOfMemoryError("CUDA out of memory: as a test wants it")
    return predict(photos)


def lose_device(predict: Predict, photos: Sequence[Photo]) -> list[EmotionReading]:
    """Fail as CUDA does for good: every later call would fail too."""
    from workers.models.full import batching  # noqa: PLC0415

    def work(_part: Sequence[Photo]) -> list[EmotionReading]:
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    return batching.in_parts(work, photos, most=64)


def be_slow(predict: Predict, photos: Sequence[Photo]) -> list[EmotionReading]:
    """Take longer than any grace."""
    time.sleep(SLOW_S)
    return predict(photos)


def be_drowsy(predict: Predict, photos: Sequence[Photo]) -> list[EmotionReading]:
    """Say that a batch runs, and take long enough to be stopped meanwhile."""
    log.info(DROWSY)
    time.sleep(DROWSY_S)
    return predict(photos)


FAULTS: Mapping[str, Callable[[Predict, Sequence[Photo]], list[EmotionReading]]] = {
    "poison": die_of_poison,
    "memory": lack_memory,
    "no memory": lack_all_memory,
    "lost": lose_device,
    "slow": be_slow,
    "drowsy": be_drowsy,
}


def load(_config: settings.Settings) -> Profile:
    """Load the lite profile with a faulty device."""
    lite = lite_profile()
    first = FAULTS[os.environ[FAULT]]
    return replace(lite, emotion=Faulty(card=lite.emotion.card, inner=lite.emotion, first=first))


def main() -> None:
    """Work until SIGTERM, or until the fault."""
    logs.setup("worker")
    with starting.refusals():
        config = settings.load()
    app.serve(config, load)


if __name__ == "__main__":
    sys.exit(main())
