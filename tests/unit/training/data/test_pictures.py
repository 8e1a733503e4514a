import numpy as np
import pytest

from tests.unit.training.data import drawn
from training.data.pictures import Files, InMemory, in_memory
from training.errors import DataRefused
from training.samples import Samples


def test_large_photos_are_reduced(tmp_path):
    drawn.save(tmp_path / "a.jpg", side_px=800)
    assert Files(tmp_path, ["a.jpg"])[0].shape == (512, 512, 3)


def test_a_file_that_has_gone_is_named(tmp_path):
    with pytest.raises(DataRefused, match=r"gone\.jpg cannot be read"):
        Files(tmp_path, ["gone.jpg"])[0]


def test_pictures_in_memory_are_given_as_one_array_after_choosing_twice():
    faces = np.arange(5 * 4, dtype=np.uint8).reshape(5, 2, 2)
    samples = Samples(name="Set", pictures=InMemory(faces), names=tuple("abcde"))
    chosen = samples.at([4, 2, 0]).at([2, 0])
    assert in_memory(chosen.pictures).tolist() == faces[[0, 4]].tolist()
    assert chosen.pictures[1][:, :, 2].tolist() == faces[4].tolist()


def test_files_are_not_in_memory(tmp_path):
    assert in_memory(Files(tmp_path, ["a.jpg"])) is None


def test_colour_in_memory_stays_colour():
    values = drawn.texture(1)[np.newaxis]
    assert (InMemory(values)[0] == values[0]).all()
