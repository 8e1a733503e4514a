"""The samples that a model is evaluated on."""

import json

import numpy as np
import pytest

from tests.unit.training.evaluating import made
from training.errors import DataRefused, RunRefused
from training.evaluating.choosing import NEW, Asked, choose
from training.samples import Part

PARTS = (Part.TRAIN,) * 6 + (Part.VALID,) * 3 + (Part.TEST,) * 3


@pytest.fixture
def run(tmp_path):
    """The folder of a run on the greys."""
    named = {"train": ["0.png", "1.png"], "valid": ["2.png"], "test": ["7.png", "5.png"]}
    (tmp_path / "best").mkdir()
    (tmp_path / "parts.json").write_text(json.dumps(named), "utf-8")
    return tmp_path


def test_of_a_run_the_test_part_is_chosen_that_it_never_saw(run):
    wanted = choose(made.samples(), Asked(model=str(run), part=None))
    assert wanted.samples.names == ("5.png", "7.png")
    assert wanted.part == "test"
    assert wanted.notes == ()


def test_its_best_folder_stands_for_the_run(run):
    wanted = choose(made.samples(), Asked(model=str(run / "best"), part="valid"))
    assert wanted.samples.names == ("2.png",)
    assert "chose its best epoch" in wanted.notes[0]


@pytest.mark.parametrize("part", ["train", "all"])
def test_on_samples_that_it_learned_from_the_report_says_so(run, part):
    assert "trained on these" in choose(made.samples(), Asked(model=str(run), part=part)).notes[0]


def test_a_data_set_that_is_not_the_runs_is_refused(run):
    with pytest.raises(DataRefused, match=r"1 of the 2 samples .* for instance 7\.png"):
        choose(made.samples(7), Asked(model=str(run), part="test"))


def test_a_part_that_a_run_does_not_name_is_refused(run):
    with pytest.raises(DataRefused, match="names no part later"):
        choose(made.samples(), Asked(model=str(run), part="later"))


def test_a_broken_parts_file_is_told(run):
    (run / "parts.json").write_text("[", "utf-8")
    with pytest.raises(RunRefused, match="cannot be read"):
        choose(made.samples(), Asked(model=str(run), part=None))


def test_of_any_other_model_the_sets_own_test_part_is_taken_and_doubt_is_told(tmp_path):
    wanted = choose(made.samples(parts=PARTS), Asked(model=str(tmp_path), part=None))
    assert wanted.samples.names == ("9.png", "10.png", "11.png")
    assert "not known" in wanted.notes[0]


def test_a_set_without_parts_is_taken_as_a_whole():
    wanted = choose(made.samples(), Asked(model="lite-faces", part=None))
    assert (wanted.part, len(wanted.samples)) == ("all", 12)
    assert wanted.notes == ()


def test_a_part_that_the_set_does_not_tell_is_refused():
    with pytest.raises(DataRefused, match="say --part all"):
        choose(made.samples(), Asked(model="lite-faces", part="valid"))


def test_what_the_train_part_repeats_pixel_by_pixel_is_left_out_in_a_slice():
    samples = made.samples(parts=PARTS)
    pictures = list(samples.pictures)
    pictures[9] = pictures[0]
    wanted = choose(
        made.samples(parts=PARTS, pictures=pictures), Asked(model="lite-faces", part="test")
    )
    assert wanted.slices[NEW].tolist() == [1, 2]


def test_that_the_photo_model_was_fitted_on_oasis_is_told():
    samples = made.samples(name="OASIS", shares=None, affect=np.zeros((12, 2), np.float32))
    assert (
        "fitted on photos of OASIS"
        in choose(samples, Asked(model="lite-photos", part=None)).notes[0]
    )
