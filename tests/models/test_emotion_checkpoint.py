"""A classifier of the user's own reads emotions as transformers itself would have it."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    ConvNextConfig,
    ConvNextForImageClassification,
    ConvNextImageProcessorPil,
    EfficientNetConfig,
    EfficientNetForImageClassification,
    ResNetConfig,
    ResNetForImageClassification,
)

from sightsong.adapters.weights import own, own_classifier
from sightsong.core.affect import Emotion
from sightsong.core.errors import ConfigurationError
from sightsong.core.models import Filter, Fit, Photo, View
from workers.models.full.emotion import emotion_model
from workers.models.full.emotion_checkpoint import ARCHITECTURES, CheckpointEmotion
from workers.models.own.preparation import read_preparation

LABELS = ("surprise", "Sadness", "joy", "fear", "disgust", "anger")
SIZES = [(320, 240), (100, 400), (224, 224)]
PREPARED = {
    "size": {"shortest_edge": 224},
    "crop_pct": 0.875,
    "resample": 3,
    "image_mean": [0.485, 0.456, 0.406],
    "image_std": [0.229, 0.224, 0.225],
}


def networks(labels) -> dict[str, torch.nn.Module]:
    named = {"id2label": dict(enumerate(labels)), "num_labels": len(labels)}
    small = {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1]}
    return {
        "resnet": ResNetForImageClassification(ResNetConfig(**small, **named)),
        "efficientnet": EfficientNetForImageClassification(
            EfficientNetConfig(
                width_coefficient=0.1, depth_coefficient=0.1, hidden_dim=128, **named
            )
        ),
        "convnext": ConvNextForImageClassification(
            ConvNextConfig(hidden_sizes=[8, 16], depths=[1, 1], num_stages=2, **named)
        ),
    }


def noise(width: int, height: int) -> np.ndarray:
    rng = np.random.default_rng(width * 10_000 + height)
    return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)


def photos() -> list[Photo]:
    return [Photo(pixels=noise(*size)) for size in SIZES]


@pytest.fixture
def saved(tmp_path):
    """Write a small random classifier as training does, and give its folder."""

    def write(kind="resnet", labels=LABELS) -> Path:
        torch.manual_seed(1)
        folder = tmp_path / "own"
        networks(labels)[kind].eval().save_pretrained(folder)
        (folder / "preprocessor_config.json").write_text(json.dumps(PREPARED))
        return folder

    return write


def opened(folder: Path, place) -> CheckpointEmotion:
    return CheckpointEmotion(own_classifier(folder, has_torch=True), place)


def test_torch_is_said_to_run_what_it_can_run():
    assert set(own.TORCH_KINDS) == set(ARCHITECTURES)


@pytest.mark.parametrize("kind", ["resnet", "efficientnet", "convnext"])
def test_a_batch_of_mixed_sizes_has_the_shares_of_the_plain_path(saved, fp32, kind):
    folder = saved(kind)
    plain = networks(LABELS)[kind].from_pretrained(folder).eval()
    processor = ConvNextImageProcessorPil(**PREPARED)
    for reading, size in zip(opened(folder, fp32).predict(photos()), SIZES, strict=True):
        with torch.inference_mode():
            logits = plain(**processor(noise(*size), return_tensors="pt")).logits[0]
        expected = dict(zip(LABELS, logits.softmax(-1).tolist(), strict=True))
        assert tuple(reading.distribution) == tuple(Emotion)
        for name, share in expected.items():
            assert reading.distribution[Emotion(name.lower())] == pytest.approx(share, abs=1e-5)


@pytest.mark.parametrize("kind", ["resnet", "efficientnet", "convnext"])
def test_bf16_keeps_the_shares(saved, fp32, bf16, kind):
    folder = saved(kind)
    exact, coarse = (opened(folder, place).predict(photos()) for place in (fp32, bf16))
    for one, other in zip(exact, coarse, strict=True):
        for name, share in one.distribution.items():
            assert other.distribution[name] == pytest.approx(share, abs=0.02)


def test_it_is_chosen_where_a_folder_is_named_and_asks_for_its_view(saved, fp32):
    model = emotion_model(
        None, own_classifier(saved(), has_torch=True), fp32
    )  # CLIP is not needed then
    assert isinstance(model, CheckpointEmotion)
    assert model.views == (View(side_px=256, fit=Fit.CROP, filter=Filter.BICUBIC),)


def test_the_card_tells_one_state_of_the_folder_from_another(saved, fp32):
    folder = saved()
    before = opened(folder, fp32).card
    (folder / "preprocessor_config.json").write_text("{}")
    after = opened(folder, fp32).card
    assert (before.id, before.task) == ("local/own", "emotion")
    assert "resnet" in before.source
    assert before.revision != after.revision


@pytest.mark.parametrize(
    ("wanted", "side", "crop", "fit", "resampling"),
    [
        ({}, 224, 224, Fit.CROP, Filter.BILINEAR),
        ({"size": {"height": 240, "width": 240}}, 240, 240, Fit.SQUASH, Filter.BILINEAR),
        ({"size": 256, "crop_size": 224, "resample": 3}, 256, 224, Fit.CROP, Filter.BICUBIC),
        ({"size": 384, "crop_pct": 1.0}, 384, 384, Fit.SQUASH, Filter.BILINEAR),
    ],
    ids=["silent", "squashed", "cropped", "large"],
)
def test_photos_are_prepared_as_the_folder_says(tmp_path, wanted, side, crop, fit, resampling):
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(wanted))
    prepared = read_preparation(tmp_path)
    assert prepared.view == View(side_px=side, fit=fit, filter=resampling)
    assert prepared.crop_px == crop


@pytest.mark.parametrize(
    "wanted",
    [
        {"resample": 0},
        {"size": {"height": 200, "width": 300}},
        {"size": 224, "crop_size": 256},
        {"size": "large"},
        {"image_mean": [0.5]},
        {"crop_pct": 0},
        [],
    ],
    ids=str,
)
def test_a_preparation_that_is_not_supported_is_refused(tmp_path, wanted):
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(wanted))
    with pytest.raises(ConfigurationError, match=r"EMOTION_CHECKPOINT: preprocessor_config\.json"):
        read_preparation(tmp_path)


@pytest.mark.parametrize(
    "labels",
    [("joy", "fear"), (*LABELS[:5], "contentment"), (*LABELS[:5], "joy"), (*LABELS, "calm")],
    ids=["few", "unknown", "twice", "many"],
)
def test_a_classifier_of_other_classes_is_refused(saved, fp32, labels):
    with pytest.raises(ConfigurationError, match="id2label must name anger, disgust, fear"):
        opened(saved(labels=labels), fp32)


def test_an_architecture_that_is_not_supported_is_refused(saved, fp32):
    folder = saved()
    settings = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(settings | {"model_type": "vit"}))
    with pytest.raises(ConfigurationError, match="'vit', which runs as ONNX"):
        opened(folder, fp32)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_missing_file_is_named(saved, fp32, name):
    folder = saved()
    (folder / name).unlink()
    with pytest.raises(ConfigurationError, match=rf"EMOTION_CHECKPOINT: .*{name}"):
        opened(folder, fp32)


def test_weights_of_another_network_are_refused_without_talk_of_pulling(saved, fp32):
    folder = saved("convnext")
    convnext = (folder / "model.safetensors").read_bytes()
    saved("resnet")
    (folder / "model.safetensors").write_bytes(convnext)
    with pytest.raises(ConfigurationError, match=r"does not fit config\.json"):
        opened(folder, fp32)


def test_weights_that_are_no_numbers_are_refused(saved, fp32):
    folder = saved()
    tensors = load_file(folder / "model.safetensors")
    tensors["classifier.1.bias"][:] = torch.nan
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(ConfigurationError, match="numbers that are none"):
        opened(folder, fp32)


def test_a_neutral_class_is_split_among_the_six(saved, fp32):
    folder = saved(labels=(*LABELS, "neutral"))
    plain = networks((*LABELS, "neutral"))["resnet"].from_pretrained(folder).eval()
    processor = ConvNextImageProcessorPil(**PREPARED)
    [reading] = opened(folder, fp32).predict([Photo(pixels=noise(224, 224))])
    with torch.inference_mode():
        logits = plain(**processor(noise(224, 224), return_tensors="pt")).logits[0]
    shares = logits.softmax(-1).tolist()
    expected = dict(zip(LABELS, (share + shares[6] / 6 for share in shares), strict=False))
    for name, share in expected.items():
        assert reading.distribution[Emotion(name.lower())] == pytest.approx(share, abs=1e-5)


def test_the_card_says_that_torch_runs_it(saved, fp32):
    assert "by torch on cpu fp32" in opened(saved(), fp32).card.source


def test_valence_and_arousal_are_read_from_the_rows_beside_the_classes(saved, fp32):
    folder = saved()
    tensors = load_file(folder / "model.safetensors")
    rows = torch.randn(2, tensors["classifier.1.weight"].shape[1])
    shifts = torch.tensor([0.3, -0.4])
    save_file(
        tensors | {"affect.weight": rows, "affect.bias": shifts}, folder / "model.safetensors"
    )
    settings = json.loads((folder / "config.json").read_text())
    told = json.dumps(settings | {"sightsong": {"affect": True}})
    (folder / "config.json").write_text(told)

    plain = networks(LABELS)["resnet"].from_pretrained(folder).eval()
    pixels = ConvNextImageProcessorPil(**PREPARED)(noise(224, 224), return_tensors="pt")
    with torch.inference_mode():
        features = plain.resnet(**pixels).pooler_output.flatten(1)
        valence, arousal = (features @ rows.T + shifts).tanh()[0].tolist()
    [reading] = opened(folder, fp32).predict([Photo(pixels=noise(224, 224))])
    assert reading.affect.valence == pytest.approx(valence, abs=1e-5)
    assert reading.affect.arousal == pytest.approx(arousal, abs=1e-5)


def test_rows_of_valence_and_arousal_that_are_not_there_are_missed(saved, fp32):
    folder = saved()
    settings = json.loads((folder / "config.json").read_text())
    told = json.dumps(settings | {"sightsong": {"affect": True}})
    (folder / "config.json").write_text(told)
    with pytest.raises(ConfigurationError, match=r"does not fit config\.json"):
        opened(folder, fp32)
