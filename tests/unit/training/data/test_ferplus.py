from pathlib import Path

import numpy as np
import pytest

from tests.unit.training.data import faces
from training.data import ferplus
from training.data.classes import SEVEN
from training.errors import DataRefused
from training.samples import Part, Samples

COLUMNS = [name.replace("nf", "NF") for name in ferplus.VOTED_FOR]


def written(folder: Path, part: str, votes: list[list[int]], columns: list[str] = COLUMNS) -> Path:
    faces = np.arange(len(votes) * 48 * 48, dtype=np.uint8).reshape(-1, 48, 48)
    path = folder / f"ferplus_{part}.npz"
    np.savez(path, images=faces, votes=np.array(votes, np.int16), vote_columns=np.array(columns))
    return path


def of(votes: dict[str, int]) -> list[int]:
    return [votes.get(name, 0) for name in COLUMNS]


def read_one(folder: Path, part: str, *votes: dict[str, int]) -> Samples:
    return ferplus.read_npz(written(folder, part, [of(each) for each in votes]))


def test_votes_become_shares_of_our_seven_classes(tmp_path):
    read = read_one(tmp_path, "train", {"happiness": 6, "neutral": 2, "contempt": 2})
    assert read.classes == SEVEN
    shares = dict(zip(SEVEN, read.shares[0].tolist(), strict=True))
    assert shares["joy"] == 0.75
    assert shares["neutral"] == 0.25
    assert sum(shares.values()) == 1


def test_raters_are_the_votes_that_are_left(tmp_path):
    read = read_one(tmp_path, "train", {"anger": 3, "unknown": 7})
    assert read.raters.tolist() == [3]


def test_a_face_without_any_vote_in_the_seven_is_left_out(tmp_path):
    read = read_one(tmp_path, "train", {"NF": 10}, {"fear": 10})
    assert read.names == ("ferplus_train.npz:1",)


@pytest.mark.parametrize("part", ["valid", "test"])
def test_held_out_faces_need_six_votes(tmp_path, part):
    read = read_one(tmp_path, part, {"fear": 5, "unknown": 4, "NF": 1}, {"fear": 6, "unknown": 4})
    assert read.names == (f"ferplus_{part}.npz:1",)


def test_held_out_faces_that_most_call_contempt_are_left_out(tmp_path):
    votes = {"neutral": 3, "sadness": 3, "contempt": 4}
    assert len(read_one(tmp_path, "valid", votes, {"anger": 10})) == 1


def test_the_part_is_in_the_name_of_the_file(tmp_path):
    written(tmp_path, "train", [of({"anger": 10})])
    written(tmp_path, "valid", [of({"anger": 10})])
    assert ferplus.read_npz(tmp_path).parts == (Part.TRAIN, Part.VALID)


def test_columns_may_stand_in_another_order(tmp_path):
    path = written(tmp_path, "train", [of({"neutral": 10})[::-1]], COLUMNS[::-1])
    assert ferplus.read_npz(path).shares[0].tolist() == [0, 0, 0, 0, 0, 0, 1]


def test_pictures_have_three_equal_channels(tmp_path):
    picture = read_one(tmp_path, "train", {"anger": 10}).pictures[0]
    assert picture.shape == (48, 48, 3)
    assert (picture == picture[:, :, :1]).all()


def test_a_file_of_something_else_is_named(tmp_path):
    (tmp_path / "ferplus_train.npz").write_bytes(b"no archive")
    with pytest.raises(DataRefused, match=r"ferplus_train\.npz: no images, votes and vote_columns"):
        ferplus.read_npz(tmp_path)


def test_pickled_arrays_are_refused(tmp_path):
    np.savez(tmp_path / "ferplus_train.npz", images=np.array([{}], dtype=object))
    with pytest.raises(DataRefused, match="can be read from it"):
        ferplus.read_npz(tmp_path)


@pytest.mark.parametrize(
    ("votes", "columns", "told"),
    [
        ([[1] * 10], [*COLUMNS[:9], "joy"], "vote_columns is neutral"),
        ([[1] * 9], COLUMNS, r"votes is int16 \(1, 9\), not numbers \(1, 10\)"),
        ([[-1, *[1] * 9]], COLUMNS, "numbers below 0"),
    ],
)
def test_wrong_arrays_are_explained(tmp_path, votes, columns, told):
    written(tmp_path, "train", votes, columns)
    with pytest.raises(DataRefused, match=told):
        ferplus.read_npz(tmp_path)


def test_a_folder_without_faces_says_what_is_looked_for(tmp_path):
    with pytest.raises(DataRefused, match=r"no ferplus_\*\.npz"):
        ferplus.read_npz(tmp_path)


def tables(folder: Path, faces_of: list[str], votes: list[str]) -> Path:
    header = f"Usage,Image name,{','.join(COLUMNS)}"
    for name, lines in (
        ("fer2013.csv", ["emotion,pixels,Usage", *faces_of]),
        ("fer2013new.csv", [header, *votes]),
    ):
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_the_published_tables_go_together_row_by_row(tmp_path):
    folder = tables(
        tmp_path,
        [faces.row(0, 1), faces.row(1, 2), faces.row(2, 3, "PrivateTest")],
        [
            "Training,,0,0,0,0,0,0,0,0,0,10",
            "Training,fer1.png,0,0,0,8,0,0,0,0,2,0",
            "PrivateTest,fer2.png,0,9,0,0,0,0,1,0,0,0",
        ],
    )
    read = ferplus.read(folder)
    assert read.names == ("fer2013.csv:1", "fer2013.csv:2")
    assert read.parts == (Part.TRAIN, Part.TEST)
    assert [SEVEN[at] for at in read.shares.argmax(axis=1)] == ["sadness", "joy"]
    assert read.raters.tolist() == [8, 10]
    assert (read.pictures[0][:, :, 0] == faces.face(2)).all()


@pytest.mark.parametrize(
    ("votes", "told"),
    [
        (["Training,a,10,0,0,0,0,0,0,0,0,0"], "1 rows are in one table only"),
        (["PublicTest,a,10,0,0,0,0,0,0,0,0,0"] * 2, "row 0: Usage is not the same"),
        (["Training,a,ten,0,0,0,0,0,0,0,0,0"] * 2, "line 2: neutral is 'ten'"),
    ],
)
def test_tables_that_do_not_go_together_are_explained(tmp_path, votes, told):
    folder = tables(tmp_path, [faces.row(0, 1), faces.row(1, 2)], votes)
    with pytest.raises(DataRefused, match=told):
        ferplus.read(folder)


def test_votes_without_faces_say_what_is_missing(tmp_path):
    (tmp_path / "fer2013new.csv").touch()
    with pytest.raises(DataRefused, match=r"beside fer2013\.csv"):
        ferplus.read(tmp_path)
