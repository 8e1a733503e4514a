import numpy as np
import pytest

from tests.unit.training.data import drawn, faces
from training.data import forms, generated
from training.data.forms import Form
from training.errors import DataRefused

VOTES = "Usage,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"


def emotion6(folder):
    generated.make(folder / "set", each=1, side_px=16)
    return folder / "set"


def ferplus_npz(folder):
    columns = VOTES.split(",")[1:]
    np.savez(
        folder / "ferplus_train.npz",
        images=np.zeros((1, 48, 48), np.uint8),
        votes=np.array([[10, *[0] * 9]]),
        vote_columns=np.array(columns),
    )
    return folder


def fer2013(folder):
    (folder / "fer2013.csv").write_text(
        f"emotion,pixels,Usage\n{faces.row(0, 1)}\n", encoding="utf-8"
    )
    return folder


def fer2013_file(folder):
    return fer2013(folder) / "fer2013.csv"


def ferplus_tables(folder):
    (folder / "fer2013new.csv").write_text(
        f"{VOTES}\nTraining,10,0,0,0,0,0,0,0,0,0\n", encoding="utf-8"
    )
    return fer2013(folder)


def folders(folder):
    drawn.save(folder / "happy" / "a.png")
    return folder


def oasis(folder):
    drawn.save(folder / "images" / "Lake 1.jpg")
    (folder / "OASIS.csv").write_text(
        "Theme,Valence_mean,Arousal_mean\nLake 1,4,4\n", encoding="utf-8"
    )
    return folder


def table(folder):
    (folder / "labels.csv").write_text("file,valence,arousal\nhappy/a.png,0,0\n", encoding="utf-8")
    return folders(folder)


@pytest.mark.parametrize(
    ("made", "form"),
    [
        (emotion6, Form.EMOTION6),
        (ferplus_npz, Form.FERPLUS),
        (ferplus_tables, Form.FERPLUS),
        (fer2013, Form.FER2013),
        (fer2013_file, Form.FER2013),
        (folders, Form.FOLDERS),
        (oasis, Form.OASIS),
        (table, Form.TABLE),
    ],
)
def test_a_data_set_is_recognised_and_read(tmp_path, made, form):
    path = made(tmp_path)
    assert forms.recognise(path) is form
    read = forms.open_data(path)
    assert len(read) == len(read.pictures) > 0
    assert read.pictures[0].dtype == np.uint8


def test_the_form_can_be_said(tmp_path):
    assert forms.open_data(table(tmp_path), Form.FOLDERS).classes


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
