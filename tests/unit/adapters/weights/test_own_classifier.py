"""What runs a classifier of the user's own: what its folder holds, and what the profile brings."""

import json
from pathlib import Path

import pytest

from sightsong.adapters.weights import Runtime, own_classifier
from sightsong.core.errors import ConfigurationError


@pytest.fixture
def folder(tmp_path):
    """Make a folder of a kind with some of the files."""

    def make(kind: str, *files: str) -> Path:
        (tmp_path / "config.json").write_text(json.dumps({"model_type": kind}))
        for name in files:
            (tmp_path / name).touch()
        return tmp_path

    return make


BOTH = ("model.safetensors", "model.onnx")


def test_no_folder_is_no_classifier():
    assert own_classifier(None, has_torch=True) is None


@pytest.mark.parametrize(
    ("kind", "files", "has_torch", "runtime"),
    [
        ("resnet", BOTH, True, Runtime.TORCH),
        ("resnet", BOTH, False, Runtime.ONNX),
        ("resnet", BOTH[1:], True, Runtime.ONNX),
        ("resnet", BOTH[:1], True, Runtime.TORCH),
        ("vgg16", BOTH, True, Runtime.ONNX),
        ("small", BOTH[1:], False, Runtime.ONNX),
    ],
)
def test_what_is_there_and_what_the_profile_brings_decides(folder, kind, files, has_torch, runtime):
    assert own_classifier(folder(kind, *files), has_torch=has_torch).runtime is runtime


def test_a_network_without_classes_is_run_as_onnx(folder):
    made = folder("resnet", *BOTH)
    (made / "config.json").write_text(json.dumps({"model_type": "resnet", "id2label": {}}))
    assert own_classifier(made, has_torch=True).runtime is Runtime.ONNX


def test_onnx_can_be_wanted_where_torch_would_be_taken(folder):
    found = own_classifier(folder("convnext", *BOTH), wanted="onnx", has_torch=True)
    assert found.weights.name == "model.onnx"
    assert {path.name for path in found.files} == {"config.json", "model.onnx"}


@pytest.mark.parametrize(
    ("kind", "files", "wanted", "has_torch", "told"),
    [
        ("resnet", BOTH, "torch", False, "EMOTION_RUNTIME: the lite profile brings no torch"),
        ("vgg16", BOTH, "torch", True, "EMOTION_RUNTIME: model_type is 'vgg16'; with torch it may"),
        ("resnet", BOTH[1:], "torch", True, r"CHECKPOINT: .*model\.safetensors is not there"),
        ("resnet", BOTH[:1], "onnx", True, r"CHECKPOINT: .*model\.onnx is not there; `sightsong"),
        ("resnet", BOTH[:1], "auto", False, r"model\.onnx is not there; `sightsong train export"),
        ("vit", BOTH[:1], "auto", True, "model_type is 'vit', which runs as ONNX"),
        ("resnet", (), "auto", True, r"model\.safetensors is not there"),
    ],
)
def test_what_cannot_be_is_said_with_what_to_do(folder, kind, files, wanted, has_torch, told):
    with pytest.raises(ConfigurationError, match=told):
        own_classifier(folder(kind, *files), wanted=wanted, has_torch=has_torch)


def test_the_folder_of_a_run_will_do_and_gives_the_classifier_its_name(folder, tmp_path):
    made = folder("small", *BOTH)
    (tmp_path / "emotion6" / "best").mkdir(parents=True)
    for path in made.iterdir():
        if path.is_file():
            path.rename(tmp_path / "emotion6" / "best" / path.name)
    for named in (tmp_path / "emotion6", tmp_path / "emotion6" / "best"):
        found = own_classifier(named, has_torch=False)
        assert (found.folder.name, found.name) == ("best", "emotion6")
