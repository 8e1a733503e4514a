"""Indexes of every backend, over stores in memory, for the contract of the read side."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from indexer.building import Builder, Plan
from indexer.milvus import MilvusBuilder
from indexer.snapshot import FaissBuilder
from sightsong.adapters import memory
from sightsong.adapters.library import milvus
from sightsong.adapters.library.base import Base
from sightsong.adapters.library.loaded import LoadedSnapshot
from sightsong.adapters.library.reader import Habits, SnapshotLibrary
from sightsong.core import embeddings, ports
from sightsong.core.affect import Affect
from sightsong.core.embeddings import Space
from sightsong.core.jobs import ActivateSnapshot, JobKind, NewJob, Queue, StoreEmbedding
from sightsong.core.snapshots import Snapshot
from sightsong.core.tracks import TrackId
from tests.contract import building

DIMENSION = 32
#: One row for each way to keep an index: its backend, and the kind of index there.
BACKENDS = {
    "exact": ("faiss", "exact"),
    "ivf": ("faiss", "ivf"),
    "ivf-sq8": ("faiss", "ivf-sq8"),
    "hnsw": ("faiss", "hnsw"),
    "milvus": ("milvus", "exact"),
    "milvus-ivf-sq8": ("milvus", "ivf-sq8"),
}
_spaces = (Space(f"tiny@{number}") for number in itertools.count(1))


@dataclass(frozen=True, kw_only=True)
class Sounds:
    """What is heard in a made-up track."""

    vector: NDArray[np.float32]  #: (32,), of unit norm.
    windows: tuple[NDArray[np.float32], ...] = ()  #: Each begins 10 s after the one before.
    duration_s: float = 30.0
    tempo_bpm: float = 100.0
    affect: Affect = field(default_factory=lambda: Affect(valence=0.25, arousal=-0.5))


@dataclass(frozen=True, kw_only=True)
class Indexed:
    """A library: its rows, who builds its snapshots, and who reads them."""

    stores: ports.Stores
    space: Space
    builder: Builder
    open_base: Callable[[Snapshot], Base]
    library: SnapshotLibrary

    def add(self, name: str, heard: Sounds, **tags: object) -> TrackId:
        """Register a track and embed it; it is found without a rebuild."""
        building.register(self.stores, building.found(name, tags=tags), space=self.space)
        job = building.claim_one(self.stores.jobs, queue=Queue.TRACKS)
        track_id = TrackId(job.params["track_id"])
        building.finish(self.stores.jobs, job, self._embedding(track_id, heard))
        self.library.follow()
        return track_id

    def embed_again(self, name: str, heard: Sounds) -> TrackId:
        """Let a track's file have other bytes, with other music."""
        file = building.found(name, content=f"{name}, again", tags={})
        building.register(self.stores, file, space=self.space)
        job = building.claim_one(self.stores.jobs, queue=Queue.TRACKS)
        track_id = TrackId(job.params["track_id"])
        building.finish(self.stores.jobs, job, self._embedding(track_id, heard))
        self.library.follow()
        return track_id

    def edit(self, track_id: TrackId, **changes: object) -> None:
        """Say something else of a track."""
        self.stores.tracks.edit(track_id, changes)
        self.library.follow()

    def remove(self, track_id: TrackId) -> None:
        """Take a track out."""
        self.stores.tracks.remove(track_id)
        self.library.follow()

    def group(self, *copies: TrackId) -> None:
        """Make one recording of some tracks; the first stands for it."""
        self.stores.tracks.group(dict.fromkeys(copies, copies[0]))
        self.library.follow()

    def build(self, **plan: object) -> Snapshot | None:
        """Build a snapshot of what there is; it has no row yet."""
        tracks = self.stores.tracks
        made = Plan(
            space=self.space,
            revision=tracks.revision(self.space),
            grouped=0,
            extent=tracks.extent(self.space),
            phrases=np.empty((0, DIMENSION), np.float32),
            go_on=lambda: True,
        )
        return self.builder.build(tracks.indexed(self.space), replace(made, **plan))

    def rebuild(self) -> Snapshot:
        """Build a snapshot and have it served."""
        snapshot = self.build()
        assert snapshot is not None
        self.stores.snapshots.add(snapshot)
        self.stores.jobs.submit(NewJob(kind=JobKind.REBUILD))
        job = building.claim_one(self.stores.jobs, queue=Queue.INDEX)
        building.finish(self.stores.jobs, job, ActivateSnapshot(version=snapshot.version))
        self.library.follow()
        return snapshot

    def roll_back(self, version: str) -> None:
        """Have an older snapshot served."""
        self.stores.snapshots.activate(version)
        self.library.follow()

    def found(self, query: NDArray[np.float32], *, k: int = 10, **asked: object) -> list[TrackId]:
        """The ids that a search finds, in its order."""
        return [one.track_id for one in self.library.view().search(query, k=k, **asked)]

    def nearest(self, query: NDArray[np.float32]) -> Mapping[TrackId, float]:
        """Cosines of all tracks, nearest first, found by looking at each of them."""
        entries = [track.entry for track in self.stores.tracks.indexed(self.space)]
        cosines = {
            one.track_id: float(embeddings.cosine(query, one.vector[np.newaxis])[0])
            for one in entries
        }
        order = sorted(cosines, key=lambda one: (-round(cosines[one], 9), one))
        return {one: cosines[one] for one in order}

    def _embedding(self, track_id: TrackId, heard: Sounds) -> StoreEmbedding:
        windows = heard.windows or (heard.vector,)
        return StoreEmbedding(
            track_id=track_id,
            space=self.space,
            vector=heard.vector,
            windows=np.stack(windows).astype(np.float16),
            window_starts_s=tuple(10.0 * number for number in range(len(windows))),
            affect=heard.affect,
            descriptors={"tempo_bpm": heard.tempo_bpm},
            duration_s=heard.duration_s,
            digest=str(track_id),
        )


def direction(seed: int) -> NDArray[np.float32]:
    """A unit vector anywhere."""
    return embeddings.unit(np.random.default_rng(seed).standard_normal(DIMENSION))


def between(start: int, end: int, share: float) -> NDArray[np.float32]:
    """A unit vector on the way from one direction to another; the nearer to 0, the nearer."""
    return embeddings.unit((1 - share) * direction(start) + share * direction(end))


@pytest.fixture(params=BACKENDS)
def indexed(request, tmp_path) -> Iterator[Indexed]:
    """An empty library of a space of its own, on each backend."""
    backend, kind = BACKENDS[request.param]
    stores, space = memory.open_stores(), next(_spaces)
    if backend == "milvus":
        url = request.getfixturevalue("milvus_url")
        builder: Builder = MilvusBuilder(url, kind=kind, kept=1, built_within=timedelta(0))
        open_base = milvus.opening(url)
    else:
        builder = FaissBuilder(tmp_path, kind=kind, threads=1, kept=1)
        open_base = partial(_open_folder, tmp_path)
    library = SnapshotLibrary(
        stores.snapshots,
        stores.tracks,
        space,
        open_base=open_base,
        # In the thread of the test, which so knows when a snapshot is open.
        habits=Habits(aside=lambda load: load()),
    )
    yield Indexed(stores=stores, space=space, builder=builder, open_base=open_base, library=library)
    library.close()


def _open_folder(root: Path, snapshot: Snapshot) -> Base:
    # Without the short cut for small libraries: what narrows a search down is to be held to it too.
    return LoadedSnapshot(snapshot, root / snapshot.path, few=0)
