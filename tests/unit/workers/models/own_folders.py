"""Folders of emotion classifiers, made of a few numbers: a linear layer on the mean colour."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

from sightsong.core.affect import Emotion

SIDE_PX = 16
OPSET, IR = 18, 10
SIX = tuple(Emotion)
#: Nothing but 0 .. 1: so tests can follow the numbers.
BARE = {
    "size": {"height": SIDE_PX, "width": SIDE_PX},
    "image_mean": [0, 0, 0],
    "image_std": [1, 1, 1],
}


def weights_of(count: int, seed: int = 1) -> np.ndarray:
    """A linear layer: float32, (count, 3)."""
    return np.random.default_rng(seed).normal(0, 4, (count, 3)).astype(np.float32)


def network(
    weights: np.ndarray,
    *,
    batch: int | str = "n",
    side_px: int | str = SIDE_PX,
    before: Sequence = (),
    after: Sequence = (),
    more: Sequence = (),
) -> ModelProto:
    """Make a model of `mean` (n, 3, 1, 1), `flat` (n, 3) and `linear` (n, k).

    Nodes `before` make `seen` of `pixel_values`, those `after` make `logits` of `linear`.
    """
    count = len(weights)
    nodes = [
        *(before or [helper.make_node("Identity", ["pixel_values"], ["seen"])]),
        helper.make_node("GlobalAveragePool", ["seen"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weights"], ["linear"], transB=1),
        *(after or [helper.make_node("Identity", ["linear"], ["logits"])]),
    ]
    graph = helper.make_graph(
        nodes,
        "linear",
        [
            helper.make_tensor_value_info(
                "pixel_values", TensorProto.FLOAT, [batch, 3, side_px, side_px]
            )
        ],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [batch, count])],
        [numpy_helper.from_array(weights, "weights"), *more],
    )
    return model_of(graph)


def model_of(graph) -> ModelProto:
    """Wrap a graph up."""
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)


def write(
    folder: Path,
    model: ModelProto | bytes,
    *,
    labels: Sequence[str] = SIX,
    prepared: object = BARE,
    kind: str = "small",
    has_affect: bool = False,
) -> Path:
    """Write a folder as training does."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "model_type": kind,
        "id2label": {str(at): name for at, name in enumerate(labels)},
        "sightsong": {"affect": has_affect},
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "preprocessor_config.json").write_text(json.dumps(prepared))
    content = model if isinstance(model, bytes) else model.SerializeToString()
    (folder / "model.onnx").write_bytes(content)
    return folder
