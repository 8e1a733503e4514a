"""Faces to what the networks take, varied while they learn: moved, lit, covered, made coarse.

Every number by chance is drawn from the generator that the loop gives, so a run can be repeated.
"""

import math
from dataclasses import dataclass

import torch
from torch.nn.functional import affine_grid, avg_pool2d, grid_sample, interpolate, pad

from workers.models.lite.greys import LEAST_SPREAD, MOST

_WHITE = 255.0
#: Longest side of a covered box, as a share of the square's.
_LONGEST_BOX, _SHORTEST_BOX = 0.6, 0.1


@dataclass(frozen=True, kw_only=True)
class Vary:
    """How far squares vary."""

    rotate_deg: float = 14.0
    scale: float = 0.16  #: Natural logarithm of the largest zoom, in or out.
    stretch: float = 0.06  #: The same of width against height.
    shift: float = 0.07  #: Share of the side.
    light: float = 0.4  #: Light that falls from one side: change from the middle to the edge.
    gamma: float = 0.3  #: Natural logarithm of the strongest gamma.
    cover: float = 0.3  #: Chance that a box is covered.
    coarse: float = 0.1  #: Chance of each: blurred, taken at half the size, with noise.
    noise: float = 0.25  #: Most noise, in standard deviations of the square.
    contrast: float = 0.0  #: Natural logarithm of the largest change; lost where standardised.
    brightness: float = 0.0  #: Largest change, as a share of white; lost where standardised.


@dataclass(frozen=True, kw_only=True)
class Prepare:
    """How a batch of squares becomes a batch for the network."""

    vary: Vary = Vary()
    window: int = 0  #: Only the middle of this side is taken, px; 0: all.
    is_standardised: bool = True  #: Else 0 .. 255 becomes -1 .. 1.

    def __call__(
        self, stored: torch.Tensor, generator: torch.Generator | None = None
    ) -> torch.Tensor:
        """Prepare one batch.

        Args:
            stored: uint8, (n, side, side), grey.
            generator: draws how each varies; None: as they are.

        Returns:
            float32, (n, 1, side, side), channels last in memory.
        """
        squares = stored.unsqueeze(1).to(torch.float32) / _WHITE
        if generator is not None:
            squares = _varied(squares, self.vary, _Draw(len(squares), generator))
        if self.window:
            beside = (squares.shape[-1] - self.window) // 2
            squares = squares[:, :, beside : beside + self.window, beside : beside + self.window]
        scaled = standardised(squares) if self.is_standardised else squares * 2 - 1
        return scaled.contiguous(memory_format=torch.channels_last)


def standardised(squares: torch.Tensor) -> torch.Tensor:
    """Do what `workers.models.lite.greys.standardised` does.

    Args:
        squares: float32, (n, 1, side, side), 0 .. 1.
    """
    middle = squares.mean(dim=(1, 2, 3), keepdim=True)
    spread = squares.std(dim=(1, 2, 3), keepdim=True, unbiased=False)
    return ((squares - middle) / spread.clamp_min(LEAST_SPREAD / _WHITE)).clamp(-MOST, MOST)


@dataclass(frozen=True)
class _Draw:
    """Numbers by chance, one for each square; float32, (n, 1, 1, 1)."""

    count: int
    generator: torch.Generator

    def share(self) -> torch.Tensor:
        return torch.rand(self.count, generator=self.generator).view(-1, 1, 1, 1)

    def within(self, most: float) -> torch.Tensor:
        return (self.share() * 2 - 1) * most

    def noise(self, squares: torch.Tensor) -> torch.Tensor:
        return torch.randn(squares.shape, generator=self.generator)


def _varied(squares: torch.Tensor, vary: Vary, draw: _Draw) -> torch.Tensor:
    moved = _moved(squares, vary, draw)
    lit = _lit(_coarse(moved, vary, draw), vary, draw)
    return _covered(lit, vary, draw)


def _moved(squares: torch.Tensor, vary: Vary, draw: _Draw) -> torch.Tensor:
    """Mirror half of them; turn, zoom, stretch and move each."""
    mirror = 1 - 2 * (draw.share() < 1 / 2).float()
    angle = draw.within(math.radians(vary.rotate_deg))
    zoom, wide = draw.within(vary.scale).exp(), draw.within(vary.stretch).exp()
    theta = torch.zeros(len(squares), 2, 3)
    for (row, column), value in {
        (0, 0): angle.cos() / zoom * wide * mirror,
        (0, 1): -angle.sin() / zoom,
        (1, 0): angle.sin() / zoom * mirror,
        (1, 1): angle.cos() / zoom / wide,
        (0, 2): draw.within(vary.shift * 2),  # the grid is 2 wide
        (1, 2): draw.within(vary.shift * 2),
    }.items():
        theta[:, row, column] = value.flatten()
    grid = affine_grid(theta, list(squares.shape), align_corners=False)
    return grid_sample(squares, grid, padding_mode="reflection", align_corners=False)


def _coarse(squares: torch.Tensor, vary: Vary, draw: _Draw) -> torch.Tensor:
    """Blur some, take some at half the size, add noise to some: photos differ in all three."""
    side = squares.shape[-1]
    blurred = avg_pool2d(pad(squares, (1, 1, 1, 1), mode="replicate"), 3, 1)
    squares = torch.where(draw.share() < vary.coarse, blurred, squares)
    half = interpolate(avg_pool2d(squares, 2), (side, side), mode="bilinear", align_corners=False)
    squares = torch.where(draw.share() < vary.coarse, half, squares)
    spread = squares.std(dim=(1, 2, 3), keepdim=True)
    strength = draw.share() * vary.noise * (draw.share() < vary.coarse)
    return squares + draw.noise(squares) * spread * strength


def _lit(squares: torch.Tensor, vary: Vary, draw: _Draw) -> torch.Tensor:
    """Change the tones of each by a gamma, and its light from side to side and up to down."""
    dark, light = (torch.amin(squares, (1, 2, 3), True), torch.amax(squares, (1, 2, 3), True))
    tones = ((squares - dark) / (light - dark).clamp_min(1 / _WHITE)).clamp(0, 1)
    toned = dark + (light - dark) * tones.clamp_min(1e-4) ** draw.within(vary.gamma).exp()
    slope = torch.linspace(-1, 1, squares.shape[-1])
    across, down = draw.within(vary.light), draw.within(vary.light)
    lit = toned * (1 + across * slope.view(1, 1, 1, -1) + down * slope.view(1, 1, -1, 1))
    if not vary.contrast and not vary.brightness:
        return lit
    middle = lit.mean(dim=(1, 2, 3), keepdim=True)
    harder = (lit - middle) * draw.within(vary.contrast).exp()
    return (harder + middle + draw.within(vary.brightness)).clamp(0, 1)


def _covered(squares: torch.Tensor, vary: Vary, draw: _Draw) -> torch.Tensor:
    """Put a box of some grey over some of them."""
    along = torch.linspace(0, 1, squares.shape[-1])
    longest, shortest = _LONGEST_BOX / 2, _SHORTEST_BOX / 2
    half = [shortest + draw.share() * (longest - shortest) for _ in range(2)]
    in_x = (along.view(1, 1, 1, -1) - draw.share()).abs() < half[0]
    in_y = (along.view(1, 1, -1, 1) - draw.share()).abs() < half[1]
    chosen = draw.share() < vary.cover
    return torch.where(chosen & in_x & in_y, draw.share().expand_as(squares), squares)
