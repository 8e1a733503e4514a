"""How fast a worker hears music, measured when it begins: what a dry run counts on at first."""

import time

import numpy as np

from sightsong.core.models import AudioModel

_RATE_HZ = 44_100
_SECONDS = 30.0
_LEVEL = 0.1


def heard_per_s(audio: AudioModel, *, seats: int) -> float:
    """Measure how many seconds of audio are heard in a second, without decoding them.

    Args:
        audio: loaded and warm.
        seats: processes that listen side by side; the model reads what they hear meanwhile.
    """
    rng = np.random.default_rng(0)
    noise = rng.uniform(-_LEVEL, _LEVEL, int(_SECONDS * _RATE_HZ)).astype(np.float32)
    began = time.perf_counter()
    heard = audio.listener.hear([noise], rate_hz=_RATE_HZ)
    listened = time.perf_counter()
    audio.read([heard])
    read_s = time.perf_counter() - listened
    return _SECONDS / max((listened - began) / seats, read_s)
