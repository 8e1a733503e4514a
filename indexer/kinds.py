"""Kinds of index: how each narrows a search down, and what it takes on disk."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from sightsong.core.errors import ConfigurationError

#: Tracks up to which `auto` compares with every one: a search of 512 dimensions takes one thread
#: some 0.9 ms at the 99th percentile there, and nothing need be trained.
EXACT_UP_TO = 10_000
#: Bounds the sample that lists are trained on: 1 GiB at 512 dimensions.
_MOST_LISTS = 8192
#: Vectors that a list needs to mean something.
_LEAST_PER_LIST = 8
#: Bytes of a centroid's or a vector's float32, of an id, and of an edge of a graph.
_FLOAT, _ID, _EDGE = 4, 8, 4
#: Edges of a vector in the graph's bottom layer, and about as much again for all layers above.
_EDGES = 64 + 8


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One way to narrow a search down. What it finds is measured again, exactly."""

    name: str
    factory: str  #: FAISS's word for it; `{lists}` is to be filled in.
    knob: str = ""  #: What a search can turn to look further: `nprobe`, `ef`; empty: nothing.
    knobs: tuple[int, ...] = ()  #: What is tried, cheapest first.
    code_bytes: Callable[[int], int] = lambda _dimension: 0  #: Of a vector of so many dimensions.

    @property
    def is_exact(self) -> bool:
        """Whether it compares with every track, and needs no file of its own."""
        return not self.knob

    @property
    def has_lists(self) -> bool:
        """Whether it sorts the vectors into lists."""
        return "{lists}" in self.factory

    def lists(self, tracks: int) -> int:
        """How many lists so many tracks are sorted into; 0 where it has none."""
        if not self.has_lists:
            return 0
        wanted = min(round(4 * math.sqrt(tracks)), tracks // _LEAST_PER_LIST, _MOST_LISTS)
        return max(1, wanted)

    def factory_for(self, tracks: int) -> str:
        """Spell it for FAISS."""
        return self.factory.format(lists=self.lists(tracks))

    def near_bytes(self, tracks: int, dimension: int) -> int:
        """Bytes of its file, nearly."""
        return tracks * self.code_bytes(dimension) + self.lists(tracks) * dimension * _FLOAT

    def knobs_for(self, tracks: int) -> tuple[int, ...]:
        """What is worth to be tried: no more lists than there are."""
        lists = self.lists(tracks)
        return tuple(dict.fromkeys(min(knob, lists) if lists else knob for knob in self.knobs))


#: What `auto` tries for more tracks, the smallest first; the last one misses nothing.
_BEYOND = ("ivf", "ivf-sq8", "exact")
_PROBED = (8, 16, 32, 64, 128, 256, 512)
KINDS = {
    kind.name: kind
    for kind in (
        Kind(name="exact", factory="Flat"),
        Kind(
            name="ivf",
            factory="IVF{lists},RaBitQ",
            knob="nprobe",
            knobs=_PROBED,
            code_bytes=lambda dimension: dimension // 8 + 2 * _FLOAT + _ID,
        ),
        Kind(
            name="ivf-sq8",
            factory="IVF{lists},SQ8",
            knob="nprobe",
            # Up to all lists there may be: where vectors have no order that lists could follow.
            knobs=(*_PROBED, 1024, 2048, 4096, _MOST_LISTS),
            code_bytes=lambda dimension: dimension + _ID,
        ),
        Kind(
            name="hnsw",
            factory="HNSW32,SQ8",
            knob="ef",
            knobs=(64, 128, 256, 512, 1024),
            code_bytes=lambda dimension: dimension + _EDGES * _EDGE,
        ),
    )
}


def kinds_of(name: str, *, tracks: int) -> tuple[Kind, ...]:
    """Find what is to be built: one kind after another, until one finds enough.

    Args:
        name: of a kind, which is then the only one; `auto` goes by how many tracks there are.
        tracks: that many.

    Raises:
        ConfigurationError: there is no such kind.
    """
    usual = ("exact",) if tracks <= EXACT_UP_TO else _BEYOND
    names = usual if name == "auto" else (name,)
    if not KINDS.keys() >= set(names):
        raise ConfigurationError(f"there is no index of the kind {name!r}")
    return tuple(KINDS[one] for one in names)
