import numpy as np
import pytest

from sightsong.core.affect import Emotion
from training.data import checking, emotion6, generated
from training.data.classes import SEVEN, SIX
from training.errors import DataRefused


def test_the_set_has_the_layout_of_emotion6(tmp_path):
    folder = generated.make(tmp_path / "set", each=3, side_px=32)
    assert (folder / "images" / "surprise" / "3.jpg").is_file()
    header = (folder / "ground_truth.txt").read_text(encoding="utf-8").splitlines()[0]
    assert header.split("\t")[:4] == ["[image_filename]", "[valence]", "[arousal]", "[prob. anger]"]
    read = emotion6.read(folder)
    assert len(read) == 3 * len(Emotion)
    assert read.pictures[0].shape == (32, 32, 3)


def test_a_check_finds_nothing_wrong_with_it(tmp_path):
    findings = checking.check(generated.make(tmp_path / "set", each=10, side_px=32))
    assert findings.problems == ()
    assert findings.near_twins == findings.exact_twins == 0
    assert set(findings.classes) == set(SIX)


def test_colours_carry_the_label(tmp_path):
    # The share of each colour is linear in the mean pixel, so a line through six means must do.
    read = emotion6.read(generated.make(tmp_path / "set", each=20, side_px=32), keep_neutral=True)
    means = np.array([read.pictures[at].mean(axis=(0, 1)) for at in range(len(read))]) / 255
    known = np.column_stack([means, np.ones(len(means))])
    for name in (Emotion.JOY, Emotion.SADNESS):
        wanted = read.shares[:, SEVEN.index(name)]
        fitted = known @ np.linalg.lstsq(known, wanted, rcond=None)[0]
        assert np.corrcoef(fitted, wanted)[0, 1] > 0.6


def test_the_seed_decides(tmp_path):
    tables = [
        (generated.make(tmp_path / name, each=1, side_px=16, seed=seed) / "ground_truth.txt")
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    ]
    first, same, other = (path.read_text(encoding="utf-8") for path in tables)
    assert first == same != other


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").touch()
    with pytest.raises(DataRefused, match="is not empty"):
        generated.make(tmp_path)
