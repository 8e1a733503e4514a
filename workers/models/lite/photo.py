"""The feeling of a photo, read from its light, colours, textures and patches.

A weighted sum of some six thousand numbers for each scale. `training/lite/photos` makes the weights
from people's ratings of photos; `docs/models/lite-photo.md` tells how well they do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightsong.core.affect import Affect, EmotionReading
from sightsong.core.models import ModelCard, Photo, Pixels
from sightsong.core.moods import emotion_distribution
from workers.models.lite import patches
from workers.models.lite.fisher import Dictionary
from workers.models.lite.measures import measure
from workers.models.lite.patterns import patterns
from workers.models.lite.photo_features import Dictionaries, features, plain

WEIGHTS = Path(__file__).parent / "weights" / "photo.npz"
MOST_DEVIATIONS = 4.0  #: One odd number of a photo must not decide alone.
_DIGITS = 4


@dataclass(frozen=True, kw_only=True)
class PhotoWeights:
    """How features become valence and arousal; all arrays float32."""

    dictionaries: Dictionaries
    middle: NDArray[np.float32]  #: (n,): of each feature, in ordinary photos.
    spread: NDArray[np.float32]  #: (n,): its standard deviation.
    weights: NDArray[np.float32]  #: (n, 2): what one spread adds to valence and arousal.
    constant: NDArray[np.float32]  #: (2,): what the middle reads as.
    error: NDArray[np.float32]  #: (2,): how far readings of new themes are off, root mean square.

    def as_arrays(self) -> Mapping[str, NDArray[np.float32]]:
        """Name every array, as it is kept in a file."""
        flat = {name: getattr(self, name) for name in _OWN}
        for kind in _KINDS:
            dictionary = getattr(self.dictionaries, kind)
            flat |= {f"{kind}_{part}": getattr(dictionary, part) for part in _PARTS}
        return flat

    @classmethod
    def of_arrays(cls, flat: Mapping[str, NDArray[np.float32]]) -> "PhotoWeights":
        """Put together again what `as_arrays` named."""
        edges, colours = (
            Dictionary(**{part: flat[f"{kind}_{part}"] for part in _PARTS}) for kind in _KINDS
        )
        own = {name: flat[name] for name in _OWN}
        return cls(dictionaries=Dictionaries(edges=edges, colours=colours), **own)


_KINDS = ("edges", "colours")
_PARTS = tuple(field.name for field in fields(Dictionary))
_OWN = ("middle", "spread", "weights", "constant", "error")


@cache
def weights() -> PhotoWeights:
    """Read the weights that are part of this package."""
    with np.load(WEIGHTS, allow_pickle=False) as kept:
        return PhotoWeights.of_arrays(kept)


def seen(photo: Pixels, dictionaries: Dictionaries) -> NDArray[np.float32]:
    """Put all features of a photo in a row, float32."""
    lab = patches.lab_copy(photo)
    told = plain(measure(photo), patterns(np.ascontiguousarray(lab[..., 0])))
    return features(told, patches.cut(lab), dictionaries)


def affect_of(photo: Pixels, known: PhotoWeights) -> Affect:
    """Read valence and arousal, each in [-1, 1], from uint8, (height, width, 3), RGB."""
    scaled = (seen(photo, known.dictionaries) - known.middle) / known.spread
    read = np.clip(scaled, -MOST_DEVIATIONS, MOST_DEVIATIONS) @ known.weights + known.constant
    valence, arousal = (round(float(value), _DIGITS) for value in np.clip(read, -1, 1))
    return Affect(valence=valence, arousal=arousal)


def read(photo: Pixels, known: PhotoWeights | None = None) -> EmotionReading:
    """Read the emotion of a photo; by the package's own weights, where none are given."""
    used = known or weights()
    affect = affect_of(photo, used)
    error = Affect(valence=float(used.error[0]), arousal=float(used.error[1]))
    return EmotionReading(distribution=emotion_distribution(affect, error=error), affect=affect)


class LiteEmotion:
    """Photo to emotion by light, colours, textures and patches."""

    card = ModelCard(
        id="sightsong/lite-photo",
        revision="2",
        task="emotion",
        licence="MIT",
        source="ridge regression on measures and Fisher vectors, fitted to ratings of OASIS",
    )

    def predict(self, photos: Sequence[Photo]) -> list[EmotionReading]:
        """Read the emotion of each photo."""
        return [read(photo.pixels) for photo in photos]
