"""The readers on real data: the counts that its description gives, and photos found again."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from training.data import ferplus, forms, oasis, twins
from training.data.forms import Form
from training.data.pictures import in_memory
from training.data.problems import Problems
from training.samples import Part

SHARED = Path(__file__).parents[5] / "shared" / "data"
EVERY = 20  # one photo of so many


@pytest.fixture(scope="module")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip(f"the development data is not there ({SHARED})")
    return SHARED


def test_as_many_faces_are_held_out_as_the_protocol_says(shared):
    read = ferplus.read_npz(shared / "faces" / "ferplus_valid.npz")
    assert Counter(read.parts) == {Part.VALID: 3520}
    assert in_memory(read.pictures).shape == (3520, 48, 48)
    assert read.raters.min() == 6


def test_oasis_has_its_photos_and_themes(shared):
    assert forms.recognise(shared / "photos" / "oasis") is Form.OASIS
    read = oasis.read(shared / "photos" / "oasis")
    assert len(read) == 420
    assert len(set(read.groups)) == 185
    assert np.corrcoef(read.affect.T)[0, 1] == pytest.approx(-0.02, abs=0.01)


class Both:
    """Photos, and the same ones altered after them."""

    def __init__(self, photos: list[np.ndarray], altered: list[np.ndarray]) -> None:
        self._all = photos + altered

    def __len__(self) -> int:
        return len(self._all)

    def __getitem__(self, at: int) -> np.ndarray:
        return self._all[at]


@pytest.mark.parametrize(
    "alter",
    [
        lambda photo: photo.resize((photo.width // 3, photo.height // 3)),
        lambda photo: ImageOps.mirror(photo).convert("L").convert("RGB"),
        lambda photo: photo.resize((224, 224)).point(lambda level: level * 3 // 4),
    ],
    ids=["smaller", "mirrored and grey", "squared and darker"],
)
def test_altered_photos_are_found_again_and_nothing_else(shared, alter):
    pictures = oasis.read(shared / "photos" / "oasis").pictures
    photos = [pictures[at] for at in range(0, len(pictures), EVERY)]
    altered = [np.asarray(alter(Image.fromarray(photo))) for photo in photos]
    pairs = twins.find(twins.look(Both(photos, altered), Problems("OASIS")))
    wanted = [[at, at + len(photos)] for at in range(len(photos))]
    assert sorted(pairs.places.tolist()) == wanted
