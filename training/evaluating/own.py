"""Classifiers of one's own: the folder that `train emotion` writes, by torch or by onnxruntime."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightsong.core.errors import ConfigurationError, TaskFailed
from sightsong.core.models import Filter, Fit, Pixels, View
from training.errors import RunRefused
from training.evaluating.described import Described, describe
from training.evaluating.reads import BATCH, Reads
from training.measuring.predictions import Reading, softmax
from training.trained import ONNX, WEIGHTS, Input
from workers.media.views import make_view

#: Scaled pictures, float32 (n, 3, side, side), to logits, float32 (n, k).
Network = Callable[[NDArray[np.float32]], NDArray[np.floating]]

_LUMA = (0.299, 0.587, 0.114)  #: Of ITU-R BT.601, as Pillow and the trainer have it.
_WHITE = 255.0
_REVISION_LETTERS = 12


class Runtime(StrEnum):
    """What runs a classifier."""

    AUTO = "auto"  #: torch where there are weights for it, else onnxruntime.
    TORCH = "torch"
    ONNX = "onnx"


def open_own(folder: Path, runtime: Runtime = Runtime.AUTO) -> Reads:
    """Open the classifier of a folder.

    Raises:
        RunRefused: it holds none that can be read, or not for this runtime.
    """
    described = describe(folder)
    wanted = _choose(folder, runtime)
    network = _torch(folder) if wanted is Runtime.TORCH else _onnx(folder / ONNX, described)
    return Own(folder, described, network, runtime=wanted)


class Own:
    """A classifier of one's own."""

    def __init__(
        self, folder: Path, described: Described, network: Network, *, runtime: Runtime
    ) -> None:
        self._described, self._network = described, network
        named = folder.parent if folder.name == "best" else folder
        self.name = named.resolve().name
        self.classes = described.classes
        self.facts: Mapping[str, str] = {
            "architecture": described.architecture,
            "classes": ", ".join(described.classes) or "none",
            "input": _words(described.input),
            "temperature": _temperature(described),
            "runtime": str(runtime),
            "weights": _revision(folder / (ONNX if runtime is Runtime.ONNX else WEIGHTS)),
        }

    def read(self, pictures: Sequence[Pixels]) -> Reading:
        """Read pictures.

        Raises:
            RunRefused: the network answers what are no logits.
        """
        described = self._described
        batch = prepare(pictures, described.input)
        logits = np.asarray(self._network(batch), dtype=np.float64)
        shape = (len(pictures), described.outputs)
        if logits.shape != shape or not np.isfinite(logits).all():
            raise RunRefused(
                f"{self.name} answers {logits.shape}, not {shape} numbers, or not a number at all"
            )
        count = len(described.classes)
        return Reading(
            classes=described.classes,
            shares=softmax(logits[:, :count]) if count else None,
            affect=np.tanh(logits[:, count:]) if described.has_affect else None,
        )


def prepare(pictures: Sequence[Pixels], wanted: Input) -> NDArray[np.float32]:
    """Prepare pictures as a worker does: squares of the whole, scaled.

    Returns:
        float32, (n, 3, side, side).
    """
    view = View(side_px=wanted.side_px, fit=Fit.SQUASH, filter=Filter.BILINEAR)
    squares = np.stack([make_view(picture, view) for picture in pictures]) / np.float32(_WHITE)
    if wanted.is_grey:
        luma = squares @ np.array(_LUMA, dtype=np.float32)
        squares = np.repeat(luma[..., None], 3, axis=3)
    scaled = (squares - np.array(wanted.mean)) / np.array(wanted.deviation)
    return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2), dtype=np.float32)


def _choose(folder: Path, runtime: Runtime) -> Runtime:
    there = {Runtime.TORCH: (folder / WEIGHTS).is_file(), Runtime.ONNX: (folder / ONNX).is_file()}
    wanted = next((one for one, found in there.items() if found), None)
    if runtime is not Runtime.AUTO:
        wanted = runtime if there[runtime] else None
    if wanted is None:
        needed = {Runtime.TORCH: WEIGHTS, Runtime.ONNX: ONNX}.get(runtime, f"{WEIGHTS} or {ONNX}")
        raise RunRefused(f"{folder} holds no {needed}")
    return wanted


def _torch(folder: Path) -> Network:
    # Only where it is asked for: ONNX and the lite models are evaluated without torch.
    import torch  # noqa: PLC0415

    from training.fitting import checkpoints  # noqa: PLC0415

    network = checkpoints.read(folder).network.eval()

    def run(batch: NDArray[np.float32]) -> NDArray[np.floating]:
        with torch.inference_mode():
            logits: NDArray[np.floating] = network(torch.from_numpy(batch)).float().numpy()
        return logits

    return run


def _onnx(path: Path, described: Described) -> Network:
    # The worker's own session: what is measured is what will answer.
    from workers.models.own.onnx_file import check_onnx  # noqa: PLC0415 - onnxruntime may be absent
    from workers.models.own.sessions import Session  # noqa: PLC0415

    try:
        check_onnx(path)
        side_px, count = described.input.side_px, described.outputs
        session = Session(path, side_px=side_px, count=count, device="cpu", threads=0)
    except ConfigurationError as error:
        raise RunRefused(f"{path} cannot be used: {error.detail}") from error
    most = session.most or BATCH

    def run(batch: NDArray[np.float32]) -> NDArray[np.floating]:
        starts = range(0, len(batch), most)
        try:
            return np.concatenate([session.run(batch[at : at + most]) for at in starts])
        except TaskFailed as error:
            raise RunRefused(f"{path} cannot be run: {error.detail}") from error

    return run


def _words(taken: Input) -> str:
    return f"{taken.side_px} x {taken.side_px} px, {'grey' if taken.is_grey else 'RGB'}"


def _temperature(described: Described) -> str:
    if described.temperature is None:
        return "not told"
    return f"{described.temperature:.3f}, fitted on the valid part, in the weights already"


def _revision(path: Path) -> str:
    """Name the bytes of the weights: the first letters of their SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:_REVISION_LETTERS]
