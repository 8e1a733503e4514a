"""The face networks become ONNX that OpenCV runs, and answers as torch does."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed; run `./run install train`")
onnx = pytest.importorskip("onnx", reason="onnx is not installed; run `./run install train`")

from training.lite.faces import graph  # noqa: E402 - after the words of what is missing
from training.lite.faces.networks import Residual, Shape, Stage, Stem  # noqa: E402
from workers.models.lite.networks import Network  # noqa: E402

SHAPES = {
    "halved at once": Shape(
        stem=Stem(width=6, kernel=5, stride=2),
        stages=(Stage(width=6), Stage(width=8, stride=2)),
        outputs=7,
    ),
    "thirded": Shape(stem=Stem(width=4, kernel=7, stride=3), stages=(Stage(width=8),), outputs=1),
}


def stirred(shape: Shape) -> Residual:
    """A network as after training: norms that scale and shift, and no block that does nothing."""
    torch.manual_seed(3)
    network = Residual(shape).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, std=0.2)
            torch.nn.init.normal_(module.running_mean, std=0.2)
            torch.nn.init.uniform_(module.running_var, 0.5, 2.0)
    return network


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_opencv_answers_as_torch_does_up_to_the_rounding_of_the_weights(shape, tmp_path):
    network = stirred(shape)
    graph.write(network, tmp_path / "network.onnx", side=48)
    squares = torch.randn(5, 1, 48, 48, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        told = network(squares).numpy()
    read = Network(tmp_path / "network.onnx").run(squares.numpy())
    assert read.shape == told.shape
    assert np.abs(read - told).max() < 0.01 * np.abs(told).max()


def test_the_same_weights_give_the_same_bytes():
    shape = SHAPES["thirded"]
    one, other = (graph.model_of(stirred(shape), side=48) for _ in range(2))
    assert one.SerializeToString() == other.SerializeToString()


def test_the_file_holds_convolutions_in_half_precision_and_nothing_unusual():
    model = graph.model_of(stirred(SHAPES["halved at once"]), side=48)
    kinds = {node.op_type for node in model.graph.node}
    assert kinds <= {
        *("Conv", "Relu", "Add", "AveragePool", "Cast", "GlobalAveragePool", "Flatten", "Gemm"),
    }
    halved = [held for held in model.graph.initializer if len(held.dims) > 1]
    assert {held.data_type for held in halved} == {onnx.TensorProto.FLOAT16}
    assert [entry.version for entry in model.opset_import] == [13]
