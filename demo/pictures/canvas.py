"""Noise, gradients and the darkroom shared by the pictures.

Colour is linear light, (height, width, 3), 0 is black and 1 is paper white; brighter
values are allowed until `develop` rolls them off, which is what makes lamps and suns glow.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

Field = NDArray[np.floating[Any]]
"""float32 where it is large; short intermediate results may be wider."""

Colour = tuple[float, float, float]

WIDTH, HEIGHT = 1200, 800
OVERSAMPLING = 2
"""Pictures are drawn this many times larger and averaged, against jagged edges."""

COLUMNS, ROWS = WIDTH * OVERSAMPLING, HEIGHT * OVERSAMPLING


def rays(*, horizon: float, width: float = 1.5) -> tuple[Field, Field]:
    """Return the slopes (right, up) of the ray through each pixel, the camera looking ahead.

    `horizon` is its place from the top (0 to 1); `width` the slope from edge to edge.
    """
    x = (np.arange(COLUMNS, dtype=np.float32) + 0.5) / COLUMNS - 0.5
    y = horizon - (np.arange(ROWS, dtype=np.float32) + 0.5) / ROWS
    right, up = np.meshgrid(x * width, y * width * HEIGHT / WIDTH)
    return right.astype(np.float32), up.astype(np.float32)


def fractal_noise(seed: int, *, size: int = 1024, roughness: float = 1.7) -> Field:
    """Return tileable cloud-like noise in [0, 1], evenly spread; larger `roughness` is smoother."""
    rng = np.random.default_rng(seed)
    fy, fx = np.meshgrid(np.fft.fftfreq(size), np.fft.rfftfreq(size), indexing="ij")
    frequency = np.hypot(fy, fx)
    frequency[0, 0] = np.inf
    spectrum = frequency**-roughness * np.exp(2j * np.pi * rng.random(frequency.shape))
    waves = np.fft.irfft2(spectrum, s=(size, size))
    waves /= waves.std()
    return (0.5 + 0.5 * np.tanh(waves * 0.9)).astype(np.float32)


def sample(noise: Field, x: Field, y: Field) -> Field:
    """Return tileable noise at (x, y), one tile per unit."""
    size = noise.shape[0]
    place = np.stack([y * size, x * size])
    found: Field = ndimage.map_coordinates(noise, place, order=1, mode="grid-wrap")
    return found


def smoothstep(low: float, high: float, x: Field) -> Field:
    """Return 0 below `low`, 1 above `high` and a smooth ramp between (either order)."""
    t: Field = np.clip((x - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def gradient(stops: Sequence[tuple[float, Colour]], t: Field) -> Field:
    """Return the colour at `t` of a gradient given by its (place, colour) stops."""
    places = [place for place, _ in stops]
    channels = [np.interp(t, places, [colour[i] for _, colour in stops]) for i in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)


def flat(colour: Colour) -> Field:
    """Return a colour that broadcasts over a picture."""
    return np.asarray(colour, dtype=np.float32)


def tint(amount: Field, colour: Colour) -> Field:
    """Return light of one colour, as strong as `amount`."""
    return amount[..., np.newaxis] * flat(colour)


def blend(under: Field, over: Field, amount: Field) -> Field:
    """Return `over` laid on `under` with the given opacity."""
    return under + (over - under) * amount[..., np.newaxis]


def cover(picture: Field, shape: Image.Image) -> Field:
    """Lay a drawn RGBA shape (sRGB, straight alpha) on a linear picture."""
    pixels = np.asarray(shape, dtype=np.float32) / 255.0
    return blend(picture, pixels[..., :3] ** np.float32(2.2), pixels[..., 3])


def transparent_sheet() -> Image.Image:
    """Return an empty RGBA sheet to draw on, of the drawing size."""
    return Image.new("RGBA", (COLUMNS, ROWS), (0, 0, 0, 0))


def blurred(picture: Field, radius: float) -> Field:
    """Return the picture out of focus; `radius` in final pixels."""
    sigma = (radius * OVERSAMPLING,) * 2 + (0.0,) * (picture.ndim - 2)
    soft: Field = ndimage.gaussian_filter(picture, sigma, truncate=3.0)
    return soft


def glowing(picture: Field, *, threshold: float = 0.8, strength: float = 0.35) -> Field:
    """Let bright places spill light over their surroundings, near and far."""
    # Blurring a smaller copy is as good and far cheaper.
    small = picture[::4, ::4]
    lamps = np.maximum(small - threshold, 0.0)
    halo = sum(
        weight * ndimage.gaussian_filter(lamps, (sigma, sigma, 0.0), truncate=3.0)
        for sigma, weight in ((3.0, 0.5), (10.0, 0.3), (36.0, 0.3))
    )
    wide: Field = ndimage.zoom(halo, (4, 4, 1), order=1, grid_mode=True, mode="nearest")
    return picture + strength * wide


def develop(
    picture: Field, *, exposure: float = 1.0, vignette: float = 0.25, seed: int = 0
) -> Image.Image:
    """Return the finished photo: averaged down, vignetted, toned to sRGB and grained."""
    small = picture.reshape(HEIGHT, OVERSAMPLING, WIDTH, OVERSAMPLING, 3).mean(axis=(1, 3))
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    small = small * (exposure * (1.0 - vignette * (x**2 + y**2) / 2.0))[..., np.newaxis]
    # The film curve: nearly straight in the shadows, a long shoulder in the lights.
    toned = (small * (2.51 * small + 0.03)) / (small * (2.43 * small + 0.59) + 0.14)
    grain = np.random.default_rng(seed).normal(0.0, 0.006, (HEIGHT, WIDTH, 1))
    levels = np.clip(np.clip(toned, 0.0, 1.0) ** (1 / 2.2) + grain, 0.0, 1.0)
    return Image.fromarray((levels * 255.0 + 0.5).astype(np.uint8))
