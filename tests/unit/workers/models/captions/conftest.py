"""Scenes and photos that captions are tried on."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sightsong.core.affect import Affect, Face
from tests.unit.workers.models.captions.cast import CASTS, place
from tests.unit.workers.models.captions.scene import Scene

OASIS = Path(__file__).parents[6] / "shared" / "data" / "photos" / "oasis"

_WHOLE, _WIDE = np.s_[:, :], np.s_[100:300, :]
_TALL, _SQUARE = np.s_[:, 150:350], np.s_[:, 50:450]
_CUTS = (_WHOLE, _WHOLE, _WIDE, _WHOLE, _TALL, _WHOLE, _SQUARE)


@pytest.fixture
def grey_scene() -> Scene:
    """A bright grey square that feels like nothing."""
    photo = np.full((60, 60, 3), 170, dtype=np.uint8)
    return Scene(photo, Affect(valence=0.0, arousal=0.0), ())


@pytest.fixture(scope="session")
def oasis() -> list[np.ndarray]:
    """400 photos of OASIS, uint8, (400, 500, 3), RGB."""
    paths = sorted(OASIS.glob("*.jpg"))[:400]
    if not paths:
        pytest.skip(f"the development data is not there ({OASIS})")
    return [np.asarray(Image.open(path).convert("RGB")) for path in paths]


@pytest.fixture(scope="session")
def told(oasis: list[np.ndarray]) -> list[tuple[np.ndarray, Affect, tuple[Face, ...]]]:
    """Each photo with a place on the plane and a cast of faces: all kinds of both, by turns.

    Most are 500 by 400 pixels: now and then one is cut to another shape.
    """
    casts, cuts = itertools.cycle(CASTS), itertools.cycle(_CUTS)
    return [(photo[next(cuts)], place(n), next(casts)) for n, photo in enumerate(oasis)]
