"""The lite profile finds faces, reads them, and takes nothing else for one."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from sightsong.core.blend import FACE_CLASSES
from sightsong.core.errors import ModelsMissing
from sightsong.core.models import Photo
from workers.models.lite import detection, expressions, greys, scanning
from workers.models.lite.detection import Detector, Found, apart, framed
from workers.models.lite.expressions import Expressions
from workers.models.lite.faces import LiteFaces
from workers.models.lite.greys import Square
from workers.models.lite.scanning import Scanner, Window, joined

SHARED = Path(__file__).parents[5] / "shared" / "data"
WEIGHTS = (expressions.WEIGHTS, detection.WEIGHTS, scanning.WEIGHTS)
#: Eyes alone, without the face around them.
NO_WHOLE_FACE = {"Scared face 3"}
EMPTY = ("Lake", "Sunset", "Galaxy", "Grass", "Bark", "Rocks", "Paperclips", "Yarn", "Flowers")


@pytest.fixture(scope="module")
def faces():
    return LiteFaces()


@pytest.fixture(scope="module")
def photos():
    """The photos of OASIS by theme."""
    folder = SHARED / "photos" / "oasis"
    if not folder.is_dir():
        pytest.skip(f"the development data is not there ({folder})")
    with (folder / "oasis.csv").open(newline="", encoding="utf-8") as file:
        return {row["theme"]: folder / row["file"] for row in csv.DictReader(file)}


def opened(path) -> Photo:
    with Image.open(path) as image:
        return Photo(pixels=np.asarray(image.convert("RGB")))


def subject(theme: str) -> str:
    return theme.rpartition(" ")[0]


def test_portraits_have_faces(faces, photos):
    portraits = {
        theme: path
        for theme, path in photos.items()
        if subject(theme).endswith(" face") and theme not in NO_WHOLE_FACE
    }
    found = faces.find([opened(path) for path in portraits.values()])
    missed = [theme for theme, some in zip(portraits, found, strict=True) if not some]
    assert len(portraits) == 18
    assert len(missed) <= 4, missed


def test_no_landscape_and_no_thing_has_a_face(faces, photos):
    empty = {theme: path for theme, path in photos.items() if subject(theme) in EMPTY}
    found = faces.find([opened(path) for path in empty.values()])
    assert len(empty) == 40
    assert [theme for theme, some in zip(empty, found, strict=True) if some] == []


def test_boxes_lie_on_the_faces_and_within_the_photo(faces, photos):
    (found,) = faces.find([opened(photos["Happy face 1"])])
    boy = found[0]
    for x, y in ((0.2, 0.4), (0.35, 0.75)):  # an eye and the chin, by eye, as shares
        assert boy.x < x < boy.x + boy.width
        assert boy.y < y < boy.y + boy.height
    for face in found:
        assert 0 <= face.x < face.x + face.width <= 1
        assert 0 <= face.y < face.y + face.height <= 1
        assert 0.5 < face.score <= 1


def test_a_laughing_child_reads_as_joy(faces, photos):
    (found,) = faces.find([opened(photos["Happy face 1"])])
    shares = found[0].distribution
    assert tuple(shares) == FACE_CLASSES
    assert max(shares, key=shares.__getitem__) == "joy"
    assert sum(shares.values()) == pytest.approx(1, abs=1e-9)


def test_photos_read_alike_alone_and_together(faces, photos):
    some = [path for theme, path in photos.items() if subject(theme).endswith(" face")][:6]
    together = faces.find([opened(path) for path in some])
    alone = [faces.find([opened(path)])[0] for path in some]
    assert any(together)
    assert together == alone


def test_a_face_and_its_mirror_image_read_alike(faces, photos):
    grey = greys.grey_of(opened(photos["Happy face 1"]).pixels)
    face = greys.cut(grey, framed(Detector().find(grey)[0].square))
    one, other = Expressions().read([face, np.ascontiguousarray(face[:, ::-1])])
    assert one == pytest.approx(other, abs=2e-4)


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (19, 19), (512, 3), (48, 48)])
def test_photos_of_any_shape_are_looked_at(faces, shape):
    grain = np.random.RandomState(3).randint(0, 256, (*shape, 3)).astype(np.uint8)
    assert faces.find([Photo(pixels=grain)]) == [()]


@pytest.mark.parametrize("value", [0, 128, 255])
def test_flat_photos_have_no_faces(faces, value):
    assert faces.find([Photo(pixels=np.full((240, 320, 3), value, np.uint8))]) == [()]


def test_what_is_cut_beyond_the_edge_goes_on_as_the_edge():
    grey = np.full((60, 60), 200, np.uint8)
    grey[:, :30] = 50
    square = greys.cut(grey, Square(left=-48.0, top=6.0, side=48.0))
    assert square.shape == (48, 48)
    assert set(np.unique(square)) == {50}


def test_light_and_contrast_do_not_reach_the_networks():
    face = np.random.RandomState(5).randint(60, 180, (1, 48, 48)).astype(np.uint8)
    dim = (face / 2 + 20).astype(np.uint8)
    assert greys.standardised(face) == pytest.approx(greys.standardised(dim), abs=0.03)


def test_the_network_is_the_same_for_one_face_and_for_many():
    draw = np.random.RandomState(7)
    squares = [draw.randint(0, 256, (48, 48)).astype(np.uint8) for _ in range(3)]
    reader = Expressions()
    assert reader.read(squares) == [reader.read([square])[0] for square in squares]


def test_weights_that_are_not_there_are_named(tmp_path):
    with pytest.raises(ModelsMissing, match=r"nowhere\.onnx"):
        Expressions(tmp_path / "nowhere.onnx")


def test_weights_that_are_broken_are_named(tmp_path):
    whole = expressions.WEIGHTS.read_bytes()
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelsMissing, match=r"broken\.onnx"):
        Detector(weights=broken)


def window(left: float, top: float, side: float, evidence: float) -> Window:
    return Window(square=Square(left=left, top=top, side=side), evidence=evidence)


def test_windows_on_one_place_become_one_between_them():
    near, other = window(0, 0, 40, 2.0), window(200, 0, 40, 0.5)
    (one, far) = joined([window(4, 0, 40, 2.0), other, near])
    assert one.square.left == pytest.approx(2.0)
    assert one.evidence == 2.0
    assert far.square.left == pytest.approx(other.square.left)


def test_joining_does_not_depend_on_the_order_of_windows():
    draw = np.random.RandomState(4)
    some = [window(*draw.uniform(0, 60, 2), draw.uniform(20, 60), draw.normal()) for _ in range(30)]
    assert joined(some) == joined(some[::-1])


@pytest.mark.parametrize(
    ("other", "expected"),
    [((0, 0, 10), 1.0), ((10, 0, 10), 0.0), ((5, 0, 10), 1 / 3), ((0, 0, 5), 0.25)],
)
def test_overlap_is_intersection_over_union(other, expected):
    left, top, side = other
    one = Square(left=0.0, top=0.0, side=10.0)
    assert one.overlap(Square(left=left, top=top, side=side)) == pytest.approx(expected)


def test_of_faces_on_one_place_the_surest_stays_and_the_largest_stands_first():
    def found(left: float, side: float, score: float) -> Found:
        return Found(square=Square(left=left, top=0.0, side=side), score=score)

    small, sure, doubtful = found(100, 20, 0.9), found(0, 40, 0.95), found(4, 42, 0.85)
    eye = found(4, 12, 0.9)
    assert apart([small, doubtful, eye, sure]) == [sure, small]


def test_faces_are_found_in_photos_of_any_size(photos):
    grey = greys.grey_of(opened(photos["Happy face 1"]).pixels)
    scanner = Scanner()
    for share in (0.3, 1.0, 2.0):
        size = (round(grey.shape[1] * share), round(grey.shape[0] * share))
        (first, *_) = Detector(scanner).find(cv2.resize(grey, size, interpolation=cv2.INTER_AREA))
        assert first.square.side / size[0] == pytest.approx(0.45, abs=0.12)


def test_the_weights_are_small():
    sizes = [path.stat().st_size for path in WEIGHTS]
    assert sum(sizes) < 2_500_000


def test_threads_change_nothing(faces, photos):
    photo = [opened(photos["Happy face 1"])]
    threads = cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)
        one = faces.find(photo)
        cv2.setNumThreads(4)
        assert faces.find(photo) == one
    finally:
        cv2.setNumThreads(threads)
