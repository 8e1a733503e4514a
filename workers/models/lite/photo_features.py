"""What the affect of a photo is read from: measures, patterns, and the patches of two kinds."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from workers.models.lite import fisher, patches
from workers.models.lite.fisher import Dictionary
from workers.models.lite.measures import HUES, Measures
from workers.models.lite.patches import Patches
from workers.models.lite.patterns import SIZE as PATTERNS

_EDGES_MIRRORED: Final = patches.mirrored_edges()
_COLOURS_MIRRORED: Final = patches.mirrored_colours()
_MEASURES = 11 + 2 * len(HUES)


@dataclass(frozen=True, kw_only=True)
class Dictionaries:
    """What common patches are like."""

    edges: Dictionary
    colours: Dictionary

    @property
    def blocks(self) -> tuple[slice, slice, slice, slice]:
        """Where measures, patterns, edges and colours stand among the features."""
        sizes = (_MEASURES, PATTERNS, self.edges.size, self.colours.size)
        ends = np.cumsum(sizes).tolist()
        first, second, third, fourth = map(slice, (0, *ends[:-1]), ends)
        return first, second, third, fourth


def features(
    measured: NDArray[np.float32], cut: Patches, dictionaries: Dictionaries
) -> NDArray[np.float32]:
    """Put the features of a photo in a row, float32, in the order of `Dictionaries.blocks`.

    Args:
        measured: what `plain` gives.
        cut: the photo's patches.
        dictionaries: the common patches.
    """
    edges = fisher.encode(dictionaries.edges, cut.edges, _EDGES_MIRRORED)
    colours = fisher.encode(dictionaries.colours, cut.colours, _COLOURS_MIRRORED)
    return np.concatenate([measured, edges, colours])


def plain(measures: Measures, patterns: NDArray[np.float32]) -> NDArray[np.float32]:
    """Put measures and patterns in a row, float32; what leans is evened by logs and roots."""
    light, colours, texture = measures.light, measures.colours, measures.texture
    row = [
        *(light.brightness, light.contrast, light.lightness),
        *(light.above, abs(light.left), light.centre),
        *(colours.saturation, np.log(colours.colourfulness + 0.03), colours.share),
        *(colours.hues[name] for name in HUES),
        *(np.sqrt(colours.areas[name]) for name in HUES),
        *(np.log(texture.edge_share + 0.01), texture.fineness),
    ]
    return np.concatenate([np.array(row, np.float32), patterns])
