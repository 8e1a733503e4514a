"""A session of onnxruntime for a classifier: on which device, and that its shapes fit."""

import os
from pathlib import Path

import numpy as np
import onnxruntime
import structlog
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as states

from sightsong.adapters.weights.own import unusable
from sightsong.core.errors import ConfigurationError, TaskFailed

log = structlog.get_logger()

_CUDA, _CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
#: Only what makes a session fail is written to standard error, and told here anyway.
_SILENT = 4
#: Rank of a batch of pictures, and of a batch of rows.
_PICTURES, _ROWS = 4, 2
_CHANNELS = 3

#: What onnxruntime raises; these classes have no parent of their own.
FAILURES: tuple[type[Exception], ...] = (
    states.EPFail,
    states.Fail,
    states.InvalidArgument,
    states.InvalidGraph,
    states.InvalidProtobuf,
    states.NoModel,
    states.NoSuchFile,
    states.NotImplemented,
    states.RuntimeException,
    RuntimeError,
    ValueError,
    MemoryError,
)


class Session:
    """A network: squares of pixels in, a row for each out."""

    def __init__(self, path: Path, *, side_px: int, count: int, device: str, threads: int) -> None:
        """Load a network, and see that it takes and gives what is expected.

        Args:
            path: of a file that `check_onnx` has let pass.
            side_px: of the squares that it is to take.
            count: numbers that it is to give for each.
            device: `auto` (a GPU where onnxruntime has one), `cpu`, `cuda` or `cuda:N`.
            threads: on the CPU; 0: one for each core.

        Raises:
            ConfigurationError: the device is not there, or the network is not such.
        """
        self.threads = threads or len(os.sched_getaffinity(0))
        self._session = _open(path, device, self.threads)
        self.is_cuda = _CUDA in self._session.get_providers()
        self.device = _name(device) if self.is_cuda else "cpu"
        self._input, self._output, self.most = _interface(self._session, side_px, count)

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run a batch of at most `most`.

        Args:
            batch: float32, (n, 3, side, side).

        Returns:
            float32, (n, count).

        Raises:
            TaskFailed: the runtime has failed; retried.
        """
        try:
            [rows] = self._session.run([self._output], {self._input: batch})
        except FAILURES as error:
            raise TaskFailed("the emotion classifier has failed (onnxruntime)") from error
        return np.asarray(rows, dtype=np.float32)


def _open(path: Path, device: str, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _SILENT
    # Threads that wait for work must not take the cores that photos and tracks are decoded on.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    providers = _providers(device)
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=providers)
    except FAILURES as error:
        reason = str(error).strip().partition("\n")[0][-200:]
        raise unusable(f"onnxruntime cannot run {path.name} ({reason})") from error
    if len(providers) > 1 and _CUDA not in session.get_providers():
        _refuse_cpu(device)
    return session


def _providers(device: str) -> list[str | tuple[str, dict[str, str]]]:
    if device == "cpu":
        return [_CPU]
    if _CUDA in onnxruntime.get_available_providers():
        return [(_CUDA, {"device_id": _name(device).partition(":")[2]}), _CPU]
    if device != "auto":
        _refuse_cpu(device)
    return [_CPU]


def _refuse_cpu(device: str) -> None:
    """Let a device that was named not be another; only `auto` falls back to the CPU.

    Raises:
        ConfigurationError: one was named.
    """
    if device != "auto":
        raise ConfigurationError(
            f"SIGHTSONG_DEVICE: onnxruntime cannot use {device} here; install onnxruntime-gpu in "
            "place of onnxruntime, or set it to cpu or auto"
        )
    log.warning("classifier.on_cpu", reason="onnxruntime cannot use the GPU that it names")


def _name(device: str) -> str:
    return device if ":" in device else "cuda:0"


def _interface(
    session: onnxruntime.InferenceSession, side_px: int, count: int
) -> tuple[str, str, int | None]:
    """Find the names of input and output, and how many pictures go in at once (None: any number).

    Raises:
        ConfigurationError: there are others, or of other shapes.
    """
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if len(inputs) != 1 or len(outputs) != 1:
        raise unusable(
            f"model.onnx has {len(inputs)} inputs and {len(outputs)} outputs; it must have one of "
            "each: pixels, and logits"
        )
    taken, given = inputs[0], outputs[0]
    if taken.type != "tensor(float)" or not _fits(
        taken.shape[1:], (_CHANNELS, side_px, side_px), rank=_PICTURES, shape=taken.shape
    ):
        raise unusable(
            f"model.onnx takes {taken.type} of {taken.shape}; it must take float of "
            f"(n, {_CHANNELS}, {side_px}, {side_px}), as preprocessor_config.json says"
        )
    if not _fits(given.shape[1:], (count,), rank=_ROWS, shape=given.shape):
        raise unusable(
            f"model.onnx gives {given.type} of {given.shape}; id2label names {count} outputs"
        )
    most = taken.shape[0]
    return taken.name, given.name, most if isinstance(most, int) and most > 0 else None


def _fits(found: list[object], wanted: tuple[int, ...], *, rank: int, shape: list[object]) -> bool:
    """Whether sizes are as wanted, or left open (a name, or nothing)."""
    return len(shape) == rank and all(
        not isinstance(one, int) or one == other for one, other in zip(found, wanted, strict=True)
    )
