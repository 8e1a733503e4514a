"""Whether an ONNX file says what torch says."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from sightsong.core.errors import SightsongError
from training.errors import RunRefused
from training.trained import Trained
from workers.models.own.onnx_file import check_onnx
from workers.models.own.sessions import Session

#: Farthest that a logit may be from torch's: of 1, or of the largest logit where that is more.
MOST = 1e-4
#: Pictures in a batch; one is what the exporter did not see.
_BATCHES = (1, 3)
_SEED = 0


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How near a file is to torch, over all logits of the pictures that both were given."""

    farthest: float  #: Largest difference.
    largest: float  #: Largest logit of torch, without its sign.

    @property
    def is_good(self) -> bool:
        """Whether it is within `MOST`."""
        return self.farthest <= MOST * max(1.0, self.largest)


def compare(trained: Trained, path: Path) -> Agreement:
    """Run noise, and a picture of one colour, through both.

    Raises:
        RunRefused: a worker would refuse the file, or the two differ.
    """
    batches = [_pictures(count, trained.input.side_px) for count in _BATCHES]
    try:
        check_onnx(path)
        session = Session(
            path,
            side_px=trained.input.side_px,
            count=outputs_of(trained),
            device="cpu",
            threads=1,
        )
        found = [session.run(batch) for batch in batches]
    except SightsongError as error:
        raise RunRefused(f"{path} cannot be run ({error.detail})") from error
    network = trained.network.eval()
    with torch.inference_mode():
        wanted = [network(torch.from_numpy(batch)).float().numpy() for batch in batches]
    agreement = Agreement(
        farthest=max(float(np.abs(a - b).max()) for a, b in zip(found, wanted, strict=True)),
        largest=max(float(np.abs(b).max()) for b in wanted),
    )
    if not agreement.is_good:
        raise RunRefused(f"{path} gives logits that are {agreement.farthest:.2g} off torch's")
    return agreement


def outputs_of(trained: Trained) -> int:
    """How many numbers a network gives for a picture."""
    return len(trained.classes) + 2 * trained.has_affect


def _pictures(count: int, side_px: int) -> NDArray[np.float32]:
    """Scaled pixels: float32, (count, 3, side, side), within three deviations; the last all one."""
    random = np.random.default_rng(_SEED)
    pictures = random.uniform(-3, 3, (count, 3, side_px, side_px)).astype(np.float32)
    if count > 1:
        pictures[-1] = 1.0
    return pictures
