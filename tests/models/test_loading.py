"""Weights come from the file as they are, under the names that published files have."""

import json
import shutil
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import (
    BlipConfig,
    BlipForConditionalGeneration,
    ClapConfig,
    ClapModel,
    CLIPConfig,
    CLIPModel,
    ViTConfig,
    ViTForImageClassification,
)

from sightsong.core.catalogue import Task
from sightsong.core.errors import ModelsMissing
from workers.models.full import loading

MODELS = {
    Task.VISION: (CLIPModel, CLIPConfig),
    Task.EXPRESSION: (ViTForImageClassification, ViTConfig),
    Task.CAPTION: (BlipForConditionalGeneration, BlipConfig),
    Task.MUSIC: (ClapModel, ClapConfig),
}


@pytest.fixture
def copied(found, tmp_path):
    """The expression checkpoint, to be damaged."""
    whole = found[Task.EXPRESSION]
    folder = tmp_path / "copied"
    shutil.copytree(whole.folder, folder)
    return replace(whole, folder=folder)


def load(checkpoint, device):
    return loading.load(ViTForImageClassification, ViTConfig, checkpoint, device)


def rewrite(checkpoint, change) -> None:
    tensors = load_file(checkpoint.weights)
    change(tensors)
    save_file(tensors, checkpoint.weights)


@pytest.mark.parametrize("task", MODELS, ids=str)
def test_a_model_has_the_tensors_that_transformers_itself_would_load(found, fp32, task):
    model, config = MODELS[task]
    ours = loading.load(model, config, found[task], fp32)
    plain = model.from_pretrained(found[task].folder).eval()
    expected = dict([*plain.named_parameters(), *plain.named_buffers()])
    loaded = dict([*ours.named_parameters(), *ours.named_buffers()])
    assert loaded.keys() == expected.keys()
    assert [name for name in expected if not torch.equal(loaded[name], expected[name])] == []
    assert not ours.training


def test_the_file_of_a_vit_has_the_names_of_published_ones(found):
    with safe_open(found[Task.EXPRESSION].weights, framework="pt") as file:
        assert "vit.encoder.layer.0.attention.attention.query.weight" in file.keys()  # noqa: SIM118


def test_weights_take_the_type_of_the_device(found, bf16):
    model = load(found[Task.EXPRESSION], bf16)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}


def test_a_missing_tensor_is_named_with_the_command_to_run(copied, fp32):
    rewrite(copied, lambda tensors: tensors.pop("classifier.weight"))
    with pytest.raises(ModelsMissing, match=r"classifier\.weight.*sightsong models pull"):
        load(copied, fp32)


def test_a_tensor_of_another_shape_is_refused_with_the_command_to_run(copied, fp32):
    rewrite(copied, lambda tensors: tensors.update({"classifier.weight": torch.zeros(3, 3)}))
    with pytest.raises(ModelsMissing, match=r"classifier\.weight.*sightsong models pull"):
        load(copied, fp32)


@pytest.mark.parametrize("content", [b"", b"not weights at all", b"\xff" * 4096])
def test_a_file_that_holds_no_tensors_is_refused_with_the_command_to_run(copied, fp32, content):
    copied.weights.write_bytes(content)
    with pytest.raises(ModelsMissing, match="sightsong models pull"):
        load(copied, fp32)


def test_a_cut_off_file_is_refused_with_the_command_to_run(copied, fp32):
    whole = copied.weights.read_bytes()
    copied.weights.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelsMissing, match="sightsong models pull"):
        load(copied, fp32)


def test_no_file_is_refused_with_the_command_to_run(copied, fp32):
    copied.weights.unlink()
    with pytest.raises(ModelsMissing, match="sightsong models pull"):
        load(copied, fp32)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"hidden_size": "wide"}'])
def test_a_configuration_that_cannot_be_read_is_refused(copied, fp32, content):
    (copied.folder / "config.json").write_text(content)
    with pytest.raises(ModelsMissing, match="sightsong models pull"):
        load(copied, fp32)


def test_a_configuration_of_another_size_does_not_fit(copied, fp32):
    settings = json.loads((copied.folder / "config.json").read_text())
    settings["num_hidden_layers"] += 1
    (copied.folder / "config.json").write_text(json.dumps(settings))
    with pytest.raises(ModelsMissing, match="missing"):
        load(copied, fp32)


def test_a_tokenizer_that_is_not_there_is_refused_with_the_command_to_run(copied):
    with pytest.raises(ModelsMissing, match="sightsong models pull"):
        loading.read_tokenizer(copied)
