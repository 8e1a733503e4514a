"""Looks at each photo of a data set once: its patches and its plain numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.lite.photos.choosing import Photos
from training.samples import Places, Samples
from workers.models.lite import patches
from workers.models.lite.measures import measure
from workers.models.lite.patches import Patches
from workers.models.lite.patterns import patterns
from workers.models.lite.photo_features import Dictionaries, features, plain


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was seen in photos, before any dictionary."""

    plain: NDArray[np.float32]  #: (n, numbers)
    cut: tuple[Patches, ...]

    def by(self, dictionaries: Dictionaries) -> Photos:
        """Encode all photos by dictionaries."""
        pairs = zip(self.plain, self.cut, strict=True)
        rows = np.stack([features(row, cut, dictionaries) for row, cut in pairs])
        return Photos(rows=rows.astype(np.float64), dictionaries=dictionaries)

    def some(self, places: Places) -> tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]]:
        """Choose photos; their tables of edges and of colours."""
        return [self.cut[at].edges for at in places], [self.cut[at].colours for at in places]


def look(samples: Samples) -> Seen:
    """Look at all photos.

    Raises:
        DataRefused: a photo cannot be decoded.
    """
    rows, cut = [], []
    for at in range(len(samples)):
        pixels = samples.pictures[at]
        lab = patches.lab_copy(pixels)
        cut.append(patches.cut(lab))
        rows.append(plain(measure(pixels), patterns(np.ascontiguousarray(lab[..., 0]))))
    return Seen(plain=np.stack(rows), cut=tuple(cut))
