"""The fingerprint of a track: how its bands rise and fall against one another."""

import numpy as np

from sightsong.core.fingerprints import MOST_WORDS, Fingerprint
from workers.models.lite.spectra import Frames

_STEP = 8  # frames of 23 ms in a word
_BANDS = 33  # of the 40, up to 6 kHz: cheap encoders cut what is above
_FLOOR = 1e-7  # of the mean power: what is below is as good as silence, and its steps are noise
_TINY = 1e-30


def fingerprint(bands: Frames) -> Fingerprint:
    """Make the fingerprint of a track from the power in its bands, float32, (n, 40)."""
    steps = min(len(bands) // _STEP, MOST_WORDS + 1)
    power = bands[: steps * _STEP, :_BANDS].reshape(steps, _STEP, _BANDS).sum(axis=1)
    floor = _FLOOR * power.mean() + _TINY if power.size else _TINY
    tilt = np.diff(np.log(power + floor), axis=1)  # (steps, 32): from each band to the next
    rises = np.diff(tilt, axis=0) > 0
    words: Fingerprint = np.packbits(rises, axis=1).view(np.uint32).ravel()
    return words
