"""Sound: the digest of the packets, then the decoding, as a worker does both."""

import contextlib
import tempfile
from pathlib import Path

import av
import numpy as np

from sightsong.adapters.sound.decoding import open_sound
from sightsong.adapters.sound.digest import sound_digest
from sightsong.core.errors import InputError
from tests.fuzz import files
from tests.fuzz.door import Door
from tests.unit.adapters.sound import making

_MOST_S = 2.0

av.logging.set_level(None)


def knock(content: bytes) -> bool:
    """Digest and decode a file; what comes is mono, finite, within full scale and not too long."""
    path = files.written(content, ".bin")
    with contextlib.suppress(InputError):
        assert len(sound_digest(path)) == 64
    count = 0
    try:
        with open_sound(path) as sound:
            for block in sound.blocks(max_s=_MOST_S):
                assert block.dtype == np.float32
                assert block.ndim == 1
                assert np.isfinite(block).all()
                assert np.abs(block).max(initial=0) <= 1
                count += len(block)
            assert count <= _MOST_S * sound.rate_hz
    except InputError:
        return False
    return True


def seeds() -> dict[str, bytes]:
    """A short tone in each format."""
    with tempfile.TemporaryDirectory() as name:
        return {
            kind: making.write(
                Path(name, f"tone.{kind}"), making.tone(0.05, 48_000), 48_000
            ).read_bytes()
            for kind in making.KINDS
        }


DOOR = Door(knock=knock, seeds=seeds)
