"""YuNet finds faces on real photos, and all of a batch are read together."""

import csv
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from sightsong.core.blend import FACE_CLASSES
from sightsong.core.catalogue import Task
from sightsong.core.errors import ModelsMissing
from sightsong.core.models import Photo
from workers.models.full.expression import ExpressionModel
from workers.models.full.faces import LEAST_PX, MOST_FACES, YunetFaces

#: Eyes alone, without the face around them: no detector is asked for that.
NO_WHOLE_FACE = {"Scared face 3"}
#: Landscapes and things, none with people or figures in them.
EMPTY = ("Lake", "Sunset", "Galaxy", "Grass", "Bark", "Rocks", "Paperclips", "Yarn", "Flowers")


@pytest.fixture(scope="module")
def photos(shared):
    """The photos of OASIS by theme."""
    folder = shared / "photos" / "oasis"
    with (folder / "oasis.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {(row["category"], row["theme"]): folder / row["file"] for row in rows}


@pytest.fixture(scope="module")
def faces(found, fp32):
    return YunetFaces(found[Task.FACES], ExpressionModel(found[Task.EXPRESSION], fp32))


def opened(path) -> Photo:
    with Image.open(path) as image:
        return Photo(pixels=np.asarray(image.convert("RGB")))


def subject(theme: str) -> str:
    return theme.rpartition(" ")[0]


def test_every_portrait_has_a_face(faces, photos):
    portraits = {
        theme: path
        for (_, theme), path in photos.items()
        if subject(theme).endswith(" face") and theme not in NO_WHOLE_FACE
    }
    found = faces.find([opened(path) for path in portraits.values()])
    missed = [theme for theme, some in zip(portraits, found, strict=True) if not some]
    assert len(portraits) == 18
    assert missed == []


def test_no_landscape_and_no_thing_has_a_face(faces, photos):
    empty = {theme: path for (_, theme), path in photos.items() if subject(theme) in EMPTY}
    found = faces.find([opened(path) for path in empty.values()])
    assert len(empty) == 40
    assert [theme for theme, some in zip(empty, found, strict=True) if some] == []


def test_boxes_lie_on_the_faces(faces, photos):
    (found,) = faces.find([opened(photos["Person", "Happy face 1"])])
    boy, brother = found
    eye, chin = (0.2, 0.4), (0.35, 0.75)  # by eye, as shares
    for x, y in (eye, chin):
        assert boy.x < x < boy.x + boy.width
        assert boy.y < y < boy.y + boy.height
    assert brother.x > 0.65
    assert boy.width * boy.height > brother.width * brother.height
    assert min(boy.score, brother.score) > 0.9


def test_boxes_are_shares_within_the_photo_and_expressions_sum_to_one(faces, photos):
    people = [path for (category, _), path in photos.items() if category == "Person"][:20]
    found = [face for some in faces.find([opened(path) for path in people]) for face in some]
    assert len(found) > 10
    for face in found:
        assert 0 <= face.x <= face.x + face.width <= 1 + 1e-9
        assert 0 <= face.y <= face.y + face.height <= 1 + 1e-9
        assert tuple(face.distribution) == FACE_CLASSES
        assert sum(face.distribution.values()) == pytest.approx(1, abs=1e-9)


def test_a_photo_has_the_same_faces_alone_and_in_a_batch_of_other_sizes(faces, photos):
    names = ("Happy face 1", "Excited face 3", "Sad face 5")
    batch = [opened(photos["Person", name]) for name in names]
    batch[1] = Photo(pixels=np.ascontiguousarray(batch[1].pixels[:300]))
    batch.insert(1, Photo(pixels=np.zeros((9, 1000, 3), dtype=np.uint8)))
    together = faces.find(batch)
    assert [len(some) for some in together] == [2, 0, 2, 1]
    for photo, some in zip(batch, together, strict=True):
        (alone,) = faces.find([photo])
        for one, other in zip(some, alone, strict=True):
            assert (one.x, one.y, one.width, one.height) == (
                other.x,
                other.y,
                other.width,
                other.height,
            )
            for name, share in one.distribution.items():
                assert other.distribution[name] == pytest.approx(share, abs=1e-5)


def test_a_large_photo_has_the_boxes_of_its_small_copy(faces, photos):
    with Image.open(photos["Person", "Sad face 5"]) as image:
        small, large = (
            Photo(pixels=np.asarray(image.convert("RGB").resize(size)))
            for size in ((500, 400), (1500, 1200))
        )
    (one,), (other,) = faces.find([small, large])
    for name in ("x", "y", "width", "height"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=0.03)


def test_faces_too_small_to_be_read_are_left_out(faces, photos):
    with Image.open(photos["Person", "Neutral face 2"]) as image:
        face = image.convert("RGB").resize((100, 80))  # where it is 36 x 50 px
    sides = (80, 24)
    for side, count in zip(sides, (1, 0), strict=True):
        page = Image.new("RGB", (400, 400), "grey")
        page.paste(face.resize((side * 5 // 4, side)), (150, 150))
        (found,) = faces.find([Photo(pixels=np.asarray(page))])
        assert len(found) == count, side
        assert all(some.width * 400 >= LEAST_PX for some in found)


def test_of_a_crowd_the_largest_are_read_largest_first(faces, photos):
    with Image.open(photos["Person", "Neutral face 2"]) as image:
        face = image.convert("RGB")
    page = Image.new("RGB", (640, 640), "grey")
    for at in range(49):
        page.paste(face.resize((100 if at == 30 else 80, 80)), (at % 7 * 90, at // 7 * 90))
    (found,) = faces.find([Photo(pixels=np.asarray(page))])
    areas = [some.width * some.height for some in found]
    assert len(found) == MOST_FACES
    assert areas == sorted(areas, reverse=True)


def test_no_photos_have_no_faces(faces):
    assert faces.find([]) == []


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 700, 3), (9, 640, 3), (32, 97, 3)], ids=str)
def test_odd_photos_have_no_faces(faces, shape):
    assert faces.find([Photo(pixels=np.full(shape, 90, dtype=np.uint8))]) == [()]


@pytest.mark.parametrize("content", [None, b"", b"no graph"], ids=["absent", "empty", "garbage"])
def test_a_detector_that_cannot_be_read_is_refused_with_the_command_to_run(
    found, fp32, tmp_path, content
):
    folder = tmp_path / "detector"
    shutil.copytree(found[Task.FACES].folder, folder)
    damaged = replace(found[Task.FACES], folder=folder)
    damaged.weights.unlink()
    if content is not None:
        damaged.weights.write_bytes(content)
    expression = ExpressionModel(found[Task.EXPRESSION], fp32)
    with pytest.raises(ModelsMissing, match="sightsong models pull"):
        YunetFaces(damaged, expression)


def test_one_card_names_both_models(faces):
    assert faces.card.task == "faces"
    assert faces.card.id == "opencv/face_detection_yunet + trpakov/vit-face-expression"
    assert faces.card.revision == "random + random"
