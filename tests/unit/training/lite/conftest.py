"""What the tests of how lite models are made share."""

import numpy as np
import pytest

from workers.models.lite import sound, spectra
from workers.models.lite.sound import Sound


@pytest.fixture(scope="session")
def heard() -> Sound:
    """A description of any sound."""
    noise = np.random.default_rng(0).normal(size=3 * spectra.RATE_HZ).astype(np.float32) / 20
    seen = spectra.analyse(noise)
    return sound.describe(seen, sound.tempo(seen))
