"""A network as ONNX: one file, any number of pictures at once, nothing of this machine in it."""

import copy
import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import onnx
import torch
from torch import nn

from sightsong.adapters import disk
from training.errors import RunRefused
from training.trained import Trained

#: The first that has a word for GELU: OpenCV 4.14 crashes over the sum that it is before.
OPSET = 20
INPUT, OUTPUT = "pixel_values", "logits"
_CHANNELS = 3
#: What torch's exporter raises where it cannot follow a network.
_FAILURES = (torch.onnx.OnnxExporterError, RuntimeError, TypeError, ValueError)


class _Plain(nn.Module):  # type: ignore[misc] # torch is read as untyped
    """A network under the names that the file has."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.network(pixel_values)
        return logits


def write_onnx(trained: Trained, path: Path) -> None:
    """Write a network as ONNX, with the weights in the file; one that is there is replaced.

    Args:
        trained: its network has the temperature in its last layer, as `checkpoints.read` gives it.
        path: of the file.

    Raises:
        RunRefused: torch cannot express the network in ONNX.
    """
    with _quiet(), tempfile.TemporaryDirectory(dir=path.parent, prefix=".onnx-") as folder:
        raw = Path(folder) / path.name
        _export(trained, raw)
        model = onnx.load(raw)
    _tidy(model, trained)
    onnx.checker.check_model(model)
    temporary = path.with_name(f".{path.name}.part")
    disk.write_whole(path, temporary, [model.SerializeToString(deterministic=True)])


def _export(trained: Trained, path: Path) -> None:
    side = trained.input.side_px
    network = _Plain(_pooled_plainly(trained.network)).eval()
    example = torch.zeros(2, _CHANNELS, side, side)
    try:
        program = torch.onnx.export(
            network,
            (example,),
            dynamo=True,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes=({0: torch.export.Dim("n", min=1)},),
            external_data=False,
            verbose=False,
        )
        program.save(path, external_data=False)
    except _FAILURES as error:
        reason = str(error).strip().partition("\n")[0]
        raise RunRefused(f"torch cannot write this network as ONNX ({reason})") from error


def _pooled_plainly(network: nn.Module) -> nn.Module:
    """Copy a network to the CPU, with means over all places for poolings over more than all.

    EfficientNet pools over windows that are larger than what they look at, which OpenCV refuses.
    """
    copied = copy.deepcopy(network).to(device="cpu", dtype=torch.float32)
    for name, part in list(copied.named_modules()):
        if isinstance(part, nn.AvgPool2d) and part.ceil_mode:
            copied.set_submodule(name, nn.AdaptiveAvgPool2d(1))
    return copied


def _tidy(model: onnx.ModelProto, trained: Trained) -> None:
    """Leave out what the exporter notes of this machine's files, and say what the network takes."""
    graph: Any = model.graph
    for part in (*graph.node, *graph.value_info, *graph.initializer, *graph.input, *graph.output):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    for part in (model, graph):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    size = trained.input
    told = {
        "classes": ",".join(trained.classes),
        "affect": "valence,arousal before tanh" if trained.has_affect else "",
        "side_px": str(size.side_px),
        "mean": ",".join(map(str, size.mean)),
        "deviation": ",".join(map(str, size.deviation)),
        "grey": str(size.is_grey).lower(),
    }
    for name, value in told.items():
        model.metadata_props.add(key=name, value=value)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep to itself what the exporter says of its own insides."""
    told = logging.getLogger("torch.onnx"), logging.getLogger("onnxscript")
    levels = [one.level for one in told]
    for one in told:
        one.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for one, level in zip(told, levels, strict=True):
            one.setLevel(level)
