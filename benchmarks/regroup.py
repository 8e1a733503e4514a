"""Recordings found in a large library: whether all, how fast, and in how much memory.

    python -m benchmarks.regroup [TRACKS [CROWD]]

Without numbers: 100,000 tracks of 60 to 400 s, and crowds of 20,000 that last equally long. The
fingerprints are made up, on SQLite in a temporary folder. One track in twenty has a twin, which
differs in a fifth of its bits, begins up to a word later, and lasts up to 0.7 s longer. Prints
seconds and what each case took of memory (on Linux, in a process of its own). Fails where a twin is
not found, or two different tracks are told to be one.
"""

import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from indexer import recordings
from sightsong.adapters import store
from sightsong.adapters.store import migrate
from sightsong.adapters.store.schema import embeddings, tracks
from sightsong.core.embeddings import Space
from sightsong.core.fingerprints import MOST_WORDS
from sightsong.core.tracks import TrackState

_TRACKS = 100_000
_CROWD = 20_000
_TWINS = 20  # one track in so many has one
_NEW = 100
_NOISE = 0.2  # share of bits that differ
_LONGER_S = 0.7
_WORDS_PER_S = 5.38
_ROWS = 1000  # written at once
_MIB = 1024
_SPACE = Space("benchmark@1")
_VECTOR = bytes(2048)
_WINDOWS = bytes(20 * 1024)  # of 200 s in the full profile

Words = NDArray[np.uint32]
Found = tuple[float, float, int]
"""Seconds, MiB, and how many tracks were told another recording."""


def main() -> None:
    """Measure and print."""
    asked = [int(word) for word in sys.argv[1:]]
    count, crowd = (asked + [_TRACKS, _CROWD][len(asked) :])[:2]
    chance = np.random.default_rng(20261121)
    _case(f"{count:,} tracks of 60 to 400 s", chance.uniform(60, 400, count))
    _case(f"{crowd:,} tracks of 200 s", np.full(crowd, 200.0))
    _case(f"{crowd:,} tracks of 30 s", np.full(crowd, 30.0))
    _case(f"{crowd:,} copies of one of 200 s", np.full(crowd, 200.0), is_one=True)


def _case(name: str, lengths_s: NDArray[np.float64], *, is_one: bool = False) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.db"
        migrate.upgrade(url)
        with_twins = _copies(lengths_s) if is_one else _library(lengths_s)
        _fill(url, with_twins, revision=1)
        _say(f"{name}, all new", _apart(url, since=0))
        lost, wrong = _judged(url)
        print(f"{'':44} lost {lost}, wrong {wrong}")
        if lost or wrong:
            raise SystemExit("not all twins were found, and those alone")
        _say("  nothing new", _apart(url, since=1))
        few = np.random.default_rng(3).choice(lengths_s, _NEW)
        _fill(url, _library(few, prefix="later"), revision=2)
        _say(f"  {_NEW} new", _apart(url, since=1))


def _say(name: str, found: Found) -> None:
    took_s, grown_mib, told = found
    print(f"{name:44} {took_s:6.1f} s  {grown_mib:5.0f} MiB more  {told:6,} told", flush=True)


def _library(
    lengths_s: NDArray[np.float64], *, prefix: str = "track"
) -> Iterator[tuple[str, float, Words]]:
    """Id, duration and fingerprint of each track; the ids of twins begin with the same word."""
    chance = np.random.default_rng(len(lengths_s))
    for number, length_s in enumerate(lengths_s.tolist()):
        words = _words(chance, length_s)
        yield f"{prefix}{number:06} one", length_s, words
        if number % _TWINS == 0:
            longer_s = chance.uniform(0, _LONGER_S)
            yield f"{prefix}{number:06} two", length_s + longer_s, _again(chance, words)


def _copies(lengths_s: NDArray[np.float64]) -> Iterator[tuple[str, float, Words]]:
    chance = np.random.default_rng(1)
    words = _words(chance, lengths_s[0])
    for number, length_s in enumerate(lengths_s.tolist()):
        yield f"same {number:06}", length_s, _again(chance, words)


def _words(chance: np.random.Generator, length_s: float) -> Words:
    count = min(round(length_s * _WORDS_PER_S), MOST_WORDS)
    return chance.integers(2**32, size=count, dtype=np.uint32)


def _again(chance: np.random.Generator, words: Words) -> Words:
    """What another encoder makes of it: a word later or not, some bits otherwise."""
    flips = chance.random((len(words), 32), dtype=np.float32) < _NOISE
    noisy: Words = words ^ np.packbits(flips, axis=1).view(np.uint32).ravel()
    return np.roll(noisy, chance.integers(2))


def _fill(url: str, library: Iterator[tuple[str, float, Words]], *, revision: int) -> None:
    """Write tracks as if they were embedded, by SQL: in the order of their ids, as they come."""
    stores = store.open_stores(url, Path(), disk_reserve_bytes=0)
    some: list[tuple[str, float, Words]] = []
    for one in library:
        some.append(one)
        if len(some) == _ROWS:
            _write(stores, some, revision)
            some = []
    if some:
        _write(stores, some, revision)
    stores.close()


def _write(stores: store.SqlStores, some: list[tuple[str, float, Words]], revision: int) -> None:
    known = {"state": TrackState.READY, "tags": {}, "descriptors": {}, "added_at": 0.0}
    heard = {"space": _SPACE, "revision": revision, "vector": _VECTOR, "windows": _WINDOWS}
    with stores.database.write() as connection:
        connection.execute(
            tracks.insert(),
            [known | {"id": i, "sha256": i, "path": i, "duration_s": s} for i, s, _ in some],
        )
        connection.execute(
            embeddings.insert(),
            [
                heard | {"track_id": i, "window_starts_s": [], "fingerprint": words.tobytes()}
                for i, _, words in some
            ],
        )


def _apart(url: str, *, since: int) -> Found:
    """Group in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_regroup, (url, since))


def _regroup(url: str, since: int) -> Found:
    stores = store.open_stores(url, Path(), disk_reserve_bytes=0)
    before = _peak_kib()
    began = time.perf_counter()
    told = recordings.regroup(stores.tracks, _SPACE, since=since)
    took_s = time.perf_counter() - began
    grown = _peak_kib() - before
    stores.close()
    return took_s, grown / _MIB, told


def _peak_kib() -> int:
    """What this process took at most; on Linux, where the usual count begins with the parent's."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


def _judged(url: str) -> tuple[int, int]:
    """How many tracks of pairs were not told their first one's id, and how many others were."""
    stores = store.open_stores(url, Path(), disk_reserve_bytes=0)
    with stores.database.read() as connection:
        rows = connection.execute(select(tracks.c.id, tracks.c.recording_id)).all()
    stores.close()
    told: dict[str, str | None] = {row.id: row.recording_id for row in rows}
    of_music: dict[str, list[str]] = {}
    for track in told:
        of_music.setdefault(track.split()[0], []).append(track)
    lost = wrong = 0
    for group in of_music.values():
        name = min(group) if len(group) > 1 else None
        lost += sum(told[track] is None and name is not None for track in group)
        wrong += sum(told[track] not in (None, name) for track in group)
    return lost, wrong


if __name__ == "__main__":
    main()
