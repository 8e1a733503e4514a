"""What is exported says what torch says, to onnxruntime, to OpenCV and to the worker."""

import shutil
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch trains and exports; run `./run install train`")
pytest.importorskip("onnxscript", reason="torch exports with it; run `./run install train`")

import cv2
import onnx
import torch

from sightsong.adapters.weights import Runtime, own_classifier
from sightsong.core.affect import Affect, Emotion
from sightsong.core.models import Filter, Fit, Photo, View
from sightsong.core.moods import emotion_distribution
from tests.unit.training.exporting.networks import SIDE_PX, SIX, trained
from training import commands
from training.errors import RunRefused
from training.exporting import card_of, compare, complete
from training.fitting import checkpoints
from training.trained import Architecture
from workers import device
from workers.media import views
from workers.models.full.emotion_checkpoint import CheckpointEmotion
from workers.models.own.onnx_emotion import OnnxEmotion

ALL = list(Architecture)
TORCH = [Architecture.RESNET50, Architecture.EFFICIENTNET_B0, Architecture.CONVNEXT_TINY]
VIEW = View(side_px=SIDE_PX, fit=Fit.SQUASH, filter=Filter.BILINEAR)
SIZES = [(90, 60), (64, 64), (40, 200)]


def photos() -> list[Photo]:
    rng = np.random.default_rng(4)
    return [
        Photo(pixels=rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
        for width, height in SIZES
    ]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Each folder once: exporting takes a second or two."""
    made: dict[Architecture, Path] = {}

    def export(architecture: Architecture) -> Path:
        if architecture not in made:
            folder = tmp_path_factory.mktemp("best") / "own"
            checkpoints.write(trained(architecture), folder)
            complete(folder)
            made[architecture] = folder
        return made[architecture]

    return export


def by_onnx(folder: Path) -> OnnxEmotion:
    found = own_classifier(folder, wanted="onnx", has_torch=True)
    return OnnxEmotion(found, device="cpu", threads=1)


def logits_of_torch(photo: Photo, architecture: Architecture) -> torch.Tensor:
    """What the network that was trained makes of a photo: it was never written to disk."""
    made = trained(architecture)
    view = views.make_view(photo.pixels, VIEW)
    if made.input.is_grey:
        view = np.stack([cv2.cvtColor(view, cv2.COLOR_RGB2GRAY)] * 3, axis=-1)
    scaled = (view / 255 - made.input.mean) / made.input.deviation
    batch = torch.from_numpy(scaled.transpose(2, 0, 1)[None].astype(np.float32))
    with torch.inference_mode():
        return made.network(batch)[0]


def told_by_torch(photo: Photo, architecture: Architecture) -> tuple[list[float], list[float]]:
    """The six shares, and valence and arousal where the network gives them."""
    made = trained(architecture)
    k = len(made.classes)
    logits = logits_of_torch(photo, architecture)
    if not k:
        valence, arousal = logits.tanh().tolist()
        spread = emotion_distribution(Affect(valence=valence, arousal=arousal))
        return [spread[Emotion(name)] for name in SIX], [valence, arousal]
    shares = (logits[:k] / made.temperature).softmax(-1).tolist()
    neutral = sum(shares[len(SIX) :])
    return [share + neutral / 6 for share in shares[: len(SIX)]], logits[k:].tanh().tolist()


@pytest.mark.parametrize("architecture", ALL)
def test_a_worker_reads_from_onnx_what_torch_says(exported, architecture):
    read = by_onnx(exported(architecture)).predict(photos())
    for photo, reading in zip(photos(), read, strict=True):
        shares, affect = told_by_torch(photo, architecture)
        found = [reading.distribution[Emotion(name)] for name in SIX]
        assert found == pytest.approx(shares, abs=2e-4)
        if affect:
            assert (reading.affect.valence, reading.affect.arousal) == pytest.approx(
                affect, abs=1e-4
            )
    first, *others = read
    assert max(abs(first.confidence - one.confidence) for one in others) > 1e-3  # no constant


@pytest.mark.parametrize("architecture", TORCH)
def test_both_runtimes_of_a_worker_agree(exported, architecture):
    found = own_classifier(exported(architecture), has_torch=True)
    assert found.runtime is Runtime.TORCH
    model = CheckpointEmotion(found, device.choose("cpu", precision="fp32", threads=1))
    other = by_onnx(exported(architecture)).predict(photos())
    for one, two in zip(model.predict(photos()), other, strict=True):
        assert one.distribution == pytest.approx(two.distribution, abs=1e-4)
        assert one.affect.valence == pytest.approx(two.affect.valence, abs=1e-4)
        assert one.affect.arousal == pytest.approx(two.affect.arousal, abs=1e-4)


@pytest.mark.parametrize("architecture", ALL)
def test_opencv_reads_it_too(exported, architecture):
    folder = exported(architecture)
    batch = np.random.default_rng(2).normal(0, 1, (1, 3, SIDE_PX, SIDE_PX)).astype(np.float32)
    network = cv2.dnn.readNetFromONNX(str(folder / "model.onnx"))
    network.setInput(batch)
    with torch.inference_mode():
        expected = checkpoints.read(folder).network(torch.from_numpy(batch)).numpy()
    assert np.abs(network.forward() - expected).max() < 1e-3 * max(1, np.abs(expected).max())


def test_the_file_is_of_one_piece_and_tells_nothing_of_this_machine(exported):
    folder = exported(Architecture.RESNET50)
    assert {path.name for path in folder.iterdir()} == {
        "README.md",
        "config.json",
        "model.onnx",
        "model.safetensors",
        "preprocessor_config.json",
    }
    assert len({path.stat().st_mode for path in folder.iterdir()}) == 1  # all as readable as one
    content = (folder / "model.onnx").read_bytes()
    for word in (b"site-packages", b".py", str(Path.home()).encode() + b"/", b"/tmp/"):
        assert word not in content
    told = {one.key: one.value for one in onnx.load(folder / "model.onnx").metadata_props}
    assert told["classes"] == ",".join(SIX)
    assert told["side_px"] == str(SIDE_PX)


def test_exporting_again_gives_the_same_bytes_and_says_nothing_of_its_insides(
    exported, tmp_path, capfd
):
    folder = exported(Architecture.SMALL)
    again = tmp_path / "own"
    shutil.copytree(folder, again)
    capfd.readouterr()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert commands.main(["export", str(again)]) == 0
    shown = capfd.readouterr()
    assert (told, shown.err) == ([], "")
    first, second = shown.out.splitlines()
    assert first.startswith(f"{again / 'model.onnx'}: ")
    assert second == f"{again / 'README.md'}: the model card"
    assert (again / "model.onnx").read_bytes() == (folder / "model.onnx").read_bytes()


def test_a_file_that_says_something_else_than_torch_is_refused(exported):
    folder = exported(Architecture.VGG16)
    other = checkpoints.read(folder)
    with torch.no_grad():
        other.network.head.bias += 0.01
    with pytest.raises(RunRefused, match=r"off torch's"):
        compare(other, folder / "model.onnx")


def test_a_file_that_a_worker_would_refuse_is_refused(exported, tmp_path):
    cut = tmp_path / "model.onnx"
    cut.write_bytes((exported(Architecture.VGG16) / "model.onnx").read_bytes()[:-40])
    with pytest.raises(RunRefused, match="cannot be run"):
        compare(trained(Architecture.VGG16), cut)


def test_the_card_tells_data_figures_and_how_it_is_made_again(exported):
    folder = exported(Architecture.RESNET50)
    card = (folder / "README.md").read_text()
    assert card.startswith("# own: resnet50 for emotions in pictures\n")
    for line in (
        "| pictures train | 1386 |",
        "| network frozen | yes |",
        "| course rate | 0.001 |",
        "| test top-1 | 0.6162 |",
        "| temperature | 1.7 |",
        "sightsong train emotion /data/Emotion6 --out run",
        "Emotion6 (Peng, Chen, Sadovnik and Gallagher, CVPR 2015) may not be passed on",
        f"SIGHTSONG_EMOTION_CHECKPOINT={folder}",
    ):
        assert line in card
    assert "None" not in card


def test_a_card_of_no_facts_has_no_empty_chapters(tmp_path):
    card = card_of(replace(trained(Architecture.SMALL), facts={}), tmp_path / "own")
    assert "## Data" not in card
    assert "## To make it again" not in card
    assert "\n\n\n" not in card


def test_what_is_told_of_a_data_set_stays_in_its_cell(tmp_path):
    facts = {"data": {"name": "a | b\n<script>"}, "commands": ["one", "```"]}
    card = card_of(replace(trained(Architecture.SMALL), facts=facts), tmp_path / "own")
    assert "| name | a \\| b &lt;script> |" in card
    assert card.count("```") % 2 == 0


def test_a_folder_that_holds_no_classifier_is_refused(tmp_path, capfd):
    with pytest.raises(RunRefused):
        complete(tmp_path)
    assert commands.main(["export", str(tmp_path)]) == 1
    assert "config.json" in capfd.readouterr().err
