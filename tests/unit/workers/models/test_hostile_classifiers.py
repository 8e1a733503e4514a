"""A model file that cannot be, or that reaches for more than it should, is refused with a word."""

import json
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from sightsong.adapters.weights import own_classifier
from sightsong.core.errors import ConfigurationError
from tests.unit.workers.models.own_folders import (
    BARE,
    SIDE_PX,
    SIX,
    model_of,
    network,
    weights_of,
    write,
)
from workers.models.own import onnx_file
from workers.models.own.onnx_emotion import OnnxEmotion


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "own"


def refused(folder: Path, match: str) -> None:
    with pytest.raises(ConfigurationError, match=match) as told:
        OnnxEmotion(own_classifier(folder, has_torch=False), device="cpu", threads=1)
    assert "\n" not in told.value.detail
    assert told.value.detail.startswith("SIGHTSONG_EMOTION_CHECKPOINT: ")


def whole() -> bytes:
    return network(weights_of(6)).SerializeToString()


def external(location: str, *, inside_node: bool = False) -> bytes:
    """A model whose weights lie elsewhere."""
    lying = numpy_helper.from_array(weights_of(6), "weights")
    lying.ClearField("raw_data")
    lying.data_location = TensorProto.EXTERNAL
    lying.external_data.add(key="location", value=location)
    lying.external_data.add(key="length", value="72")
    model = network(weights_of(6))
    del model.graph.initializer[:]
    if inside_node:
        lying.name = "value"
        node = helper.make_node("Constant", [], ["weights"])
        node.attribute.append(helper.make_attribute("value", lying))
        model.graph.node.insert(0, node)
    else:
        model.graph.initializer.append(lying)
    return model.SerializeToString()


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00", b"\xff" * 4096, b"<html>", whole()[:-9], whole()[:40], b"\x08" * 30],
    ids=["empty", "zero", "ones", "text", "cut short", "cut early", "no end"],
)
def test_a_file_that_is_no_onnx_or_a_piece_of_one(folder, content):
    refused(write(folder, content), r"no ONNX file|cannot run")


def test_no_cut_of_a_file_is_worse_than_refused(folder, tmp_path):
    content = whole()
    path = tmp_path / "model.onnx"
    for end in range(0, len(content), 7):
        path.write_bytes(content[:end])
        try:
            onnx_file.check_onnx(path)
        except ConfigurationError:
            continue


def test_no_changed_byte_is_worse_than_refused(folder, tmp_path):
    rng = np.random.default_rng(5)
    path = tmp_path / "model.onnx"
    for _ in range(300):
        content = bytearray(whole())
        for at in rng.integers(0, len(content), 3):
            content[at] = rng.integers(0, 256)
        path.write_bytes(content)
        try:
            onnx_file.check_onnx(path)
        except ConfigurationError:
            continue


@pytest.mark.parametrize("location", ["/etc/passwd", "../../secret", "weights.bin"])
@pytest.mark.parametrize("inside_node", [False, True], ids=["initializer", "constant"])
def test_weights_in_another_file_wherever_it_is(folder, location, inside_node):
    (folder / "weights.bin").parent.mkdir(parents=True, exist_ok=True)
    (folder / "weights.bin").write_bytes(weights_of(6).tobytes())
    refused(write(folder, external(location, inside_node=inside_node)), "weights in other files")


def test_weights_in_another_file_that_a_function_names(folder):
    model = network(weights_of(6))
    node = helper.make_node("Constant", [], ["out"])
    lying = numpy_helper.from_array(weights_of(6), "value")
    lying.ClearField("raw_data")
    lying.data_location = TensorProto.EXTERNAL
    lying.external_data.add(key="location", value="/etc/passwd")
    node.attribute.append(helper.make_attribute("value", lying))
    function = helper.make_function("ours", "F", [], ["out"], [node], model.opset_import)
    model.functions.append(function)
    refused(write(folder, model), "weights in other files")


def test_a_loop_which_may_never_end(folder):
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["on"]),
            helper.make_node("Identity", ["state"], ["same"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("state", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("same", TensorProto.FLOAT, None),
        ],
    )
    loop = helper.make_node("Loop", ["", "yes", "linear"], ["logits"], body=body)
    yes = numpy_helper.from_array(np.array(True), "yes")
    model = network(weights_of(6), after=[loop], more=[yes])
    refused(write(folder, model), "a loop or a branch")


def test_a_file_that_is_too_large(folder):
    write(folder, whole())
    with (folder / "model.onnx").open("r+b") as file:
        file.truncate(onnx_file.MOST_BYTES + 1)  # a hole: no byte of it is on the disk
    refused(folder, "has more than 1,073,741,824 bytes")


def test_an_operator_that_nobody_knows(folder):
    odd = helper.make_node("Frobnicate", ["linear"], ["logits"], domain="evil")
    refused(write(folder, network(weights_of(6), after=[odd])), "onnxruntime cannot run model.onnx")


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_no_numbers(folder, bad):
    weights = weights_of(6)
    weights[2, 1] = bad
    refused(write(folder, network(weights)), "numbers that are none")


def test_pixels_of_another_size_than_the_folder_says(folder):
    refused(write(folder, network(weights_of(6), side_px=32)), r"must take float of \(n, 3, 16, 16")


def test_an_input_that_is_no_picture(folder):
    flat = helper.make_graph(
        [helper.make_node("Identity", ["pixel_values"], ["logits"])],
        "flat",
        [helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["n", 6])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 6])],
    )
    refused(write(folder, model_of(flat)), "must take float of")


def test_whole_numbers_for_pixels(folder):
    model = network(weights_of(6))
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.INT64
    cast = helper.make_node("Cast", ["pixel_values"], ["seen"], to=TensorProto.FLOAT)
    model.graph.node[0].CopyFrom(cast)
    refused(write(folder, model), r"takes tensor\(int64\)")


def test_more_inputs_than_one(folder):
    model = network(weights_of(6))
    model.graph.input.append(helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["n"]))
    refused(write(folder, model), "2 inputs and 1 outputs")


def test_another_number_of_outputs_than_labels(folder):
    refused(write(folder, network(weights_of(7))), "id2label names 6 outputs")


def test_sizes_that_only_show_when_it_runs(folder):
    kept = numpy_helper.from_array(np.array([True] * 5 + [False]), "kept")
    fewer = helper.make_node("Compress", ["linear", "kept"], ["logits"], axis=1)
    model = network(weights_of(6), after=[fewer], more=[kept])
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_param = "k"
    refused(write(folder, model), r"gives \(5,\) numbers")


def test_shares_in_place_of_logits(folder):
    softmax = helper.make_node("Softmax", ["linear"], ["logits"], axis=1)
    refused(write(folder, network(weights_of(6), after=[softmax])), "without the softmax")


def test_a_network_that_mixes_the_photos_of_a_batch(folder):
    mixed = [
        helper.make_node("ReduceMean", ["linear", "first"], ["mean of all"], keepdims=1),
        helper.make_node("Sub", ["linear", "mean of all"], ["logits"]),
    ]
    first = numpy_helper.from_array(np.array([0], np.int64), "first")
    refused(write(folder, network(weights_of(6), after=mixed, more=[first])), "evaluation mode")


@pytest.mark.parametrize(
    "labels",
    [
        ("joy", "fear"),
        (*SIX[:5], "contentment"),
        (*SIX[:5], "joy"),
        (*SIX, "neutral", "neutral"),
        (*SIX, "valence", "arousal"),
        (),
    ],
    ids=["few", "unknown", "twice", "neutral twice", "affect", "none"],
)
def test_labels_that_are_not_the_emotions(folder, labels):
    model = network(weights_of(max(len(labels), 1)))
    refused(write(folder, model, labels=labels), "id2label must name anger, disgust, fear")


@pytest.mark.parametrize(
    "config",
    [
        '{"id2label": {}, "sightsong": 3}',
        "{",
        "[]",
        "[" * 100_000,
        '{"id2label": {"a": 1}}',
        '{"id2label": ["joy"]}',
        "x" * 2_000_000,
    ],
    ids=["odd extras", "cut", "list", "deep", "odd keys", "labels in a list", "long"],
)
def test_a_description_that_is_none(folder, config):
    write(folder, whole())
    (folder / "config.json").write_text(config)
    refused(folder, r"config\.json|id2label")


@pytest.mark.parametrize(
    "more",
    [
        {"size": {"height": 10**9, "width": 10**9}},
        {"size": {"height": -4, "width": -4}},
        {"image_std": [0, 1, 1]},
        {"image_mean": [float("nan"), 0, 0]},
        {"size": {"shortest_edge": 16}, "crop_pct": 1e-9},
    ],
    ids=["huge", "negative", "no spread", "NaN", "tiny crop"],
)
def test_a_preparation_that_cannot_be(folder, more):
    write(folder, whole(), prepared=BARE | more)
    refused(folder, r"preprocessor_config\.json asks for what is not supported")


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(ConfigurationError, match=r"nowhere/config\.json cannot be read"):
        own_classifier(tmp_path / "nowhere", has_torch=False)


def test_a_kind_with_a_very_long_name_is_not_repeated_in_full(folder):
    write(folder, whole())
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"model_type": "x" * 100_000}))
    found = own_classifier(folder, has_torch=False)
    model = OnnxEmotion(found, device="cpu", threads=1)
    assert len(model.card.source) < 200
    assert model.views[0].side_px == SIDE_PX
