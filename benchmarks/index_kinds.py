"""Kinds of index beside one another: what each finds, how fast, and what it takes.

    python -m benchmarks.index_kinds [TRACKS [NAME ...]]

Without a number: 100,000 made-up tracks of 512 dimensions (`benchmarks.synthetic`). Names: numpy
(the usual way: one product with all vectors), exact, ivf, ivf-sq8, hnsw (our kinds, as the indexer
builds and the workers read them), hnswlib, voyager, usearch (left out where not installed); without
names: all. A million takes some 5 GB of disk in the temporary folder (`TMPDIR`) and 8 GB of memory
at once. Each is built in a process of its own on two threads, and searched in another on one.

Prints a table in Markdown. Where an index can be told how much to spend on a search, it spends the
least with which it finds 0.99 of the 10 nearest of other queries of both sorts; ours have found it
out while they were built. "like photos": queries as the library is; "like texts": queries that lie
apart from it. The times are those of a search for 10, one after another, of both sorts. Memory is
that of the whole process; some 65 MB of it are Python and its libraries.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import contestants
from benchmarks.contestants import CONTESTANTS, THREADS, VECTORS, Contestant, Opened
from benchmarks.synthetic import DIMENSION, Library

TRACKS = 100_000
QUERIES = 300  # of each sort
TUNING = 100
K = 10
GOOD = 0.99
LONGEST_S = 40.0  # for the times of one contestant
BUSY_S = 3.0  # for its searches a second
_SAME = 1e-5  # products within this are one: they were summed in another order
_SORTS = {"like photos": False, "like texts": True}
_HEAD = (
    "index",
    "recall@10 like photos",
    "like texts",
    "p50 ms",
    "p99 ms",
    "a second, 1 thread",
    "2 threads",
    "build s",
    "load s",
    "files MB",
    "RSS MB",
    "PSS MB",
)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Queries, and the products of the 10 nearest to each."""

    queries: NDArray[np.float32]  # (m, d)
    truth: NDArray[np.float32]  # (m, 10), greatest first


def main() -> None:
    """Compare, or be one of the processes that do one part of it."""
    if sys.argv[1:2] == ["--build"]:
        CONTESTANTS[sys.argv[2]].build(Path(sys.argv[3]))
    elif sys.argv[1:2] == ["--search"]:
        print(json.dumps(_searched(CONTESTANTS[sys.argv[2]], Path(sys.argv[3]))))
    else:
        count = int(sys.argv[1]) if len(sys.argv) > 1 else TRACKS
        _compare(count, sys.argv[2:] or list(CONTESTANTS))


def _compare(count: int, names: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="index_kinds.") as root:
        _prepare(Path(root), count)
        print(f"\n| {' | '.join(_HEAD)} |\n|{'---|' * len(_HEAD)}", flush=True)
        for name in names:
            why_not = contestants.missing(name)
            if why_not:
                print(f"{why_not}: left out", file=sys.stderr)
                continue
            print(f"| {' | '.join(_row(name, Path(root)))} |", flush=True)


def _prepare(root: Path, count: int) -> None:
    """Write the vectors and the queries, and say how hard they are."""
    library = Library(count)
    vectors = np.lib.format.open_memmap(root / VECTORS, "w+", np.float16, (count, DIMENSION))
    start = 0
    for block in library.blocks():
        vectors[start : start + len(block)] = block
        start += len(block)
    print(f"{count:,} tracks, {DIMENSION} dimensions; mean cosine of the")
    for name, is_text in _SORTS.items():
        for use, many, seed in (("asked", QUERIES, 2), ("tuning", TUNING, 3)):
            queries = library.queries(many, is_text=is_text, seed=seed)
            truth, spread = _nearest(vectors, queries)
            np.savez(root / f"{use} {name}.npz", queries=queries, truth=truth)
        places = ", ".join(f"{place}: {truth[:, place - 1].mean():.3f}" for place in (1, 10))
        print(f"  nearest {places}, of any {spread:.3f} (queries {name})")


def _nearest(
    vectors: NDArray[np.float16], queries: NDArray[np.float32]
) -> tuple[NDArray[np.float32], float]:
    """The greatest products of each query, (m, 10), and the mean of all."""
    best = np.empty((len(queries), 0), np.float32)
    total = 0.0
    for start in range(0, len(vectors), 50_000):
        products = queries @ vectors[start : start + 50_000].astype(np.float32).T
        total += float(products.sum(dtype=np.float64))
        every = np.concatenate([best, products], axis=1)
        best = -np.sort(-np.partition(every, -K, axis=1)[:, -K:], axis=1)
    return best, total / len(queries) / len(vectors)


def _row(name: str, root: Path) -> list[str]:
    folder = root / name
    folder.mkdir()
    began = time.perf_counter()
    _part("--build", name, folder, threads=THREADS)
    built_s = time.perf_counter() - began
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    found = json.loads(_part("--search", name, folder, threads=1))
    shutil.rmtree(folder)  # a million take gigabytes
    label = CONTESTANTS[name].name + (f", {found['knob']}" if found["knob"] else "")
    return [
        label,
        *(f"{found['recall'][sort]:.4f}" for sort in _SORTS),
        f"{found['p50_ms']:.2f}",
        f"{found['p99_ms']:.2f}",
        *(f"{rate:,.0f}" for rate in found["rates"]),
        f"{built_s:.1f}",
        f"{found['load_s']:.2f}",
        f"{size / 1e6:,.0f}",
        *(f"{found[memory]:,.0f}" if memory in found else "?" for memory in ("Rss", "Pss")),
    ]


def _part(step: str, name: str, folder: Path, *, threads: int) -> str:
    """Do one part in a process of its own, with so many threads for each library in it."""
    limits = {key: str(threads) for key in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.index_kinds", step, name, str(folder)],
        env=os.environ | limits,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return done.stdout


def _searched(contestant: Contestant, folder: Path) -> Mapping[str, Any]:
    began = time.perf_counter()
    opened = contestant.open(folder)
    load_s = time.perf_counter() - began
    knob = _tune(opened, folder)
    asked = {name: _read(folder, "asked", name) for name in _SORTS}
    queries = np.concatenate([one.queries for one in asked.values()])
    times_ms = 1000 * np.array(list(_times(opened, queries)))
    rates = [_rate(opened, queries, threads=threads) for threads in (1, 2)]
    memory = _memory_mb()  # before the vectors are looked at
    return {
        "knob": knob,
        "recall": {name: _recall(opened, one, folder) for name, one in asked.items()},
        "p50_ms": float(np.percentile(times_ms, 50)),
        "p99_ms": float(np.percentile(times_ms, 99)),
        "rates": rates,
        "load_s": load_s,
        **memory,
    }


def _tune(opened: Opened, folder: Path) -> int | None:
    """Turn the knob to the least that finds enough of both sorts."""
    knob = None
    for knob in opened.knobs:
        opened.turn(knob)
        if all(_recall(opened, _read(folder, "tuning", name), folder) >= GOOD for name in _SORTS):
            break
    return knob


def _times(opened: Opened, queries: NDArray[np.float32]) -> Iterator[float]:
    for query in queries[:20]:
        opened.rows(query, K)  # pages are read in, caches filled
    until = time.perf_counter() + LONGEST_S
    # Both sorts by turns, so that a slow contestant is timed with both.
    for number in np.random.default_rng(0).permutation(len(queries)):
        began = time.perf_counter()
        opened.rows(queries[number], K)
        yield time.perf_counter() - began
        if time.perf_counter() > until:
            return


def _rate(opened: Opened, queries: NDArray[np.float32], *, threads: int) -> float:
    """Searches a second of so many threads at once."""
    counts = [0] * threads
    until = time.perf_counter() + BUSY_S

    def search(number: int) -> None:
        while time.perf_counter() < until:
            opened.rows(queries[counts[number] % len(queries)], K)
            counts[number] += 1

    began = time.perf_counter()
    busy = [threading.Thread(target=search, args=(number,)) for number in range(threads)]
    for thread in busy:
        thread.start()
    for thread in busy:
        thread.join()
    return sum(counts) / (time.perf_counter() - began)


def _recall(opened: Opened, asked: Asked, folder: Path) -> float:
    """Share of the 10 nearest that is found. Equal vectors are equally right answers."""
    vectors = np.load(folder.parent / VECTORS, mmap_mode="r")
    hits = 0
    for query, truth in zip(asked.queries, asked.truth, strict=True):
        products = vectors[opened.rows(query, K)].astype(np.float32) @ query
        hits += int((products >= truth[-1] - _SAME).sum())
    return hits / asked.truth.size


def _read(folder: Path, use: str, name: str) -> Asked:
    with np.load(folder.parent / f"{use} {name}.npz") as kept:
        return Asked(queries=kept["queries"], truth=kept["truth"])


def _memory_mb() -> dict[str, float]:
    """What this process holds, and that with shared pages shared out; where the system tells."""
    told = Path("/proc/self/smaps_rollup")
    if not told.exists():
        return {}
    lines = [line.split() for line in told.read_text().splitlines()[1:]]
    return {one[0][:-1]: int(one[1]) / 1000 for one in lines if one[0] in ("Rss:", "Pss:")}


if __name__ == "__main__":
    main()
