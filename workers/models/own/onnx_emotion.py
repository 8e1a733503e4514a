"""A classifier of the user's own as ONNX, for either profile: no torch here."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sightsong.adapters.weights.own import OwnClassifier, unusable
from sightsong.core.affect import EmotionReading
from sightsong.core.models import Photo, Pixels, View
from workers.models.own.card import card_of
from workers.models.own.onnx_file import check_onnx
from workers.models.own.outputs import read_outputs
from workers.models.own.preparation import read_preparation
from workers.models.own.sessions import Session

#: Photos in one pass on a CPU, and on a GPU.
_PART, _PART_CUDA = 16, 128
_WHITE = 255.0
#: How far logits may move with what else is in a batch, of their size: sums come in another order.
_MOST_DRIFT = 1e-3
#: How near to a whole rows must sum to be taken for shares.
_WHOLE = 1e-3


class OnnxEmotion:
    """Photo to emotion by a classifier trained on photos with shares of the emotions."""

    def __init__(self, found: OwnClassifier, *, device: str, threads: int) -> None:
        """Load the network and try it.

        Args:
            found: the classifier; it has a `model.onnx`.
            device: `auto`, `cpu`, `cuda` or `cuda:N`.
            threads: on the CPU; 0: one for each core.

        Raises:
            ConfigurationError: it is no classifier of the six emotions, or cannot run there.
        """
        self._outputs = read_outputs(found.config)
        self._prepare = read_preparation(found.folder)
        check_onnx(found.weights)
        self._session = Session(
            found.weights,
            side_px=self._prepare.crop_px,
            count=self._outputs.count,
            device=device,
            threads=threads,
        )
        self._try()
        self.views: tuple[View, ...] = (self._prepare.view,)
        runs_on = f"onnxruntime on {self._session.device}"
        self.card = card_of(found, self._outputs, runs_on=runs_on)

    @property
    def takes_cores(self) -> int:
        """How many cores it takes; a GPU takes none of them."""
        return 0 if self._session.is_cuda else self._session.threads

    def predict(self, photos: Sequence[Photo]) -> list[EmotionReading]:
        """Read the emotion of each photo."""
        most = self._session.most or (_PART_CUDA if self._session.is_cuda else _PART)
        parts = (photos[at : at + most] for at in range(0, len(photos), most))
        return [self._outputs.read(row) for part in parts for row in self._rows(part)]

    def _rows(self, photos: Sequence[Photo]) -> NDArray[np.float32]:
        return self._run(self._prepare.squares(photos))

    def _run(self, squares: Sequence[Pixels]) -> NDArray[np.float32]:
        """Run one batch; one that is smaller than the only size that fits is filled up."""
        count = len(squares)
        lacking = (self._session.most or count) - count
        filled = [*squares, *(squares[0] for _ in range(lacking))]
        pixels = np.stack(filled).astype(np.float32)
        scale = self._prepare.scale
        mean, deviation = (
            np.asarray(triple, dtype=np.float32) * np.float32(_WHITE)
            for triple in (scale.mean, scale.deviation)
        )
        batch = ((pixels - mean) / deviation).transpose(0, 3, 1, 2)
        return self._session.run(np.ascontiguousarray(batch))[:count]

    def _try(self) -> None:
        """Run the network on noise: what only shows when it runs is refused at the start.

        Raises:
            ConfigurationError: it gives no numbers, other ones when a photo has company, or shares
                in place of logits.
        """
        side = self._prepare.crop_px
        noise = np.random.default_rng(0).integers(0, 256, (2, side, side, 3), dtype=np.uint8)
        squares: list[Pixels] = [noise[0], noise[1] // 4]
        alone = np.concatenate([self._run([square]) for square in squares])
        together = alone if self._session.most == 1 else self._run(squares)
        if alone.shape != (len(squares), self._outputs.count):
            raise unusable(f"model.onnx gives {alone.shape[1:]} numbers for a photo")
        if not np.isfinite(alone).all():
            raise unusable("model.onnx gives numbers that are none (NaN or infinite)")
        if not np.allclose(alone, together, rtol=_MOST_DRIFT, atol=_MOST_DRIFT):
            raise unusable(
                "model.onnx reads a photo otherwise when there are others in its batch; export it "
                "in evaluation mode"
            )
        classes = alone[:, : len(self._outputs.classes)]
        if (classes >= 0).all() and np.allclose(classes.sum(axis=1), 1, atol=_WHOLE):
            raise unusable("model.onnx gives shares; export it without the softmax at its end")
