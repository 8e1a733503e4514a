"""Pictures to what a network takes, varied while it learns: whole batches, on the network's device.

One turn of the affine kind does all of moving, turning, mirroring and resizing, so that pixels are
mixed once.
"""

import math
from dataclasses import dataclass

import torch
from torch.nn.functional import affine_grid, grid_sample, interpolate

from training.plans import STILL, Augment
from training.trained import Input

_WHITE = 255.0
#: Luma of ITU-R BT.601, as Pillow turns RGB into grey.
_LUMA = (0.299, 0.587, 0.114)
#: Longest side of an erased box, as a share of the picture's.
_LONGEST_BOX = 1 / 3


@dataclass(frozen=True, kw_only=True)
class Prepare:
    """How a batch of stored inputs becomes a batch for the network."""

    input: Input
    augment: Augment = STILL

    def __call__(
        self, stored: torch.Tensor, generator: torch.Generator | None = None
    ) -> torch.Tensor:
        """Prepare one batch.

        Args:
            stored: uint8, (n, h, w) grey or (n, h, w, 3) RGB.
            generator: draws how each varies; on the tensor's device. None: as they are.

        Returns:
            float32, (n, 3, side, side), scaled as the input says, channels last in memory.
        """
        pixels = _planes(stored, is_grey=self.input.is_grey)
        if generator is None:
            pixels = _resized(pixels, self.input.side_px)
        else:
            pixels = self._varied(pixels, generator)
        mean, deviation = (
            torch.tensor(values, device=stored.device).view(1, 3, 1, 1)
            for values in (self.input.mean, self.input.deviation)
        )
        if self.input.is_grey:  # the same three times: scaled once
            scaled = (pixels - mean[:, :1]) / deviation[:, :1]
            return scaled.expand(-1, 3, -1, -1)
        return ((pixels - mean) / deviation).contiguous(memory_format=torch.channels_last)

    def _varied(self, pixels: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        draw = _Draw(len(pixels), pixels.device, generator)
        pixels = _moved(pixels, self.augment, self.input.side_px, draw)
        if self.augment.light:
            pixels = _lit(pixels, self.augment.light, draw)
        if self.augment.erase:
            pixels = _erased(pixels, self.augment.erase, draw)
        return pixels


@dataclass(frozen=True)
class _Draw:
    """Numbers by chance, one for each picture."""

    count: int
    device: torch.device
    generator: torch.Generator

    def within(self, most: float) -> torch.Tensor:
        """Evenly from -most .. most; float32, (n,)."""
        return (self.share() * 2 - 1) * most

    def share(self) -> torch.Tensor:
        """Evenly from 0 .. 1; float32, (n,)."""
        return torch.rand(self.count, device=self.device, generator=self.generator)


def _planes(stored: torch.Tensor, *, is_grey: bool) -> torch.Tensor:
    """To float32, (n, channels, h, w) in 0 .. 1; one channel where the network sees grey."""
    is_flat = stored.dim() == 3  # noqa: PLR2004 - n, h, w
    pixels = stored.unsqueeze(1) if is_flat else stored.permute(0, 3, 1, 2)
    pixels = pixels.to(torch.float32) / _WHITE
    if is_flat:
        return pixels if is_grey else pixels.expand(-1, 3, -1, -1)
    if not is_grey:
        return pixels
    luma = torch.tensor(_LUMA, device=stored.device).view(1, 3, 1, 1)
    return (pixels * luma).sum(dim=1, keepdim=True)


def _resized(pixels: torch.Tensor, side: int) -> torch.Tensor:
    if pixels.shape[-2:] == (side, side):
        return pixels
    return interpolate(pixels, (side, side), mode="bilinear", antialias=True)


def _moved(pixels: torch.Tensor, augment: Augment, side: int, draw: _Draw) -> torch.Tensor:
    """Mirror, turn, size and move each."""
    chance = 0.5 if augment.flip else 0.0
    mirror = 1 - 2 * (draw.share() < chance).float()
    if not (augment.shift or augment.scale or augment.rotate_deg):
        pixels = _resized(pixels, side)
        return torch.where(mirror.view(-1, 1, 1, 1) < 0, pixels.flip(-1), pixels)
    angle = draw.within(math.radians(augment.rotate_deg))
    size = 1 + draw.within(augment.scale)
    theta = torch.zeros(len(pixels), 2, 3, device=pixels.device)
    theta[:, 0, 0] = angle.cos() * size * mirror
    theta[:, 0, 1] = -angle.sin() * size
    theta[:, 1, 0] = angle.sin() * size * mirror
    theta[:, 1, 1] = angle.cos() * size
    theta[:, 0, 2] = draw.within(augment.shift * 2)  # the grid is 2 wide
    theta[:, 1, 2] = draw.within(augment.shift * 2)
    grid = affine_grid(theta, [len(pixels), pixels.shape[1], side, side], align_corners=False)
    return grid_sample(pixels, grid, padding_mode="reflection", align_corners=False)


def _lit(pixels: torch.Tensor, most: float, draw: _Draw) -> torch.Tensor:
    """Change brightness and contrast of each."""
    brighter, harder = (1 + draw.within(most).view(-1, 1, 1, 1) for _ in range(2))
    middle = pixels.mean(dim=(1, 2, 3), keepdim=True)
    return ((pixels - middle) * harder + middle * brighter).clamp(0, 1)


def _erased(pixels: torch.Tensor, chance: float, draw: _Draw) -> torch.Tensor:
    """Put a box of the picture's mean over some."""
    height, width = pixels.shape[-2:]
    across = torch.linspace(0, 1, width, device=pixels.device)
    down = torch.linspace(0, 1, height, device=pixels.device)
    half = draw.share() * (_LONGEST_BOX / 2), draw.share() * (_LONGEST_BOX / 2)
    in_x = (across - draw.share().unsqueeze(1)).abs() < half[0].unsqueeze(1)
    in_y = (down - draw.share().unsqueeze(1)).abs() < half[1].unsqueeze(1)
    chosen = (draw.share() < chance).view(-1, 1, 1, 1)
    box = chosen & in_y[:, None, :, None] & in_x[:, None, None, :]
    return torch.where(box, pixels.mean(dim=(2, 3), keepdim=True), pixels)
