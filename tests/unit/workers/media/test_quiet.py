"""Tracks rest while models run."""

import numpy as np
import pytest
import soundfile

from workers.media.decoding import Recipe, TrackFiles
from workers.media.pool import DecodingPool
from workers.media.quiet import Quiet
from workers.models.stub import StubListener


def test_quiet_lasts_as_long_as_anybody_wants_it():
    quiet = Quiet()
    with quiet.kept():
        with quiet.kept():
            assert quiet.shared.value
        assert quiet.shared.value
    assert not quiet.shared.value


@pytest.fixture
def pool():
    recipe = Recipe(max_pixels=1, photo_side_px=1, max_audio_s=60, listener=StubListener())
    pool = DecodingPool(recipe, seats=0)
    yield pool
    pool.close()


def test_a_track_rests_in_the_quiet_and_goes_on_behind_it(pool, tmp_path):
    path = tmp_path / "noise.wav"
    soundfile.write(path, np.random.default_rng(1).uniform(-0.3, 0.3, 160_000), 16_000)
    files = TrackFiles(paths=[path])
    pool.track(lambda: files).result(60)  # its process is there
    with pool.quiet():
        resting = pool.track(lambda: files)
        with pytest.raises(TimeoutError):
            resting.result(0.7)
    assert resting.result(20).value.heard is not None
