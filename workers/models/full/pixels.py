"""Views to tensors: one copy into a batch, moved as bytes, normalised where the model runs."""

from collections.abc import Sequence

import numpy as np
import torch

from sightsong.core.models import Photo, Pixels, View
from workers.device import Device
from workers.media import views
from workers.models.scales import CLIP, Scale

_WHITE = 255.0


def batch(
    photos: Sequence[Photo], view: View, device: Device, *, scale: Scale = CLIP
) -> torch.Tensor:
    """Bring one view of each photo to the device; a view that a photo lacks is made now.

    Returns:
        As `tensor` does.
    """
    return tensor([views.view_of(photo, view) for photo in photos], device, scale=scale)


def tensor(squares: Sequence[Pixels], device: Device, *, scale: Scale) -> torch.Tensor:
    """Bring pixels to the device.

    They cross as bytes, a quarter of what floats would be, from memory that a GPU reads by itself.

    Args:
        squares: at least one; each uint8, (side, side, 3), RGB, all of one size.
        device: where the model runs.
        scale: the model's.

    Returns:
        The device's type, (n, 3, side, side), normalised; channels last in memory, as pixels are.
    """
    shape = (len(squares), *squares[0].shape)
    staged = torch.empty(shape, dtype=torch.uint8, pin_memory=device.is_cuda)
    np.stack(squares, out=staged.numpy())
    moved = staged.to(device.place, non_blocking=True).permute(0, 3, 1, 2)
    mean, deviation = (
        torch.tensor(values, device=device.place).mul_(_WHITE).view(3, 1, 1)
        for values in (scale.mean, scale.deviation)
    )
    return moved.to(torch.float32).sub_(mean).div_(deviation).to(device.dtype)
