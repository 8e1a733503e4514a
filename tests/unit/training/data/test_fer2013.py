from pathlib import Path

import pytest

from tests.unit.training.data import drawn, faces
from training.data import fer2013
from training.data.classes import SEVEN, SIX
from training.errors import DataRefused
from training.samples import Part

HEADER = "emotion,pixels,Usage"


def written(folder: Path, *rows: str, header: str = HEADER, name: str = "fer2013.csv") -> Path:
    (folder / name).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return folder


def test_numbers_become_our_classes(tmp_path):
    rows = [faces.row(number, number) for number in range(7)]
    read = fer2013.read_table(written(tmp_path, *rows))
    dominant = [SEVEN[at] for at in read.shares.argmax(axis=1)]
    assert dominant == ["anger", "disgust", "fear", "joy", "sadness", "surprise", "neutral"]
    assert read.shares.sum(axis=1).tolist() == [1] * 7


def test_pixels_are_kept_as_they_are(tmp_path):
    read = fer2013.read_table(written(tmp_path, faces.row(3, 5)))
    assert (read.pictures[0][:, :, 1] == faces.face(5)).all()


def test_usage_tells_the_part(tmp_path):
    usages = ["Training", "PublicTest", "PrivateTest"]
    rows = [faces.row(0, at, usage) for at, usage in enumerate(usages)]
    assert fer2013.read_table(written(tmp_path, *rows)).parts == tuple(Part)


def test_the_other_home_of_the_table_puts_spaces_and_another_order_in_its_header(tmp_path):
    emotion, pixels, usage = faces.row(6, 1).split(",")
    folder = written(
        tmp_path,
        f"{emotion},{usage},{pixels}",
        header="emotion, Usage, pixels",
        name="icml_face_data.csv",
    )
    assert fer2013.read_table(folder).parts == (Part.TRAIN,)


def test_a_table_without_usage_leaves_the_parts_open(tmp_path):
    path = tmp_path / "any.csv"
    path.write_text(f"emotion,pixels\n{faces.row(0, 1).rpartition(',')[0]}\n", encoding="utf-8")
    assert fer2013.read_table(path).parts == ()


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("7," + faces.row(0, 1).partition(",")[2], "emotion is '7', not a number from 0 to 6"),
        ("0,1 2 3,Training", "line 2: pixels are not 2304 whole numbers from 0 to 255"),
        (faces.row(0, 1).replace(" ", " x", 1), "pixels are not 2304"),
        (faces.row(0, 1).replace(" ", " 999 ", 1), "pixels are not 2304"),
        ("0," + " ".join(["256"] * 2304) + ",Training", "pixels are not 2304"),
        (faces.row(0, 1, "Sometimes"), "Usage is 'Sometimes'; known: train"),
    ],
)
def test_wrong_rows_are_explained(tmp_path, row, told):
    with pytest.raises(DataRefused, match=told):
        fer2013.read_table(written(tmp_path, row))


def test_folders_of_classes_are_labels(tmp_path):
    drawn.save(tmp_path / "happy" / "a.png", 1)
    drawn.save(tmp_path / "angry" / "b.jpg", 2)
    read = fer2013.read_folders(tmp_path)
    assert read.names == ("angry/b.jpg", "happy/a.png")
    assert read.classes == SIX
    assert [SIX[at] for at in read.shares.argmax(axis=1)] == ["anger", "joy"]
    assert read.parts == ()


def test_folders_of_parts_hold_those_of_classes(tmp_path):
    drawn.save(tmp_path / "train" / "sad" / "a.png", 1)
    drawn.save(tmp_path / "test" / "neutral" / "b.png", 2)
    drawn.save(tmp_path / "Validation" / "fear" / "c.png", 3)
    read = fer2013.read_folders(tmp_path)
    assert dict(zip(read.names, read.parts, strict=True)) == {
        "Validation/fear/c.png": Part.VALID,
        "test/neutral/b.png": Part.TEST,
        "train/sad/a.png": Part.TRAIN,
    }
    assert read.classes == SEVEN


def test_files_that_are_no_pictures_by_name_are_passed_over(tmp_path):
    drawn.save(tmp_path / "happy" / "a.png", 1)
    (tmp_path / "happy" / "Thumbs.db").write_bytes(b"x")
    (tmp_path / "happy" / "._a.png").write_bytes(b"x")
    assert fer2013.read_folders(tmp_path).names == ("happy/a.png",)


def test_folders_of_no_class_and_broken_pictures_are_told(tmp_path):
    drawn.save(tmp_path / "train" / "happy" / "a.png", 1)
    drawn.save(tmp_path / "train" / "contempt" / "b.png", 1)
    (tmp_path / "train" / "happy" / "c.png").write_bytes(b"\x89PNG\r\n\x1a\n, and nothing more")
    with pytest.raises(DataRefused) as told:
        fer2013.read_folders(tmp_path)
    assert "train/contempt: no class of ours" in str(told.value)
    assert "train/happy/c.png cannot be decoded" in str(told.value)
