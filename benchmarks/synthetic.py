"""Made-up vectors that crowd together as those of music do, and queries of two sorts.

Real embeddings are hard to search because they are nowhere near evenly spread: all of them share a
direction (the mean of the model's outputs), they differ in far fewer directions than they have
dimensions, and they lie in clusters (a few large genres, many small ones), so that the tenth
neighbour is hardly further than the first. So here: a common mean, 128 directions of falling
weight, and √n clusters of falling size, whose members overlap with their neighbours'. A photo's
query comes from the same distribution. A text's query has another mean, and more noise: in models
of sound and words the two lie apart, which is what indexes that were trained on sound stumble over.

Everything follows from the seed; two libraries of one size are the same to the last bit on one
machine.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sightsong.core import embeddings

DIMENSION = 512
_DIRECTIONS = 128
_FALL = 0.5  # the i-th direction weighs i^-0.5
_CROWDING = 0.6  # the i-th cluster has i^-0.6 of the largest one's members
_OVERLAP = 0.8  # spread within a cluster, by that of the clusters themselves
_MEAN, _TEXT_MEAN = 0.5, 1.2
_NOISE, _TEXT_NOISE = 0.1, 0.5  # length of what is in no direction of the library's
_BLOCK = 50_000


class Library:
    """So many tracks, made anew on each pass."""

    def __init__(self, tracks: int, *, seed: int = 20261121) -> None:
        self.tracks = tracks
        self._seed = seed
        dice = np.random.default_rng(seed)
        mixed = np.linalg.qr(dice.standard_normal((DIMENSION, _DIRECTIONS)))[0].T
        self._weights = np.arange(1, _DIRECTIONS + 1, dtype=np.float32) ** -_FALL
        self._basis = (mixed / np.linalg.norm(self._weights)).astype(np.float32)
        clusters = max(50, round(tracks**0.5))
        self._centres = self._spread(dice, clusters)
        shares = np.arange(1, clusters + 1) ** -_CROWDING
        self._shares = shares / shares.sum()
        self._means = embeddings.unit(dice.standard_normal((2, DIMENSION)))

    def blocks(self) -> Iterator[NDArray[np.float16]]:
        """Unit vectors, up to their rounding, (n, 512), some thousands at a time."""
        dice = np.random.default_rng([self._seed, 1])
        for start in range(0, self.tracks, _BLOCK):
            count = min(_BLOCK, self.tracks - start)
            yield self._points(dice, count, is_text=False).astype(np.float16)

    def queries(self, count: int, *, is_text: bool, seed: int = 0) -> NDArray[np.float32]:
        """Unit vectors, (count, 512), that are not in the library."""
        dice = np.random.default_rng([self._seed, 2, int(is_text), seed])
        return self._points(dice, count, is_text=is_text)

    def _points(
        self, dice: np.random.Generator, count: int, *, is_text: bool
    ) -> NDArray[np.float32]:
        centres = self._centres[dice.choice(len(self._centres), count, p=self._shares)]
        inner = (centres + _OVERLAP * self._spread(dice, count)) @ self._basis
        mean = self._means[int(is_text)] * (_TEXT_MEAN if is_text else _MEAN)
        noise = dice.standard_normal((count, DIMENSION), dtype=np.float32) / DIMENSION**0.5
        return embeddings.unit(inner + mean + (_TEXT_NOISE if is_text else _NOISE) * noise)

    def _spread(self, dice: np.random.Generator, count: int) -> NDArray[np.float32]:
        return dice.standard_normal((count, _DIRECTIONS), dtype=np.float32) * self._weights
