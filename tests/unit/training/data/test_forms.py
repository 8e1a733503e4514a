import numpy as np
import pytest

from tests.unit.training.data import sets
from training.data import forms
from training.data.forms import Form
from training.errors import DataRefused


@pytest.mark.parametrize(
    ("made", "form"),
    [
        (sets.emotion6, Form.EMOTION6),
        (sets.ferplus_npz, Form.FERPLUS),
        (sets.ferplus_tables, Form.FERPLUS),
        (sets.fer2013, Form.FER2013),
        (sets.fer2013_file, Form.FER2013),
        (sets.folders, Form.FOLDERS),
        (sets.oasis, Form.OASIS),
        (sets.table, Form.TABLE),
    ],
)
def test_a_data_set_is_recognised_and_read(tmp_path, made, form):
    path = made(tmp_path)
    assert forms.recognise(path) is form
    read = forms.open_data(path)
    assert len(read) == len(read.pictures) > 0
    assert read.pictures[0].dtype == np.uint8


def test_the_form_can_be_said(tmp_path):
    assert forms.open_data(sets.table(tmp_path), Form.FOLDERS).classes


def test_an_unknown_folder_is_told_what_each_form_needs(tmp_path):
    (tmp_path / "tracks.csv").touch()
    with pytest.raises(DataRefused) as told:
        forms.open_data(tmp_path)
    assert "it holds tracks.csv" in str(told.value)
    assert all(form in str(told.value) for form in Form)


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(DataRefused, match="is not there"):
        forms.open_data(tmp_path / "none")


def test_a_data_set_without_a_single_row_is_refused(tmp_path):
    (tmp_path / "labels.csv").write_text("file,valence,arousal\n", encoding="utf-8")
    with pytest.raises(DataRefused, match="holds nothing to learn from"):
        forms.open_data(tmp_path)
