"""Expressions equal transformers' own path at batch 1, under our names."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from transformers import ViTForImageClassification, ViTImageProcessorPil

from sightsong.core.blend import FACE_CLASSES
from sightsong.core.catalogue import Checkpoint, Task
from sightsong.core.errors import ModelsMissing
from workers.media.views import make_view
from workers.models import scales
from workers.models.full import pixels
from workers.models.full.expression import ExpressionModel

SIZES = [(48, 48), (30, 90), (224, 224), (300, 260)]
#: In the order of the classes that published checkpoints have.
PUBLISHED = ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise")


def face(width: int, height: int) -> np.ndarray:
    rng = np.random.default_rng(width * 10_000 + height)
    return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)


def faces() -> list[np.ndarray]:
    return [face(*size) for size in SIZES]


def array(rows: list[dict[str, float]]) -> np.ndarray:
    return np.array([list(row.values()) for row in rows])


@pytest.fixture(scope="module")
def model(found, fp32):
    return ExpressionModel(found[Task.EXPRESSION], fp32)


@pytest.fixture(scope="module")
def plain(found):
    """Shares of each face as transformers has them, by itself, in the order of our classes."""
    processor = ViTImageProcessorPil()
    plain = ViTForImageClassification.from_pretrained(found[Task.EXPRESSION].folder).eval()
    with torch.inference_mode():
        logits = [plain(**processor(face(*s), return_tensors="pt")).logits[0] for s in SIZES]
    shares = torch.stack(logits).softmax(dim=-1).numpy()
    return shares[:, [PUBLISHED.index(name) for name in FACE_CLASSES]]


@pytest.fixture
def relabelled(found, tmp_path):
    """Make a copy of the checkpoint that names its classes otherwise."""

    def make(labels) -> Checkpoint:
        whole = found[Task.EXPRESSION]
        folder = tmp_path / "relabelled"
        shutil.copytree(whole.folder, folder)
        settings = json.loads((folder / "config.json").read_text())
        settings["id2label"] = {str(at): name for at, name in enumerate(labels)}
        settings.pop("label2id", None)
        (folder / "config.json").write_text(json.dumps(settings))
        return replace(whole, folder=folder)

    return make


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_pixels_are_normalised_as_the_published_processor_does(model, fp32, size):
    expected = ViTImageProcessorPil()(face(*size), return_tensors="pt")["pixel_values"]
    ours = pixels.tensor([make_view(face(*size), model.view)], fp32, scale=scales.HALF)
    assert torch.allclose(ours, expected, rtol=0, atol=1e-6)


def test_faces_of_mixed_sizes_in_one_batch_are_read_as_each_alone(model, plain):
    assert np.abs(array(model.read(faces())) - plain).max() < 1e-5


def test_bf16_keeps_the_shares(found, bf16, plain):
    ours = array(ExpressionModel(found[Task.EXPRESSION], bf16).read(faces()))
    assert np.abs(ours - plain).max() < 0.02


def test_shares_sum_to_one_and_have_our_names_in_our_order(model):
    for shares in model.read(faces()):
        assert tuple(shares) == FACE_CLASSES
        assert sum(shares.values()) == pytest.approx(1, abs=1e-9)


def test_no_faces_are_no_shares(model):
    assert model.read([]) == []


def test_classes_are_known_by_the_names_of_other_checkpoints_too(relabelled, fp32, plain):
    names = ("Anger", "Disgusted", "Fearful", "Happiness", "NEUTRAL", "Sadness", "Surprised")
    ours = array(ExpressionModel(relabelled(names), fp32).read(faces()))
    assert np.abs(ours - plain).max() < 1e-5


@pytest.mark.parametrize(
    "labels",
    [
        ("contempt", "disgust", "fear", "happy", "neutral", "sad", "surprise"),
        ("angry", "anger", "fear", "happy", "neutral", "sad", "surprise"),
        [f"LABEL_{at}" for at in range(7)],
    ],
    ids=["unknown", "twice", "unnamed"],
)
def test_a_checkpoint_of_other_classes_is_refused_with_the_command_to_run(relabelled, fp32, labels):
    with pytest.raises(ModelsMissing, match=r"names the expressions .*sightsong models pull"):
        ExpressionModel(relabelled(labels), fp32)
