"""What a frozen trunk makes of pictures, computed once: only the head is learned from it.

Each picture is kept in several views: as it is, and varied. An epoch draws one view of each.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from training.fitting import stepping
from training.fitting.augmenting import Prepare
from training.fitting.examples import Examples
from training.fitting.places import Place

Told = Callable[[int, int], None]
_BATCH = 32
_WITH_VIEWS = 3  #: Dimensions of features that are kept in several views.


@dataclass(frozen=True, kw_only=True)
class DrawView:
    """Takes one view of each example: any while learning, else the first, which is as it is."""

    def __call__(
        self, stored: torch.Tensor, generator: torch.Generator | None = None
    ) -> torch.Tensor:
        """Take features, float32, (n, d), from (n, views, d) or (n, d)."""
        if stored.dim() < _WITH_VIEWS:
            return stored
        if generator is None:
            return stored[:, 0]
        count, views = stored.shape[:2]
        drawn = torch.randint(views, (count,), device=stored.device, generator=generator)
        return stored[torch.arange(count, device=stored.device), drawn]


def features(
    trunk: nn.Module,
    examples: Examples,
    prepare: Prepare,
    *,
    place: Place,
    seed: int | None,
    told: Told = lambda _done, _total: None,
) -> Examples:
    """Let a trunk see every picture, in each of its views.

    Args:
        trunk: pictures to features.
        examples: pictures.
        prepare: how they are scaled and varied; its augmentation says how many views.
        place: where the trunk runs; in its arithmetic.
        seed: of the views; None: only as they are.
        told: hears how many pictures are seen, of how many.

    Returns:
        The same examples, with features for inputs: float32, (n, views, d).
    """
    trunk.to(place.device, memory_format=torch.channels_last).eval()
    views = 1 if seed is None else prepare.augment.views
    generator = torch.Generator(place.device).manual_seed(seed or 0)
    rows = []
    with torch.inference_mode(), place.arithmetic():
        for begin in range(0, len(examples), _BATCH):
            chosen = np.arange(begin, min(begin + _BATCH, len(examples)))
            stored = stepping.batch_of(examples, chosen, place).inputs
            seen = [
                trunk(prepare(stored, generator if view else None)).float().cpu().numpy()
                for view in range(views)
            ]
            rows.append(np.stack(seen, axis=1))
            told(int(chosen[-1]) + 1, len(examples))
    trunk.to("cpu", memory_format=torch.contiguous_format)
    return replace(examples, inputs=np.concatenate(rows))
