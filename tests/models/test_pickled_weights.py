"""A file of weights that is a pickle, whatever it is called, is refused; its program never runs."""

import io
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import ViTConfig, ViTForImageClassification

from sightsong.core.catalogue import Task
from sightsong.core.errors import ModelsMissing
from workers.models.full import loading


def program(mark: Path) -> bytes:
    """A pickle that makes a file, in the old language of pickles."""
    return b"cos\nsystem\n(S'touch %b'\ntR." % str(mark).encode()


def zipped(mark: Path) -> bytes:
    """The same, in the zip that torch writes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", program(mark))
        archive.writestr("archive/version", "3")
    return file.getvalue()


@pytest.fixture
def copied(found, tmp_path):
    whole = found[Task.EXPRESSION]
    shutil.copytree(whole.folder, tmp_path / "copied")
    return replace(whole, folder=tmp_path / "copied")


@pytest.mark.parametrize("make", [program, zipped])
def test_a_pickle_in_the_place_of_the_weights_is_refused(copied, fp32, tmp_path, make):
    copied.weights.write_bytes(make(tmp_path / "ran"))
    with pytest.raises(ModelsMissing, match="do not fit the model"):
        loading.load(ViTForImageClassification, ViTConfig, copied, fp32)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("make", [program, zipped])
def test_a_pickle_beside_missing_weights_is_not_looked_at(copied, fp32, tmp_path, make):
    copied.weights.unlink()
    (copied.folder / "pytorch_model.bin").write_bytes(make(tmp_path / "ran"))
    with pytest.raises(ModelsMissing):
        loading.load(ViTForImageClassification, ViTConfig, copied, fp32)
    assert not (tmp_path / "ran").exists()


def test_the_programs_of_these_tests_do_run_where_pickles_are_read(tmp_path):
    torch.serialization.pickle.loads(program(tmp_path / "ran"))
    assert (tmp_path / "ran").exists()
