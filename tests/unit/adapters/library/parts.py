"""What the tests of the index's read side build and compare with."""

import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.building import Plan
from indexer.snapshot import FaissBuilder
from sightsong.adapters.library import layout
from sightsong.core import embeddings, errors
from sightsong.core.affect import Affect
from sightsong.core.embeddings import Space, unit
from sightsong.core.facts import Facts, Filters
from sightsong.core.ports import Neighbour
from sightsong.core.snapshots import (
    Changes,
    Entry,
    Extent,
    IndexedTrack,
    Snapshot,
    SnapshotState,
    Windows,
)
from sightsong.core.tracks import TrackId

SPACE = Space("stub/space@1")
DIMENSION = 16
KINDS = ("exact", "ivf", "ivf-sq8", "hnsw")
EVERY_NAME = tuple(f"t{number:04d}" for number in range(400))


def query_of(seed: int) -> NDArray[np.float32]:
    return unit(np.random.default_rng(seed).standard_normal(DIMENSION))


def track(name: str, seed: int, *, facts: Facts | None = None) -> IndexedTrack:
    """Make a track, the same of the same name and seed; vectors often fall together."""
    random = np.random.default_rng([seed, *name.encode()])
    # Few different vectors: ties must fall by id.
    vector = unit(np.random.default_rng(random.integers(60)).standard_normal(DIMENSION))
    windows = unit(random.standard_normal((random.integers(4), DIMENSION))).astype(np.float16)
    return IndexedTrack(
        entry=Entry(
            track_id=TrackId(name),
            vector=vector.astype(np.float16),
            facts=random_facts(random) if facts is None else facts,
        ),
        windows=Windows(
            vectors=windows, starts_s=tuple(10.0 * place for place in range(len(windows)))
        ),
    )


def rewritten(root: Path, made: Snapshot, **changes: object) -> Snapshot:
    """Change what the manifest of a snapshot says, on disk and in its row."""
    manifest = {**made.manifest, **changes}
    (root / made.path / layout.MANIFEST).write_text(json.dumps(manifest), "utf-8")
    return dataclasses.replace(made, manifest=manifest)


def random_facts(random: np.random.Generator) -> Facts:
    artist = random.choice(["", "artist:a", "artist:b", "artist:c", "artist:ö"])
    terms = [f"genre:{random.choice(['jazz', 'rock', 'wörld'])}", *([artist] if artist else [])]
    terms += [f"label:{number}" for number in range(4) if random.random() < 0.3]
    is_felt = random.random() < 0.8
    return Facts(
        terms=tuple(terms),
        artist=str(artist) or None,
        recording_id=TrackId(f"t{random.integers(20):04d}") if random.random() < 0.3 else None,
        affect=Affect(valence=random.uniform(-1, 1), arousal=0.25) if is_felt else None,
        duration_s=None if random.random() < 0.1 else float(random.integers(100, 110)) + 0.1,
        tempo_bpm=None if random.random() < 0.2 else float(random.integers(60, 180)),
        explicit=random.choice([None, True, False]),
    )


class Rows:
    """The tracks of a space, and the counter that each change raises, as `ports.Tracks` tells."""

    def __init__(self, tracks: Iterable[IndexedTrack] = ()) -> None:
        self.tracks: dict[TrackId, IndexedTrack] = {}
        self.stamps: dict[TrackId, int] = {}
        self.now = 0
        self.forgotten_up_to = 0
        self.is_away = False
        self.counted = 0
        #: Called when changes were read, before they are told: what a test lets happen meanwhile.
        self.meanwhile: Callable[[], None] | None = None
        self.put(*tracks)

    def put(self, *tracks: IndexedTrack) -> None:
        self.now += 1
        for one in tracks:
            self.tracks[one.entry.track_id] = one
            self.stamps[one.entry.track_id] = self.now

    def remove(self, *names: str) -> None:
        self.now += 1
        for name in names:
            self.tracks.pop(TrackId(name), None)
            self.stamps[TrackId(name)] = self.now

    def revision(self, space: Space) -> int:
        if self.is_away:
            raise errors.StoreUnavailable
        return self.now

    def changes(self, space: Space, *, since: int) -> Changes:
        if self.is_away:
            raise errors.StoreUnavailable
        told = self._changes(since)
        if self.meanwhile is not None:
            act, self.meanwhile = self.meanwhile, None
            act()
        return told

    def _changes(self, since: int) -> Changes:
        touched = [name for name, stamp in self.stamps.items() if stamp > since]
        return Changes(
            revision=self.now,
            entries=tuple(self.tracks[name].entry for name in touched if name in self.tracks),
            gone=frozenset(name for name in touched if name not in self.tracks),
            is_whole=self.forgotten_up_to <= since <= self.now,
        )

    def count_changes(self, space: Space, *, since: int, limit: int) -> int:
        self.counted += 1
        return min(limit, sum(stamp > since for stamp in self.stamps.values()))

    def windows_of(self, track_ids: Iterable[TrackId]) -> Mapping[TrackId, Windows]:
        return self.windows(SPACE, track_ids)

    def windows(self, space: Space, track_ids: Iterable[TrackId]) -> Mapping[TrackId, Windows]:
        return {name: self.tracks[name].windows for name in track_ids if name in self.tracks}

    def build(self, root: Path, *, kind: str = "exact", space: Space = SPACE) -> Snapshot:
        """Make a snapshot of them as they are now."""
        plan = Plan(
            space=space,
            revision=self.now,
            grouped=self.now,
            extent=Extent(tracks=len(self.tracks), window_bytes=0),
            phrases=np.empty((0, DIMENSION), dtype=np.float32),
            go_on=lambda: True,
        )
        in_order = [self.tracks[name] for name in sorted(self.tracks)]
        built = FaissBuilder(root, kind=kind, threads=1).build(in_order, plan)
        assert built is not None
        return built


class Shelf:
    """The rows of the snapshots, of which a test names the active one."""

    def __init__(self) -> None:
        self.now: Snapshot | None = None
        self.retired: list[Snapshot] = []

    def active(self, space: Space) -> Snapshot | None:
        return self.now

    def listed(self, space: Space | None = None) -> list[Snapshot]:
        return [_retired(one) for one in reversed(self.retired)]


def _retired(snapshot: Snapshot) -> Snapshot:
    return dataclasses.replace(snapshot, state=SnapshotState.RETIRED)


def brute_force(
    tracks: Iterable[IndexedTrack],
    query: NDArray[np.float32],
    *,
    k: int,
    where: Filters,
    duplicates: bool = True,
    per_artist: int | None = None,
) -> list[tuple[str, float]]:
    """Look at every track by itself; ids and cosines."""
    fitting = [one.entry for one in tracks if where.fits(one.entry.track_id, one.entry.facts)]
    found = sorted(
        ((_cosine(query, one), one) for one in fitting),
        key=lambda pair: (-pair[0], pair[1].track_id),
    )
    taken: list[tuple[str, float]] = []
    artists: Counter[str | None] = Counter()
    recordings: set[TrackId | None] = set()
    for cosine, one in found:
        artist, recording = one.facts.artist, one.facts.recording_id
        if artist and per_artist is not None and artists[artist] >= per_artist:
            continue
        if not duplicates and recording and recording in recordings:
            continue
        artists[artist] += 1
        recordings.add(recording)
        taken.append((one.track_id, cosine))
    return taken[:k]


def _cosine(query: NDArray[np.float32], entry: Entry) -> float:
    return round(float(embeddings.cosine(query, entry.vector[np.newaxis])[0]), 9)


def told(found: Sequence[Neighbour]) -> list[tuple[str, float]]:
    """What a search found, as `brute_force` tells it."""
    return [(one.track_id, round(one.cosine, 9)) for one in found]
