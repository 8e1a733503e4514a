from pathlib import Path

import numpy as np
import pytest

from tests.unit.training.data import drawn
from training.data import emotion6
from training.data.classes import SEVEN, SIX
from training.errors import DataRefused

HEADER = "\t".join(
    ["[image_filename]", "[valence]", "[arousal]", *(f"[prob. {name}]" for name in SEVEN)]
)
#: As its readme shows one.
LINE = "disgust/1.jpg\t2.5\t3.8\t0.133333\t0.7\t0\t0.0666667\t0.1\t0\t0"


def written(folder: Path, *lines: str) -> Path:
    (folder / "ground_truth.txt").write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    for name in ("disgust/1.jpg", "joy/2.jpg"):
        drawn.save(folder / "images" / name)
    return folder


def test_a_published_line_is_read(tmp_path):
    read = emotion6.read(written(tmp_path, LINE))
    assert read.names == ("disgust/1.jpg",)
    assert read.classes == SIX
    assert read.shares[0] == pytest.approx([0.133333, 0.7, 0, 0.0666667, 0.1, 0], abs=1e-6)
    assert read.pictures[0].shape == (48, 48, 3)


def test_ratings_come_to_minus_one_to_one(tmp_path):
    lines = ["disgust/1.jpg\t1\t9\t1\t0\t0\t0\t0\t0\t0", "joy/2.jpg\t5\t7\t1\t0\t0\t0\t0\t0\t0"]
    assert emotion6.read(written(tmp_path, *lines)).affect.tolist() == [[-1, 1], [0, 0.5]]


def test_the_six_emotions_share_out_what_neutral_had(tmp_path):
    read = emotion6.read(written(tmp_path, "joy/2.jpg\t5\t5\t0\t0\t0\t0.3\t0.1\t0\t0.6"))
    assert read.shares[0] == pytest.approx([0, 0, 0, 0.75, 0.25, 0])


def test_neutral_is_kept_on_request(tmp_path):
    folder = written(tmp_path, "joy/2.jpg\t5\t5\t0\t0\t0\t0.3\t0.1\t0\t0.6")
    read = emotion6.read(folder, keep_neutral=True)
    assert read.classes == SEVEN
    assert read.shares[0] == pytest.approx([0, 0, 0, 0.3, 0.1, 0, 0.6])


def test_a_photo_that_left_all_unmoved_is_left_out_of_six_classes_only(tmp_path):
    folder = written(tmp_path, LINE, "joy/2.jpg\t5\t5\t0\t0\t0\t0\t0\t0\t1")
    assert emotion6.read(folder).names == ("disgust/1.jpg",)
    assert len(emotion6.read(folder, keep_neutral=True)) == 2


def test_photos_may_lie_beside_the_table(tmp_path):
    drawn.save(tmp_path / "joy" / "2.jpg")
    (tmp_path / "ground_truth.txt").write_text(
        f"{HEADER}\njoy/2.jpg\t5\t5\t0\t0\t0\t1\t0\t0\t0\n", encoding="utf-8"
    )
    assert emotion6.read(tmp_path).pictures[0].shape == (48, 48, 3)


def test_all_that_is_wrong_is_told_at_once(tmp_path):
    folder = written(
        tmp_path,
        "disgust/1.jpg\t0.5\t5\t1\t0\t0\t0\t0\t0\t0",
        "fear/9.jpg\t5\t5\t1\t0\t0\t0\t0\t0\t0",
        "joy/2.jpg\t5\t5\t0.5\t0\t0\t0\t0\t0\t0",
        "joy/2.jpg\t5\t5\tnan\t0\t0\t1\t0\t0\t0",
        LINE,
        LINE,
        "joy/3.jpg\t5\t5\t0\t0\t0\t1\t0\t0\t0",
    )
    (folder / "images" / "joy" / "3.jpg").write_bytes(b"GIF89a, not what it is called")
    with pytest.raises(DataRefused) as told:
        emotion6.read(folder)
    assert str(told.value).splitlines()[0].endswith("cannot be used: 6 problems.")
    for problem in (
        "line 2: valence is '0.5', not a number from 1 to 9",
        "line 3: fear/9.jpg is not there; mend the file, or take the line out",
        "line 4: the shares of joy/2.jpg sum to 0.5, not to 1",
        "line 5: prob. anger is 'nan', not a number from 0 to 1",
        "line 7: disgust/1.jpg was on line 6 already; keep one",
        "line 8: joy/3.jpg cannot be decoded: This is not a JPEG, PNG or WebP image.",
    ):
        assert problem in str(told.value)


def test_only_the_first_problems_are_told_and_the_rest_counted(tmp_path):
    lines = [f"joy/{number}.jpg\t5\t5\t0\t0\t0\t1\t0\t0\t0" for number in range(100, 130)]
    with pytest.raises(DataRefused) as told:
        emotion6.read(written(tmp_path, *lines))
    assert "30 problems" in str(told.value)
    assert str(told.value).splitlines()[-1].strip() == "… and 10 more"
    assert len(str(told.value).splitlines()) == 22


def test_a_table_of_something_else_is_told_by_its_columns(tmp_path):
    (tmp_path / "ground_truth.txt").write_text("image\tlabel\n", encoding="utf-8")
    with pytest.raises(DataRefused, match=r"no column image_filename, .*; it has image, label"):
        emotion6.read(tmp_path)


def test_a_table_in_another_encoding_says_what_to_do(tmp_path):
    (tmp_path / "ground_truth.txt").write_bytes("Ä".encode("utf-16"))
    with pytest.raises(DataRefused, match="save it again as UTF-8"):
        emotion6.read(tmp_path)


def test_shares_have_the_type_that_samples_promise(tmp_path):
    read = emotion6.read(written(tmp_path, LINE))
    assert read.shares.dtype == read.affect.dtype == np.float32
    assert read.shares.sum() == pytest.approx(1)
