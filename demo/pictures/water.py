"""A sea seen by rays: waves tilt the surface, and each pixel looks up what it mirrors."""

from collections.abc import Callable

import numpy as np

from demo.pictures.canvas import Colour, Field, flat

Sky = Callable[[Field, Field], Field]
"""The colour of the sky in a direction given by its slopes (right, up), up > 0."""

_WAVES = 42


def sea(
    right: Field, up: Field, sky: Sky, *, deep: Colour, steepness: float, seed: int
) -> tuple[Field, Field]:
    """Return the colour of the sea for rays that point down, and the height of its waves.

    The eye is one unit above the water, `steepness` the slope of the waves.
    """
    distance = 1.0 / np.maximum(-up, 1e-3)
    slope_x, slope_z, height = _slopes(right * distance, distance, steepness, seed)
    mirrored_right, mirrored_up, facing = _mirrored(right, up, slope_x, slope_z)
    fresnel = 0.03 + 0.97 * (1.0 - facing) ** 5
    colour = flat(deep) * (0.6 + 0.8 * np.clip(0.5 + height, 0.0, 1.5))[..., np.newaxis]
    return colour + fresnel[..., np.newaxis] * (sky(mirrored_right, mirrored_up) - colour), height


def _slopes(x: Field, z: Field, steepness: float, seed: int) -> tuple[Field, Field, Field]:
    """Return the surface slopes and height of many waves, longest first, at places (x, z)."""
    rng = np.random.default_rng(seed)
    slope_x, slope_z, height = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    footprint = 0.0012 * z * np.sqrt(z)  # what one pixel covers; it smooths away shorter waves
    for length in np.geomspace(3.0, 0.045, _WAVES):
        angle = rng.normal(0.0, 0.75)
        sin, cos = np.float32(np.sin(angle)), np.float32(np.cos(angle))
        turns = (x * sin + z * cos) / np.float32(length) + np.float32(rng.random())
        phase = np.float32(2 * np.pi) * turns
        seen = np.exp(-((footprint / np.float32(length)) ** 2)) * np.float32(
            steepness / np.sqrt(_WAVES)
        )
        # A pinch of the second harmonic sharpens the crests.
        tilt = seen * (np.cos(phase) + 0.35 * np.cos(2 * phase))
        slope_x += sin * tilt
        slope_z += cos * tilt
        height += seen * np.sin(phase)
    return slope_x, slope_z, height


def _mirrored(
    right: Field, up: Field, slope_x: Field, slope_z: Field
) -> tuple[Field, Field, Field]:
    """Return the slopes of the mirrored ray and the cosine between ray and surface."""
    square = 1.0 + slope_x**2 + slope_z**2
    dot = -right * slope_x + up - slope_z  # ray (right, up, 1) on normal (-slope_x, 1, -slope_z)
    ray_x = right + 2.0 * dot * slope_x / square
    ray_y = up - 2.0 * dot / square
    ray_z = np.maximum(1.0 + 2.0 * dot * slope_z / square, 0.2)
    facing = np.clip(-dot / np.sqrt(square * (right**2 + up**2 + 1.0)), 0.0, 1.0)
    return ray_x / ray_z, np.maximum(np.abs(ray_y / ray_z), 1e-3), facing
