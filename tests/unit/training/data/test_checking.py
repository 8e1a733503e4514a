import json

import pytest

from tests.unit.training.data import drawn
from training.data import checking, generated
from training.errors import DataRefused

HEADER = "file,valence,arousal,part,raters"


@pytest.fixture
def flawed(tmp_path):
    for name, seed in (("a.png", 1), ("b.png", 1), ("c.png", 3)):
        drawn.save(tmp_path / name, seed)
    whole = (tmp_path / "c.png").read_bytes()
    (tmp_path / "d.png").write_bytes(whole[: len(whole) // 2])
    lines = [HEADER, "a.png,0.5,0,train,3", "b.png,-0.5,0,test,5"]
    lines += ["c.png,0.1,0,,4", "d.png,0.1,0,,4", "e.png,0,0,,4"]
    (tmp_path / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def test_findings_count_what_is_there(flawed):
    findings = checking.check(flawed)
    assert findings.form == "table"
    assert findings.count == 4
    assert findings.parts == {"train": 1, "test": 1, "not said": 2}
    assert findings.raters == checking.Range(low=3, median=4, high=5)
    assert findings.widths_px == checking.Range(low=48, median=48, high=48)


def test_twins_are_told_by_name(flawed):
    findings = checking.check(flawed)
    assert (findings.exact_twins, findings.near_twins, findings.twins_across_parts) == (1, 0, 1)
    assert findings.twins == [checking.Twin(names=("a.png", "b.png"), is_exact=True)]
    assert findings.groups == 3


def test_problems_of_rows_and_of_pictures_are_told(flawed):
    problems = checking.check(flawed).problems
    assert len(problems) == 2
    assert "line 6: e.png is not there" in problems[0]
    assert "d.png cannot be decoded: The image is truncated or damaged." in problems[1]


def test_the_text_tells_it_all(flawed):
    text = "\n".join(checking.check(flawed).lines())
    for told in (
        "4 pictures, read as table",
        "its own parts: train 1, test 1, not said 2",
        "valence: -0.5 .. 0.5",
        "one picture: 1 pixel by pixel, 0 nearly; 3 groups",
        "what repeats a held-out picture is not trained on",
        "= a.png  b.png",
        "problems: 2",
        "e.png is not there",
    ):
        assert told in text


def test_classes_are_counted(tmp_path):
    findings = checking.check(generated.make(tmp_path / "set", each=4, side_px=16))
    assert sum(of.dominant for of in findings.classes.values()) == 24
    assert sum(of.mean_share for of in findings.classes.values()) == pytest.approx(1)


def test_findings_are_json(flawed):
    told = json.loads(checking.check(flawed).to_json())
    assert told["form"] == "table"
    assert told["twins"][0]["is_exact"] is True


def test_a_folder_of_nothing_known_is_refused(tmp_path):
    with pytest.raises(DataRefused, match="looks like no data set"):
        checking.check(tmp_path)
