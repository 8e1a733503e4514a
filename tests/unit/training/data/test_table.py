from pathlib import Path

import pytest

from tests.unit.training.data import drawn
from training.data import table
from training.data.classes import SEVEN, SIX
from training.errors import DataRefused
from training.samples import Part

VOTED = "file,anger,disgust,fear,joy,sadness,surprise"


def written(folder: Path, *lines: str) -> Path:
    (folder / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    drawn.save(folder / "a.jpg", 1)
    drawn.save(folder / "sea" / "b.png", 2)
    return folder


def test_votes_become_shares_and_raters(tmp_path):
    read = table.read(written(tmp_path, VOTED, "a.jpg,0,0,0,3,1,0"))
    assert read.classes == SIX
    assert read.shares[0].tolist() == [0, 0, 0, 0.75, 0.25, 0]
    assert read.raters.tolist() == [4]


def test_shares_tell_no_raters(tmp_path):
    read = table.read(written(tmp_path, VOTED, "a.jpg,0,0,0,0.7,0.3,0"))
    assert read.raters is None


def test_neutral_is_a_seventh_class_and_columns_may_stand_anywhere(tmp_path):
    header = "neutral,file,surprised,happy,sad,fear,disgust,angry"
    read = table.read(written(tmp_path, header, "1,a.jpg,0,1,0,0,0,2"))
    assert read.classes == SEVEN
    assert read.shares[0].tolist() == [0.5, 0, 0, 0.25, 0, 0, 0.25]


def test_affect_alone_is_enough(tmp_path):
    read = table.read(written(tmp_path, "file,valence,arousal", "sea/b.png,-1,0.5"))
    assert read.affect.tolist() == [[-1, 0.5]]
    assert read.classes == ()
    assert read.shares is None


def test_groups_parts_and_raters_may_be_told(tmp_path):
    header = "file,valence,arousal,group,part,raters"
    read = table.read(written(tmp_path, header, "a.jpg,0,0,harbour,train,12", "sea/b.png,0,0,,,7"))
    assert read.groups == ("harbour", "sea/b.png")
    assert read.parts == (Part.TRAIN, None)
    assert read.raters.tolist() == [12, 7]


def test_columns_that_begin_with_an_underscore_are_passed_over(tmp_path):
    read = table.read(written(tmp_path, "file,valence,arousal,_note", "a.jpg,0,0,fine"))
    assert len(read) == 1


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (f"{VOTED},suprise", "Columns that are not known: suprise; known are file"),
        ("file,anger,joy", "missing: disgust, fear, sadness, surprise"),
        ("file,valence", "missing: arousal"),
        ("file", "missing: valence, arousal"),
        ("valence,arousal", "missing: file"),
    ],
)
def test_headers_that_do_not_fit_are_explained(tmp_path, header, told):
    with pytest.raises(DataRefused, match=told):
        table.read(written(tmp_path, header))


def test_all_that_is_wrong_is_told_at_once(tmp_path):
    folder = written(
        tmp_path,
        f"{VOTED},valence,arousal,part",
        "a.jpg,0,0,0,0.7,0.3,0,0,0,train",
        "a.jpg,0,0,0,0.7,0.3,0,0,0,train",
        "sea/b.png,0,0,0,0.7,0,0,0,0,train",
        "c.jpg,0,0,0,1,0,0,0,0,train",
        "sea/b.png,0,0,0,1,0,0,2,0,later",
        "sea/b.png,0,0,0,0,0,0,0,0,train",
    )
    with pytest.raises(DataRefused) as told:
        table.read(folder)
    for problem in (
        "6 problems",
        "line 3: a.jpg was on line 2 already",
        "line 4: the shares of sea/b.png sum to 0.7",
        "line 5: c.jpg is not there",
        "line 6: valence is '2', not a number from -1 to 1",
        "line 6: part is 'later'; known are train, valid, test",
        "line 7: sea/b.png has no votes",
    ):
        assert problem in str(told.value)
