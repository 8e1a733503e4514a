"""The lite models as they are evaluated."""

import numpy as np
import pytest

from sightsong.core.blend import FACE_CLASSES
from training.errors import RunRefused
from training.evaluating.lite import Lite, open_lite
from training.evaluating.lite_faces import LiteFaces
from training.evaluating.running import Order, open_model


class Recorder:
    """Keeps the faces that it is given; reads joy in all of them."""

    def __init__(self) -> None:
        self.faces: list[np.ndarray] = []

    def read(self, faces):
        self.faces += faces
        return [{name: float(name == "joy") for name in FACE_CLASSES} for _ in faces]


def test_faces_of_fer_reach_the_network_as_they_are():
    face = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    network = Recorder()
    found = LiteFaces(network).read([np.repeat(face[..., None], 3, axis=2)])
    assert np.array_equal(network.faces[0], face)
    assert found.classes == FACE_CLASSES
    assert found.shares[0, FACE_CLASSES.index("joy")] == 1


def test_faces_of_another_size_are_brought_to_it():
    network = Recorder()
    LiteFaces(network).read([np.full((96, 80, 3), 7, np.uint8)])
    assert network.faces[0].shape == (48, 48)
    assert (network.faces[0] == 7).all()


def test_photos_are_read_as_the_service_reads_them():
    sky = np.full((40, 60, 3), (120, 180, 250), np.uint8)
    found = open_lite(Lite.PHOTOS).read([sky, sky])
    assert found.shares.sum(axis=1) == pytest.approx([1, 1])
    assert (np.abs(found.affect) <= 1).all()
    assert np.array_equal(found.affect[0], found.affect[1])


def test_a_lite_model_is_found_by_its_name(tmp_path):
    assert open_model(Order(model="lite-photos", data=tmp_path)).name == "lite-photos"
    with pytest.raises(RunRefused, match="neither a folder"):
        open_model(Order(model="lite-dogs", data=tmp_path))
