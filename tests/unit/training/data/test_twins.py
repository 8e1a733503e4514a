from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.unit.training.data import drawn
from training.data import twins
from training.data.pictures import Files, InMemory
from training.data.problems import Problems
from training.errors import DataRefused
from training.samples import Samples


def of(pictures, *, groups: tuple[str, ...] = ()) -> Samples:
    names = tuple(f"p{at}" for at in range(len(pictures)))
    return Samples(name="Set", pictures=pictures, names=names, groups=groups)


class Shown:
    """Pictures of any size."""

    def __init__(self, *values: np.ndarray) -> None:
        self._values = values

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, at: int) -> np.ndarray:
        return self._values[at]


def found(*values: np.ndarray) -> twins.Pairs:
    return twins.find(twins.look(Shown(*values), Problems("Set")))


def as_jpeg(pixels: np.ndarray, path: Path, quality: int) -> np.ndarray:
    Image.fromarray(pixels).save(path, quality=quality)
    return np.asarray(Image.open(path).convert("RGB"))


PHOTO = drawn.texture(1, 200)


def test_equal_pixels_are_twins():
    pairs = found(drawn.texture(1), drawn.texture(2), drawn.texture(1))
    assert pairs.places.tolist() == [[0, 2]]
    assert pairs.is_exact.tolist() == [True]


def test_flat_pictures_are_twins_only_if_they_are_equal():
    black, dark = np.zeros((48, 48, 3), np.uint8), np.full((48, 48, 3), 1, np.uint8)
    assert found(black, dark, black.copy()).places.tolist() == [[0, 2]]


@pytest.mark.parametrize(
    "altered",
    [
        np.asarray(Image.fromarray(PHOTO).resize((90, 90))),
        np.asarray(Image.fromarray(PHOTO).resize((150, 120))),
        np.asarray(Image.fromarray(PHOTO).convert("L").convert("RGB")),
        PHOTO[:, ::-1],
        (PHOTO * 0.7 + 20).astype(np.uint8),
    ],
    ids=["smaller", "other shape", "grey", "mirrored", "fainter"],
)
def test_an_altered_photo_is_a_twin(altered):
    pairs = found(drawn.texture(2, 200), PHOTO, np.ascontiguousarray(altered))
    assert pairs.places.tolist() == [[1, 2]]
    assert pairs.is_exact.tolist() == [False]


def test_a_photo_of_low_quality_is_a_twin(tmp_path):
    assert len(found(PHOTO, as_jpeg(PHOTO, tmp_path / "a.jpg", 30)).places) == 1


def test_other_photos_are_no_twins():
    assert not len(found(*(drawn.texture(seed) for seed in range(60))).places)


def test_groups_of_twins_are_joined_and_called_by_the_least_name():
    pictures = Shown(*(drawn.texture(seed) for seed in (1, 2, 3, 2, 5)))
    joined = twins.near_duplicates(of(pictures, groups=("d", "c", "c", "b", "a")))
    assert joined.groups == ("d", "b", "b", "b", "a")


def test_samples_without_groups_get_their_own_names():
    pictures = Shown(*(drawn.texture(seed) for seed in (1, 2, 1)))
    assert twins.near_duplicates(of(pictures)).groups == ("p0", "p1", "p0")


def test_faces_in_memory_are_looked_at_too():
    faces = np.stack([drawn.texture(seed)[:, :, 0] for seed in (1, 2, 1)])
    assert twins.near_duplicates(of(InMemory(faces))).groups == ("p0", "p1", "p0")


def test_twins_are_found_across_tiles():
    rng = np.random.default_rng(3)
    faces = rng.integers(0, 256, (4400, 8, 8), dtype=np.uint8)
    faces[4390] = faces[7][:, ::-1]
    faces[4391] = faces[300]
    pairs = twins.find(twins.look(InMemory(faces), Problems("Set")))
    assert sorted(pairs.places.tolist()) == [[7, 4390], [300, 4391]]


def test_a_picture_that_cannot_be_decoded_is_named(tmp_path):
    whole = drawn.save(tmp_path / "a.jpg").read_bytes()
    (tmp_path / "b.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataRefused, match=r"b\.jpg cannot be decoded"):
        twins.near_duplicates(of(Files(tmp_path, ["a.jpg", "b.jpg"])))
