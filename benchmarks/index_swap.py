"""A hundred snapshots swapped in under searches: how long each takes, and what searches feel of it.

    python -m benchmarks.index_swap [TRACKS [SWAPS [SEARCHERS]]]

Without numbers: 100,000 tracks, 100 swaps, 3 searching threads. Four snapshots are built of as many
libraries, whose tracks have other vectors; the reader is sent from one to the next, while tracks
are added, changed and removed between. Each search asks for 50 tracks, no two encodings of one
recording and two of an artist, every other one with a filter, and the best windows of ten. Each
answer is compared with what its snapshot's tracks say: one that names a track with a cosine that is
not of its own snapshot's vector is mixed.

Prints, for each swap, seconds to check and load, searches meanwhile and the slowest of them, and
memory. Fails where a search failed, an answer was mixed, or memory grew with the swaps.
"""

import functools
import gc
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import synthetic
from indexer.building import Plan
from indexer.snapshot import FaissBuilder
from sightsong.adapters.library.loaded import opening
from sightsong.adapters.library.reader import Habits, SnapshotLibrary
from sightsong.core import embeddings
from sightsong.core.embeddings import Space
from sightsong.core.facts import Facts, Filters
from sightsong.core.ports import LibraryView
from sightsong.core.snapshots import Changes, Entry, Extent, IndexedTrack, Snapshot, Windows
from sightsong.core.tracks import TrackId

_TRACKS, _SWAPS, _SEARCHERS = 100_000, 100, 3
_LIBRARIES = 4
_WINDOWS = 2  # of each track
_CHANGED = 200  # tracks that differ from the snapshot
_K = 50
_QUERIES = 500
_PAUSE_S = 0.02  # between two searches of a thread: about what a worker computes between
_MIB = 1024
_SPACE = Space("benchmark@1")
#: Mapped files count as memory while they are read; what a process has for itself must not grow.
_MOST_GROWTH_MIB = 64


@dataclass
class Library:
    """One snapshot, and what is true of its tracks."""

    snapshot: Snapshot
    vectors: NDArray[np.float16]  # (n, d)
    revision: int
    entries: Mapping[TrackId, Entry]  # those that changed since
    gone: frozenset[TrackId]


@dataclass
class Rows:
    """What a reader asks of the database, of whichever library is served."""

    now: Library

    def active(self, _space: Space) -> Snapshot:
        """Tell the snapshot."""
        return self.now.snapshot

    def revision(self, _space: Space) -> int:
        """Tell the counter."""
        return self.now.revision

    def changes(self, _space: Space, *, since: int) -> Changes:
        """Tell what changed since the snapshot; nothing changes later."""
        if since == self.now.revision:
            return Changes(revision=since)
        entries = tuple(self.now.entries.values())
        return Changes(revision=self.now.revision, entries=entries, gone=self.now.gone)

    def count_changes(self, _space: Space, *, since: int, limit: int) -> int:
        """Count what `changes` would tell of."""
        changes = self.changes(_space, since=since)
        return min(limit, len(changes.entries) + len(changes.gone))

    def windows(self, _space: Space, ids: Iterable[TrackId]) -> Mapping[TrackId, Windows]:
        """Tell the windows of changed tracks."""
        found = {one: self.now.entries[one] for one in ids if one in self.now.entries}
        return {
            one: Windows(vectors=entry.vector[np.newaxis], starts_s=(0.0,))
            for one, entry in found.items()
        }


@dataclass
class Tally:
    """What the searching threads saw."""

    took_s: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    mixed: int = 0
    versions: set[str] = field(default_factory=set)


def main() -> None:
    """Build, swap, search, judge."""
    asked = [int(word) for word in sys.argv[1:]]
    tracks, swaps, searchers = asked + [_TRACKS, _SWAPS, _SEARCHERS][len(asked) :]
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        libraries = [_build(Path(folder), tracks, number) for number in range(_LIBRARIES)]
        manifest = libraries[0].snapshot.manifest
        took_s = time.perf_counter() - began
        print(
            f"{_LIBRARIES} snapshots of {tracks:,} tracks, kind {manifest['kind']}, "
            f"{manifest['bytes'] / 2**20:,.0f} MiB each, built in {took_s:.0f} s"
        )
        _swap(Path(folder), libraries, swaps=swaps, searchers=searchers)


def _build(root: Path, tracks: int, number: int) -> Library:
    made = synthetic.Library(tracks, seed=number)
    vectors = np.concatenate(list(made.blocks()))
    plan = Plan(
        space=_SPACE,
        revision=100 * number + 1,
        grouped=0,
        extent=Extent(tracks=tracks, window_bytes=vectors.nbytes * _WINDOWS),
        phrases=made.queries(50, is_text=True),
        go_on=lambda: True,
    )
    snapshot = FaissBuilder(root).build(_indexed(vectors), plan)
    if snapshot is None:
        raise SystemExit("it was not built")
    return Library(
        snapshot=snapshot,
        vectors=vectors,
        revision=plan.revision + 1,
        entries={entry.track_id: entry for entry in _changed(vectors)},
        gone=frozenset(_name(row) for row in range(_CHANGED, 2 * _CHANGED)),
    )


def _name(row: int) -> TrackId:
    return TrackId(f"{row:032x}")


def _facts(row: int) -> Facts:
    artist = f"artist:{row % 997}"
    return Facts(
        terms=(f"genre:{row % 20}", artist),
        artist=artist,
        recording_id=_name(row // 2 * 2) if row % 20 < 2 else None,
        duration_s=float(row % 600),
    )


def _indexed(vectors: NDArray[np.float16]) -> Iterator[IndexedTrack]:
    for row, vector in enumerate(vectors):
        yield IndexedTrack(
            entry=Entry(track_id=_name(row), vector=vector, facts=_facts(row)),
            windows=Windows(
                vectors=np.repeat(vector[np.newaxis], _WINDOWS, axis=0), starts_s=(0.0, 10.0)
            ),
        )


def _changed(vectors: NDArray[np.float16]) -> Iterator[Entry]:
    """Some tracks with another vector than the snapshot has, and some new ones."""
    for row in (*range(_CHANGED // 2), *range(len(vectors), len(vectors) + _CHANGED // 2)):
        other = vectors[(row + 7) % len(vectors)]
        yield Entry(track_id=_name(row), vector=other, facts=_facts(row))


def _swap(root: Path, libraries: list[Library], *, swaps: int, searchers: int) -> None:
    rows: Any = Rows(now=libraries[0])
    # In this thread, which nothing else runs in, so that the time it takes can be told.
    habits = Habits(aside=lambda load: load())
    reader = SnapshotLibrary(rows, rows, _SPACE, open_base=opening(root), habits=habits)
    reader.follow()
    known = {library.snapshot.version: library for library in libraries}
    queries = synthetic.Library(1000, seed=0).queries(_QUERIES, is_text=False)
    tally, stopping = Tally(), threading.Event()
    search = functools.partial(_search, reader, known, queries)
    threads = [
        threading.Thread(target=_go_on, args=(search, tally, stopping, place))
        for place in range(searchers)
    ]
    for thread in threads:
        thread.start()
    private = [_swap_once(reader, rows, tally, number, libraries) for number in range(1, swaps + 1)]
    stopping.set()
    for thread in threads:
        thread.join()
    _judge(tally, private, versions=len(libraries))


def _swap_once(
    reader: SnapshotLibrary, rows: Rows, tally: Tally, number: int, libraries: list[Library]
) -> float:
    rows.now = libraries[number % len(libraries)]
    before = len(tally.took_s)
    began = time.perf_counter()
    reader.follow()
    took_s = time.perf_counter() - began
    meanwhile = tally.took_s[before:]
    slowest_ms = max(meanwhile, default=0.0) * 1000
    if reader.view().snapshot != rows.now.snapshot.version:
        raise SystemExit(f"it did not move: {reader.health()}")
    gc.collect()
    memory = _memory()
    print(
        f"swap {number:3}  loaded in {took_s:5.2f} s  {len(meanwhile):5} searches meanwhile, "
        f"slowest {slowest_ms:6.1f} ms  RSS {memory['Rss:']:6.0f} MiB, "
        f"of that its own {memory['Anonymous:']:5.0f} MiB",
        flush=True,
    )
    return memory["Anonymous:"]


def _go_on(search: Any, tally: Tally, stopping: threading.Event, place: int) -> None:  # noqa: ANN401 - a partial function
    dice = np.random.default_rng(place)
    while not stopping.wait(_PAUSE_S):
        try:
            search(tally, dice)
        except Exception as error:  # noqa: BLE001 - counted, whatever it is
            tally.failed.append(repr(error))


def _search(
    reader: SnapshotLibrary,
    known: Mapping[str, Library],
    queries: NDArray[np.float32],
    tally: Tally,
    dice: np.random.Generator,
) -> None:
    query = queries[dice.integers(len(queries))]
    where = Filters(genres=(str(dice.integers(20)),)) if dice.integers(2) else None
    began = time.perf_counter()
    view = reader.view()
    found = view.search(query, k=_K, where=where, per_artist=2)
    view.best_windows(query, [one.track_id for one in found[:10]])
    tally.took_s.append(time.perf_counter() - began)
    tally.mixed += not _is_whole(view, known, query, found)


def _is_whole(
    view: LibraryView,
    known: Mapping[str, Library],
    query: NDArray[np.float32],
    found: Any,  # noqa: ANN401
) -> bool:
    """Whether an answer holds what its own snapshot, and the changes since, say."""
    library = known[str(view.snapshot)]
    if len(found) != _K or view.revision != library.revision:
        return False
    for one in found:
        entry = library.entries.get(one.track_id)
        vector = entry.vector if entry else library.vectors[int(one.track_id, 16)]
        cosine = embeddings.cosine(query, vector[np.newaxis])[0]
        if one.cosine != cosine or one.track_id in library.gone:
            return False
    return True


def _judge(tally: Tally, private_mib: list[float], *, versions: int) -> None:
    p50, p99, most = np.quantile(np.array(tally.took_s) * 1000, [0.5, 0.99, 1.0])
    growth = private_mib[-1] - private_mib[min(len(private_mib), 2 * versions) - 1]
    print(
        f"{len(tally.took_s):,} searches: p50 {p50:.1f} ms, p99 {p99:.1f} ms, "
        f"slowest {most:.1f} ms; failed {len(tally.failed)}, mixed {tally.mixed}; "
        f"own memory grew by {growth:.0f} MiB"
    )
    for reason in sorted(set(tally.failed)):
        print(reason)
    if tally.failed or tally.mixed or growth > _MOST_GROWTH_MIB:
        raise SystemExit("FAILED")
    print("every search was answered from one version alone")


def _memory() -> Mapping[str, float]:
    """What this process takes of memory, in MiB."""
    lines = Path("/proc/self/smaps_rollup").read_text("ascii").splitlines()[1:]
    return {line.split()[0]: int(line.split()[1]) / _MIB for line in lines}


if __name__ == "__main__":
    main()
