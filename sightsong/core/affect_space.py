"""The affect space: feelings and sounds as unit vectors whose cosine falls with their distance.

A point has a place on the affect plane and up to six sound descriptors. Its vector is made of
cosines and sines at fixed frequencies (random Fourier features, Rahimi and Recht 2007), but with
the nodes and weights of Gauss quadrature in place of random ones: Gauss-Laguerre radii times evenly
spaced angles for the plane, Gauss-Hermite nodes for each descriptor. The cosine of two points is
then, up to the rounding of float32, the sum of Gaussian kernels

    0.6 exp(-|va - va'|² / 2·0.8²)  +  Σ (0.4 / 6) exp(-(s - s')² / 2·0.7²)

with one term for each descriptor, nearer is always more alike, and nothing depends on a random
generator. A descriptor that is not known (NaN) has zeros for its block: it says nothing, and the
others decide.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from sightsong.core.affect import Affect
from sightsong.core.embeddings import Space, unit

SPACE = Space("sightsong/affect-space@2")
"""The number grows whenever tracks are placed otherwise, also because they are heard otherwise."""
DIMENSION = 512

SOUNDS = ("tempo", "brightness", "loudness", "mode", "percussiveness", "density")
"""The sound descriptors, in the order of `SoundPoint.sounds`; each in [-1, 1]."""

_AFFECT_SHARE = 0.6
_AFFECT_WIDTH = 0.8
_SOUND_WIDTH = 0.7
_RADII = 10
_ANGLES = 16
_NODES = 16
_UNKNOWN = float("nan")


@dataclass(frozen=True, kw_only=True)
class SoundPoint:
    """What is known of a piece of music, or of the music that words ask for; NaN is unknown."""

    affect: Affect | None = None
    tempo: float = _UNKNOWN  #: -1 very slow .. 1 very fast.
    brightness: float = _UNKNOWN  #: -1 dark, muffled .. 1 bright, sharp.
    loudness: float = _UNKNOWN  #: -1 soft .. 1 loud, compressed.
    mode: float = _UNKNOWN  #: -1 minor .. 1 major.
    percussiveness: float = _UNKNOWN  #: -1 sustained .. 1 made of strokes.
    density: float = _UNKNOWN  #: -1 few notes .. 1 many.

    @property
    def sounds(self) -> tuple[float, ...]:
        """The descriptors in the order of `SOUNDS`."""
        return tuple(getattr(self, name) for name in SOUNDS)


def embed(points: list[SoundPoint]) -> NDArray[np.float32]:
    """Place points in the affect space.

    Args:
        points: coordinates outside [-1, 1] are clipped to it.

    Returns:
        float32, (n, 512), unit norm; the zero vector for a point of which nothing is known.
    """
    plane = np.array([_plane(point.affect) for point in points]).reshape(-1, 2)
    sounds = np.array([point.sounds for point in points]).reshape(-1, len(SOUNDS))
    phases, weights = _plane_nodes()
    across, up = np.clip(plane, -1, 1).T[:, :, None]  # (n, 1) each
    # Not a matrix product, which may round otherwise in another batch.
    feeling = _waves(across * phases[0] + up * phases[1], weights * _AFFECT_SHARE)
    nodes, weights = _line_nodes()
    share = weights * (1 - _AFFECT_SHARE) / len(SOUNDS)
    heard = [_waves(np.outer(column, nodes), share) for column in np.clip(sounds, -1, 1).T]
    return unit(np.concatenate([feeling, *heard], axis=1))


def _plane(affect: Affect | None) -> tuple[float, float]:
    return (_UNKNOWN, _UNKNOWN) if affect is None else (affect.valence, affect.arousal)


def _waves(angles: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Make one block, (n, 2 k), whose dot products are Σ weights · cos(angle - angle')."""
    amplitudes = np.sqrt(weights)
    waves = np.concatenate([np.cos(angles) * amplitudes, np.sin(angles) * amplitudes], axis=1)
    known: NDArray[np.float64] = np.nan_to_num(waves, nan=0.0)
    return known


@cache
def _plane_nodes() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies (2, 160) and weights (160,) for an isotropic Gaussian on the plane."""
    halves, mass = np.polynomial.laguerre.laggauss(_RADII)
    radii = np.sqrt(2 * halves) / _AFFECT_WIDTH
    turns = np.pi * np.arange(_ANGLES) / _ANGLES
    grid = radii[:, None, None] * np.stack([np.cos(turns), np.sin(turns)], axis=1)  # (r, a, 2)
    weights = np.repeat(mass / mass.sum() / _ANGLES, _ANGLES)
    return grid.reshape(-1, 2).T.copy(), weights


@cache
def _line_nodes() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies (16,) and weights (16,) for a Gaussian on a line; its mirror half is implied."""
    nodes, mass = np.polynomial.hermite_e.hermegauss(2 * _NODES)
    half = mass[_NODES:]
    return nodes[_NODES:] / _SOUND_WIDTH, half / half.sum()
