"""Classifiers of one's own, by either runtime."""

import hashlib
import json

import numpy as np
import pytest

from training.errors import RunRefused
from training.evaluating.described import describe, is_ours
from training.evaluating.own import Own, Runtime, open_own, prepare
from training.trained import Input

SIDE = 16
CLASSES = ("fear", "joy")
CONFIG = {
    "id2label": {"0": "fear", "1": "joy"},
    "sightsong": {
        "architecture": "small",
        "affect": True,
        "side_px": SIDE,
        "grey": False,
        "mean": [0.5, 0.5, 0.5],
        "deviation": [0.25, 0.25, 0.25],
    },
}
BLACK, WHITE = (np.full((20, 30, 3), level, dtype=np.uint8) for level in (0, 255))


def brightness(batch):
    """Fear of the dark, joy in the light; both as affect, too."""
    mean = batch.mean(axis=(1, 2, 3))
    return np.stack([-mean, mean, mean, 0 * mean], axis=1)


@pytest.fixture
def folder(tmp_path):
    """A folder that describes a classifier; its weights are a few bytes."""
    (tmp_path / "config.json").write_text(json.dumps(CONFIG), "utf-8")
    (tmp_path / "model.onnx").write_bytes(b"weights")
    return tmp_path


def own(folder, network) -> Own:
    return Own(folder, describe(folder), network, runtime=Runtime.ONNX)


def test_logits_become_shares_and_affect(folder):
    model = own(folder, brightness)
    found = model.read([BLACK, WHITE])
    assert found.classes == CLASSES
    assert found.shares.argmax(axis=1).tolist() == [0, 1]
    assert found.shares.sum(axis=1) == pytest.approx([1, 1])
    assert found.affect == pytest.approx(np.tanh([[-2, 0], [2, 0]]))
    assert hashlib.sha256(b"weights").hexdigest().startswith(model.facts["weights"])


def test_a_network_of_valence_and_arousal_alone_reads_no_shares(folder):
    (folder / "config.json").write_text(json.dumps(CONFIG | {"id2label": {}}), "utf-8")
    model = own(folder, lambda batch: brightness(batch)[:, 2:])
    found = model.read([BLACK, WHITE])
    assert found.shares is None
    assert found.affect == pytest.approx(np.tanh([[-2, 0], [2, 0]]))
    assert (model.classes, model.facts["classes"]) == ((), "none")


def test_pictures_are_squares_of_the_whole_scaled():
    wanted = Input(side_px=SIDE, mean=(0, 0.5, 0), deviation=(1, 0.5, 1))
    batch = prepare([WHITE, BLACK], wanted)
    assert batch.shape == (2, 3, SIDE, SIDE)
    assert batch.dtype == np.float32
    assert batch[0, :, 3, 3].tolist() == [1, 1, 1]
    assert batch[1, :, 3, 3].tolist() == [0, -1, 0]


def test_grey_pictures_have_their_luma_three_times():
    red = np.zeros((8, 8, 3), dtype=np.uint8)
    red[..., 0] = 255
    wanted = Input(side_px=SIDE, is_grey=True, mean=(0, 0, 0), deviation=(1, 1, 1))
    assert prepare([red], wanted)[0, :, 0, 0] == pytest.approx([0.299] * 3)


@pytest.mark.parametrize(
    "network",
    [lambda batch: np.zeros((len(batch), 3)), lambda batch: np.full((len(batch), 4), np.nan)],
    ids=["too few numbers", "no numbers"],
)
def test_what_are_no_logits_is_refused(folder, network):
    with pytest.raises(RunRefused, match="answers"):
        own(folder, network).read([BLACK])


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"id2label": {}, "sightsong": {"mean": []}}'])
def test_a_configuration_that_is_none_is_refused(tmp_path, text):
    (tmp_path / "config.json").write_text(text, "utf-8")
    with pytest.raises(RunRefused, match=r"config\.json"):
        describe(tmp_path)


def test_what_was_trained_here_is_told_from_what_was_not(folder):
    assert is_ours(folder)
    (folder / "config.json").write_text('{"model_type": "resnet"}', "utf-8")
    assert not is_ours(folder)


def test_a_folder_without_a_classifier_is_refused(tmp_path):
    with pytest.raises(RunRefused, match=r"holds no config\.json"):
        open_own(tmp_path)


@pytest.mark.parametrize(("runtime", "lacking"), [("torch", "safetensors"), ("onnx", "onnx")])
def test_what_a_runtime_needs_is_named(folder, runtime, lacking):
    (folder / "model.onnx").unlink()
    with pytest.raises(RunRefused, match=rf"holds no model\.{lacking}"):
        open_own(folder, Runtime(runtime))


def test_an_onnx_file_that_is_none_is_refused(folder):
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    with pytest.raises(RunRefused, match=r"model\.onnx cannot be used"):
        open_own(folder)


def test_onnx_is_run(folder):
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    weights = np.array([[-1, 1, 1, 0]] * 3, dtype=np.float32) / 3
    nodes = [
        onnx.helper.make_node("GlobalAveragePool", ["pixel_values"], ["means"]),
        onnx.helper.make_node("Flatten", ["means"], ["flat"]),
        onnx.helper.make_node("MatMul", ["flat", "weights"], ["logits"]),
    ]
    number = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        nodes,
        "brightness",
        [onnx.helper.make_tensor_value_info("pixel_values", number, ["n", 3, SIDE, SIDE])],
        [onnx.helper.make_tensor_value_info("logits", number, ["n", 4])],
        [onnx.numpy_helper.from_array(weights, "weights")],
    )
    model = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9
    )
    onnx.save(model, folder / "model.onnx")
    found = open_own(folder).read([BLACK, WHITE])
    assert found.affect == pytest.approx(np.tanh([[-2, 0], [2, 0]]), abs=1e-5)
    assert open_own(folder).facts["runtime"] == "onnx"
