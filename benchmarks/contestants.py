"""What `benchmarks.index_kinds` compares: our kinds of index, the usual way, and their peers.

Each builds itself from vectors into a folder, and is opened from it in another process. The peers
are no dependencies of ours: whoever wants them in the table installs them beside
(`pip install hnswlib voyager usearch`).
"""

import importlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.synthetic import DIMENSION, Library
from indexer.building import Plan
from indexer.snapshot import FaissBuilder
from sightsong.adapters.library.loaded import LoadedSnapshot
from sightsong.core.embeddings import Space
from sightsong.core.facts import Facts, Filters
from sightsong.core.snapshots import Entry, Extent, IndexedTrack, Snapshot, Windows
from sightsong.core.tracks import TrackId

THREADS = 2  # that build
VECTORS = "vectors.npy"  # float16, (n, 512), in the folder above each contestant's own
_SPACE = Space("benchmark@1")
_EDGES, _CARE = 16, 200  # of the peers' graphs: what their manuals begin with
_DIGITS = 9
_NO_WINDOWS = Windows(vectors=np.empty((0, DIMENSION), np.float16), starts_s=())

Query = NDArray[np.float32]
"""A unit vector, (512,)."""


class Opened(Protocol):
    """An index, as a process that searches has it."""

    knobs: tuple[int, ...]  #: What a search can be told to spend, least first; empty: nothing.

    def turn(self, knob: int) -> None:
        """Spend so much on the searches to come."""
        ...

    def rows(self, query: Query, k: int) -> list[int]:
        """Find the numbers of the nearest vectors."""
        ...


class Contestant(Protocol):
    """A way to find what is near."""

    name: str

    def build(self, folder: Path) -> None:
        """Build from the vectors in the folder above."""
        ...

    def open(self, folder: Path) -> Opened:
        """Make it ready to search."""
        ...


class Untunable:
    """Finds what it finds: nothing is left to be chosen."""

    knobs: tuple[int, ...] = ()

    def __init__(self, search: Callable[[Query, int], list[int]]) -> None:
        self.rows = search

    def turn(self, knob: int) -> None:
        """Leave it as it is."""


class UsualWay:
    """A matrix product with all vectors as float32, and the greatest of it."""

    name = "numpy"

    def build(self, folder: Path) -> None:
        """Write the vectors as float32."""
        np.save(folder / VECTORS, _vectors(folder).astype(np.float32))

    def open(self, folder: Path) -> Opened:
        """Read them all."""
        vectors = np.load(folder / VECTORS)

        def search(query: Query, k: int) -> list[int]:
            products = vectors @ query
            best = np.argpartition(products, -k)[-k:]
            found: list[int] = best[np.argsort(-products[best])].tolist()
            return found

        return Untunable(search)


class Ours:
    """A kind of snapshot, built and read as the indexer and the workers do. It tunes itself.

    Without windows and without facts, so that size and memory are those of the index alone.
    """

    def __init__(self, kind: str) -> None:
        self.name = f"sightsong {kind}"
        self._kind = kind

    def build(self, folder: Path) -> None:
        """Build a snapshot."""
        vectors = _vectors(folder)
        plan = Plan(
            space=_SPACE,
            revision=1,
            grouped=0,
            extent=Extent(tracks=len(vectors), window_bytes=0),
            phrases=Library(len(vectors)).queries(100, is_text=True, seed=1),
            go_on=lambda: True,
        )
        builder = FaissBuilder(folder, kind=self._kind, threads=THREADS)
        snapshot = builder.build(_tracks(vectors), plan)
        if snapshot is None:
            raise SystemExit("the build stopped, and nobody told it to")
        (folder / "snapshot.json").write_text(json.dumps(asdict(snapshot)))

    def open(self, folder: Path) -> Opened:
        """Open it as a worker does."""
        snapshot = Snapshot(**json.loads((folder / "snapshot.json").read_text()))
        loaded = LoadedSnapshot(snapshot, folder / snapshot.path)
        nobody, all_tracks = loaded.hide(()), Filters()

        def search(query: Query, k: int) -> list[int]:
            found = loaded.nearest(query, k=k, where=all_tracks, hidden=nobody)
            return [int(one.track_id) for one in found]

        return Untunable(search)


class Peer:
    """A graph of another library's."""

    knobs = (32, 64, 128, 256, 512)

    def __init__(self, name: str) -> None:
        self.name = name

    def build(self, folder: Path) -> None:
        """Build the graph, of float32 vectors (usearch: float16) and inner products."""
        index = _PEERS[self.name](len(_vectors(folder)))
        for start, some in _blocks(_vectors(folder)):
            index.add(some, range(start, start + len(some)))
        index.save(str(folder / "graph"))

    def open(self, folder: Path) -> Opened:
        """Load it."""
        index = _PEERS[self.name](len(_vectors(folder)))
        index.load(str(folder / "graph"))
        opened: Opened = index
        return opened


class Hnswlib:
    """`hnswlib`, as `Peer` builds and opens it."""

    knobs = Peer.knobs

    def __init__(self, size: int) -> None:
        self._size = size
        self._index = importlib.import_module("hnswlib").Index(space="ip", dim=DIMENSION)

    def add(self, vectors: NDArray[np.float32], rows: range) -> None:
        """Take some more."""
        if rows.start == 0:
            self._index.init_index(max_elements=self._size, M=_EDGES, ef_construction=_CARE)
        self._index.add_items(vectors, np.array(rows), num_threads=THREADS)

    def save(self, path: str) -> None:
        """Write it."""
        self._index.save_index(path)

    def load(self, path: str) -> None:
        """Read it."""
        self._index.load_index(path)

    def turn(self, knob: int) -> None:
        """Set the length of the queue."""
        self._index.set_ef(knob)

    def rows(self, query: Query, k: int) -> list[int]:
        """Search on this thread."""
        found: list[int] = self._index.knn_query(query, k, num_threads=1)[0][0].tolist()
        return found


class Voyager:
    """`voyager`, as `Peer` builds and opens it."""

    knobs = Peer.knobs

    def __init__(self, size: int) -> None:
        self._voyager = importlib.import_module("voyager")
        self._size = size
        self._index: Any = None
        self._knob = 0

    def add(self, vectors: NDArray[np.float32], rows: range) -> None:
        """Take some more."""
        if self._index is None:
            space = self._voyager.Space.Cosine  # its InnerProduct adds a dimension
            self._index = self._voyager.Index(
                space, DIMENSION, M=_EDGES, ef_construction=_CARE, max_elements=self._size
            )
        self._index.add_items(vectors, list(rows), num_threads=THREADS)

    def save(self, path: str) -> None:
        """Write it."""
        self._index.save(path)

    def load(self, path: str) -> None:
        """Read it."""
        self._index = self._voyager.Index.load(path)

    def turn(self, knob: int) -> None:
        """Set the length of the queue."""
        self._knob = knob

    def rows(self, query: Query, k: int) -> list[int]:
        """Search on this thread."""
        found: list[int] = self._index.query(query, k, query_ef=self._knob)[0].tolist()
        return found


class Usearch:
    """`usearch` over float16, mapped where it lies, as `Peer` builds and opens it."""

    knobs = Peer.knobs

    def __init__(self, size: int) -> None:
        self._size = size
        self._index = importlib.import_module("usearch.index").Index(
            ndim=DIMENSION, metric="ip", dtype="f16", connectivity=_EDGES, expansion_add=_CARE
        )

    def add(self, vectors: NDArray[np.float32], rows: range) -> None:
        """Take some more."""
        self._index.add(np.array(rows, np.uint64), vectors, threads=THREADS)

    def save(self, path: str) -> None:
        """Write it."""
        self._index.save(path)

    def load(self, path: str) -> None:
        """Map it."""
        self._index.view(path)

    def turn(self, knob: int) -> None:
        """Set the length of the queue."""
        self._index.expansion_search = knob

    def rows(self, query: Query, k: int) -> list[int]:
        """Search on this thread."""
        found: list[int] = self._index.search(query, k, threads=1).keys.tolist()
        return found


_PEERS: Mapping[str, Callable[[int], Any]] = {
    "hnswlib": Hnswlib,
    "voyager": Voyager,
    "usearch": Usearch,
}
CONTESTANTS: Mapping[str, Contestant] = {
    "numpy": UsualWay(),
    **{kind: Ours(kind) for kind in ("exact", "ivf", "ivf-sq8", "hnsw")},
    **{name: Peer(name) for name in _PEERS},
}


def missing(name: str) -> str | None:
    """Say why a contestant cannot take part; None where it can."""
    if name not in _PEERS:
        return None
    try:
        importlib.import_module(name)
    except ImportError as error:
        return f"{name} is not installed ({error})"
    return None


def _vectors(folder: Path) -> NDArray[np.float16]:
    vectors: NDArray[np.float16] = np.load(folder.parent / VECTORS, mmap_mode="r")
    return vectors


def _blocks(vectors: NDArray[np.float16]) -> Iterator[tuple[int, NDArray[np.float32]]]:
    for start in range(0, len(vectors), 50_000):
        yield start, vectors[start : start + 50_000].astype(np.float32)


def _tracks(vectors: NDArray[np.float16]) -> Iterator[IndexedTrack]:
    for row, vector in enumerate(vectors):
        entry = Entry(track_id=TrackId(f"{row:0{_DIGITS}}"), vector=vector, facts=Facts())
        yield IndexedTrack(entry=entry, windows=_NO_WINDOWS)
