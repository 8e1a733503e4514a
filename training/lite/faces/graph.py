"""A trained network as ONNX: norms folded into the convolutions, weights of 16 bits.

It is written node by node, so that it holds nothing but what OpenCV 4.10 and later read, and the
same weights give the same bytes.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from training.lite.faces.networks import Block, Residual, Sliding

#: Old enough for OpenCV 4.10.
_OPSET, _IR = 13, 8
INPUT, OUTPUT = "squares", "logits"

Floats = NDArray[np.float32]


def write(network: Residual | Sliding, path: Path, *, side: int | None = None) -> None:
    """Write a network in evaluation mode; its weights are rounded to 16 bits.

    Args:
        network: of either kind.
        path: where to.
        side: of the squares that it takes; None: photos of any size.
    """
    path.write_bytes(model_of(network, side=side).SerializeToString())


def model_of(network: Residual | Sliding, *, side: int | None = None) -> onnx.ModelProto:
    """Build and check the ONNX model."""
    graph = _Graph()
    if isinstance(network, Residual):
        outputs = _residual(graph, network)
    else:
        outputs = _sliding(graph, network)
    size = ["height", "width"] if side is None else [side, side]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "faces",
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["n", 1, *size])],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", *outputs])],
            graph.held,
        ),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR,
    )
    onnx.checker.check_model(model)
    return model


def _residual(graph: "_Graph", network: Residual) -> list[int | str]:
    maps = graph.node("Relu", graph.convolved(INPUT, network.stem))
    for block in network.blocks:
        maps = _block(graph, maps, block)
    means = graph.node("Flatten", graph.node("GlobalAveragePool", maps))
    head = network.head
    weights = graph.halved(_floats(head.weight)), graph.whole(_floats(head.bias))
    graph.nodes.append(helper.make_node("Gemm", [means, *weights], [OUTPUT], transB=1))
    return [head.out_features]


def _sliding(graph: "_Graph", network: Sliding) -> list[int | str]:
    maps = INPUT
    for layer in network.layers:
        maps = graph.node("Relu", graph.convolved(maps, layer))
    head = network.head
    weights = graph.halved(_floats(head.weight)), graph.whole(_floats(head.bias))
    graph.nodes.append(helper.make_node("Conv", [maps, *weights], [OUTPUT], kernel_shape=[1, 1]))
    return [1, "rows", "columns"]


def _block(graph: "_Graph", maps: str, block: Block) -> str:
    changed = graph.node("Relu", graph.convolved(maps, block.first))
    changed = graph.convolved(changed, block.second)
    beside = maps
    if block.is_halved:
        beside = graph.node("AveragePool", maps, kernel_shape=[2, 2], strides=[2, 2])
    if block.shortcut is not None:
        beside = graph.convolved(beside, block.shortcut)
    return graph.node("Relu", graph.node("Add", changed, beside))


class _Graph:
    """Nodes and what they hold, in the order in which they are added."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.held: list[onnx.TensorProto] = []

    def node(self, kind: str, *inputs: str, **settings: Sequence[int] | int) -> str:
        output = f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **settings))
        return output

    def whole(self, values: Floats) -> str:
        return self._hold(values)

    def halved(self, values: Floats) -> str:
        """Hold values in 16 bits; a node brings them back to 32."""
        return self.node("Cast", self._hold(values.astype(np.float16)), to=TensorProto.FLOAT)

    def convolved(self, maps: str, convolution: nn.Sequential) -> str:
        layer, norm = convolution
        weights, bias = _folded(layer, norm)
        kernel, stride, border = layer.kernel_size[0], layer.stride[0], layer.padding[0]
        return self.node(
            "Conv",
            *(maps, self.halved(weights), self.whole(bias)),
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            pads=[border] * 4,
        )

    def _hold(self, values: NDArray[np.floating]) -> str:
        name = f"held{len(self.held)}"
        self.held.append(numpy_helper.from_array(values, name))
        return name


def _folded(layer: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[Floats, Floats]:
    """Fold a norm, as it stands in evaluation mode, into the convolution before it."""
    scale = _floats(norm.weight) / np.sqrt(_floats(norm.running_var) + np.float32(norm.eps))
    weights = _floats(layer.weight) * scale[:, np.newaxis, np.newaxis, np.newaxis]
    return weights, _floats(norm.bias) - _floats(norm.running_mean) * scale


def _floats(tensor: object) -> Floats:
    """A tensor's numbers, float32; without its gradient."""
    values: Floats = tensor.detach().cpu().numpy().astype(np.float32)  # type: ignore[attr-defined]
    return values
