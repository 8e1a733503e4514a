"""Libraries of made-up vectors, and builders over them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from indexer.building import Plan
from indexer.snapshot import FaissBuilder
from sightsong.adapters.library import layout
from sightsong.core.affect import Affect
from sightsong.core.embeddings import Space, unit
from sightsong.core.facts import Facts
from sightsong.core.snapshots import Entry, Extent, IndexedTrack, Snapshot, Windows
from sightsong.core.tracks import TrackId

SPACE = Space("stub/space@1")
#: Of a vector, in most tests.
D = 32


def always() -> bool:
    return True


def library(n: int, *, dimension: int = D, windows: int = 2, seed: int = 7) -> list[IndexedTrack]:
    """Some tracks in clusters, in the order of their ids, with facts of all sorts."""
    dice = np.random.default_rng(seed)
    middles = dice.standard_normal((max(1, n // 50), dimension))
    near = middles[dice.integers(len(middles), size=n)]
    vectors = unit(near + 0.7 * dice.standard_normal((n, dimension))).astype(np.float16)
    return [track(i, vectors[i], windows=windows) for i in range(n)]


def track(i: int, vector: np.ndarray, *, windows: int = 2) -> IndexedTrack:
    """The i-th track; every third one is of a recording, every fourth one tells nothing."""
    facts = Facts(
        terms=(f"genre:{i % 5}", f"artist:künstler {i % 7}"),
        artist=f"artist:künstler {i % 7}",
        recording_id=None if i % 3 else track_id(i),
        affect=Affect(valence=-0.5, arousal=i / 10_000),
        duration_s=100.0 + i,
        tempo_bpm=90.5,
        explicit=bool(i % 2),
    )
    return IndexedTrack(
        entry=Entry(track_id=track_id(i), vector=vector, facts=facts if i % 4 else Facts(terms=())),
        windows=Windows(
            vectors=np.stack([vector] * windows) if windows else np.empty((0, len(vector)), "f2"),
            starts_s=tuple(10.0 * place for place in range(windows)),
        ),
    )


def track_id(i: int) -> TrackId:
    return TrackId(f"{i:08d}-0000-4000-8000-000000000000")


def with_id(one: IndexedTrack, name: str) -> IndexedTrack:
    return replace(one, entry=replace(one.entry, track_id=TrackId(name)))


def plan(tracks: Iterable[IndexedTrack], **changed: object) -> Plan:
    some = list(tracks)
    dimension = len(some[0].entry.vector) if some else D
    whole = Plan(
        space=SPACE,
        revision=3,
        grouped=2,
        extent=Extent(
            tracks=len(some), window_bytes=sum(one.windows.vectors.nbytes for one in some)
        ),
        phrases=np.empty((0, dimension), np.float32),
        go_on=always,
    )
    return replace(whole, **changed)


@dataclass
class Site:
    """A library folder, and what is built in it."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / layout.space_folder(SPACE)

    def builder(self, **settings: object) -> FaissBuilder:
        return FaissBuilder(self.root, **{"threads": 1, **settings})

    def build(
        self,
        tracks: list[IndexedTrack],
        *,
        go_on: Callable[[], bool] = always,
        phrases: np.ndarray | None = None,
        **settings: object,
    ) -> Snapshot | None:
        changed = {"go_on": go_on} | ({} if phrases is None else {"phrases": phrases})
        return self.builder(**settings).build(iter(tracks), plan(tracks, **changed))

    def column(self, snapshot: Snapshot, name: str) -> np.ndarray:
        dimension = snapshot.manifest["dimension"]
        return layout.open_column(self.root / snapshot.path, name, dimension=dimension)

    def folders(self) -> set[str]:
        """What lies beside the lock."""
        return {path.name for path in self.home.iterdir() if path.is_dir()}


def told(times: int) -> Callable[[], bool]:
    """What says so many times to go on, and then no more."""
    answers: Iterator[bool] = iter([True] * times)
    return lambda: next(answers, False)
