"""Probing: what a written index finds of what is truly nearest, and how far it must look."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer import index, steps
from indexer.index import Near
from sightsong.adapters.library.near import pool_for
from sightsong.core.embeddings import unit

#: Recall@10 that is aimed for, with probes of each sort.
WANTED = 0.99
_SEED = 4711
_PROBES = 200
#: Length of the noise on a probe: its cosine with the vector that it was made of is 0.96.
_NOISE = 0.3
#: Cosine of a word's vector with those of the music that it names: the spaces of text and of audio
#: lie apart.
_GAP_COSINE = 0.5
#: Fewer phrases would tell too little.
_LEAST_PHRASES = 8
#: Candidates that are measured exactly: what is tried.
_POOLS = (50, 100, 200, 400, 800, 1600)
#: To measure one costs as much for each dimension as to pass so many bytes of codes: twice the
#: bytes, and four times as long for each, as they lie apart (measured with 1M tracks).
_MEASURED_BYTES = 8
_K = 10
#: Tracks that a job asks for at most; how many of so many are found is told as well.
_DEEP = 200
#: Products within this are one: they were summed in another order.
_ALIKE = 1e-5

Vectors = NDArray[np.float16]
"""What was indexed, (n, d)."""


@dataclass(frozen=True, kw_only=True)
class Probes:
    """Queries of one sort, with the truth about them."""

    queries: NDArray[np.float32]  #: (m, d)
    products: NDArray[np.float32]  #: (m, k), the highest there are, highest first.
    rows: NDArray[np.int64]  #: (m, k), of the vectors that they are with.


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How far a search must look, and what it finds then."""

    knob: int
    pool: int
    recall: Mapping[str, float]  #: At 10, by sort of probe.

    @property
    def worst(self) -> float:
        """Recall@10 with the sort of probe that fares worst."""
        return min(self.recall.values())


def probes_of(
    vectors: Vectors, phrases: NDArray[np.float32], *, go_on: Callable[[], bool]
) -> Mapping[str, Probes]:
    """Make probes, always the same of the same vectors, and find the truth about them.

    Args:
        vectors: (n, d), n above 0; read a part at a time.
        phrases: float32, (m, d), vectors of words; with few of them, some are made up.
        go_on: asked at every part.

    Returns:
        Probes by sort: `library`, like photos and tracks; `text`, like words.

    Raises:
        Stopped: it is to stop.
    """
    dice = np.random.default_rng(_SEED)
    library = _noisy(_picked(vectors, dice), dice)
    has_phrases = len(phrases) >= _LEAST_PHRASES and phrases.shape[1] == vectors.shape[1]
    text = unit(phrases) if has_phrases else _like_words(_picked(vectors, dice), dice)
    queries = np.concatenate([library, text])
    products, rows = _truth(vectors, queries, go_on=go_on)
    parts = {"library": slice(len(library)), "text": slice(len(library), None)}
    return {
        name: Probes(queries=queries[part], products=products[part], rows=rows[part])
        for name, part in parts.items()
    }


def find_reach(
    near: Near, vectors: Vectors, probes: Mapping[str, Probes], *, go_on: Callable[[], bool]
) -> Reach:
    """Find the cheapest search that reaches the recall aimed for, else the furthest there is.

    Raises:
        Stopped: it is to stop.
    """
    best: Reach | None = None
    furthest = None
    for knob in near.kind.knobs_for(len(vectors)):
        pools = _pools(near, knob)
        if best is not None and _cost(near, knob, pools[0]) >= _cost(near, best.knob, best.pool):
            break
        steps.step(go_on)
        furthest = _least_reach(near, vectors, probes, knob=knob)
        if furthest.worst >= WANTED and (
            best is None or _cost(near, knob, furthest.pool) < _cost(near, best.knob, best.pool)
        ):
            best = furthest
    found = best or furthest
    if found is None:  # there is always a knob to try
        raise ValueError(near.kind.name)
    return found


def deep_recall(
    near: Near, vectors: Vectors, probes: Mapping[str, Probes], reach: Reach
) -> Mapping[str, float]:
    """Measure the recall at 200, with as many more candidates as readers take for so many."""
    pool = min(pool_for(reach.pool, _DEEP), near.size)
    return {
        name: _share(_right(near, vectors, of, knob=reach.knob, pool=pool, k=_DEEP), of, k=_DEEP)
        for name, of in probes.items()
    }


def _least_reach(near: Near, vectors: Vectors, probes: Mapping[str, Probes], *, knob: int) -> Reach:
    """With this setting of the knob, the fewest candidates that reach what is aimed for."""
    pools = _pools(near, knob)
    right = {
        name: _right(near, vectors, of, knob=knob, pool=pools[-1], k=_K)
        for name, of in probes.items()
    }
    for pool in pools:
        recall = {name: _share(right[name][:, :pool], of, k=_K) for name, of in probes.items()}
        reach = Reach(knob=knob, pool=pool, recall=recall)
        if reach.worst >= WANTED:
            break
    return reach


def _share(right: NDArray[np.bool_], probes: Probes, *, k: int) -> float:
    """Share of the `k` truly nearest that were found, where these of the candidates are right."""
    k = min(k, probes.rows.shape[1])
    return float(np.minimum(right.sum(axis=1), k).mean() / k)


def _right(
    near: Near, vectors: Vectors, probes: Probes, *, knob: int, pool: int, k: int
) -> NDArray[np.bool_]:
    """Which candidates are among the `k` truly nearest, (m, pool), in the order they are found."""
    rows = near.candidates(probes.queries, knob=knob, pool=pool)
    right = np.zeros(rows.shape, np.bool_)
    for place, found in enumerate(rows):
        right[place] = np.isin(found, probes.rows[place, :k])
    for place in _tied(probes, k):
        # Of vectors that are equally near, each is a right answer.
        there = rows[place] >= 0
        products = vectors[rows[place, there]].astype(np.float32) @ probes.queries[place]
        right[place, there] = products >= probes.products[place, k - 1] - _ALIKE
    return right


def _tied(probes: Probes, k: int) -> NDArray[np.intp]:
    """The probes to which the `k`-th nearest is as near as the next one, which was left out."""
    if probes.products.shape[1] <= k:
        return np.empty(0, np.intp)
    return np.flatnonzero(probes.products[:, k - 1] - probes.products[:, k] < _ALIKE)


def _pools(near: Near, knob: int) -> tuple[int, ...]:
    """How many candidates are worth to be tried: a graph is searched as far as it finds."""
    pools = (knob,) if near.kind.knob == "ef" else _POOLS
    return tuple(dict.fromkeys(min(pool, near.size) for pool in pools))


def _cost(near: Near, knob: int, pool: int) -> float:
    """What a search costs, nearly, in bytes that are read one after another."""
    dimension, lists = near.dimension, near.kind.lists(near.size)
    if not lists:
        return knob
    looked = knob * near.size / lists * near.kind.code_bytes(dimension)
    return looked + pool * dimension * _MEASURED_BYTES


def _picked(vectors: Vectors, dice: np.random.Generator) -> NDArray[np.float32]:
    rows = dice.choice(len(vectors), min(_PROBES, len(vectors)), replace=False)
    picked: NDArray[np.float32] = vectors[np.sort(rows)].astype(np.float32)
    return picked


def _noisy(vectors: NDArray[np.float32], dice: np.random.Generator) -> NDArray[np.float32]:
    noise = unit(dice.standard_normal(vectors.shape))
    return unit(vectors + _NOISE * noise)


def _like_words(vectors: NDArray[np.float32], dice: np.random.Generator) -> NDArray[np.float32]:
    """Move vectors apart from the music, all in one direction."""
    gap = unit(dice.standard_normal(vectors.shape[1:]))
    length = math.sqrt(1 / _GAP_COSINE**2 - 1)
    return unit(_noisy(vectors, dice) + length * gap)


def _truth(
    vectors: Vectors, queries: NDArray[np.float32], *, go_on: Callable[[], bool]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The highest products of each query with all vectors, and with which rows they are."""
    k = min(_DEEP + 1, len(vectors))
    products = np.empty((len(queries), 0), np.float32)
    rows = np.empty((len(queries), 0), np.int64)
    for part in steps.slices(len(vectors), go_on):
        some = vectors[part].astype(np.float32)
        found, places = index.nearest(queries, some, min(k, len(some)))
        products = np.concatenate([products, found], axis=1)
        rows = np.concatenate([rows, places + part.start], axis=1)
        order = np.argsort(-products, axis=1, kind="stable")[:, :k]
        products = np.take_along_axis(products, order, axis=1)
        rows = np.take_along_axis(rows, order, axis=1)
    return products, rows
