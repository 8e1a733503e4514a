"""Building snapshots on a Milvus server, and tidying up after them."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from indexer.building import Plan
from indexer.milvus import MilvusBuilder
from sightsong.adapters import memory
from sightsong.adapters.library.milvus_server import ADMIN_S, Server, home_of
from sightsong.core.embeddings import Space, unit
from sightsong.core.errors import ConfigurationError, StoreUnavailable
from sightsong.core.facts import Facts
from sightsong.core.snapshots import Entry, Extent, IndexedTrack, Windows
from sightsong.core.tracks import TrackId
from tests.milvus_lite import milvus_url  # noqa: F401 - the fixture

COUNT = 1500  # more than are sent at once
_spaces = (Space(f"built@{number}") for number in itertools.count(1))


def tracks_of(count):
    for number in range(count):
        vector = unit(np.random.default_rng(number).standard_normal(8)).astype(np.float16)
        yield IndexedTrack(
            entry=Entry(track_id=TrackId(f"track {number:04}"), vector=vector, facts=Facts()),
            windows=Windows(vectors=vector[np.newaxis], starts_s=(0.0,)),
        )


def broken_off(count):
    yield from tracks_of(count)
    raise StoreUnavailable("the database is away")


@pytest.fixture
def plan() -> Plan:
    return Plan(
        space=next(_spaces),
        revision=7,
        grouped=5,
        extent=Extent(tracks=COUNT, window_bytes=0),
        phrases=unit(np.random.default_rng(1).standard_normal((9, 8))),
        go_on=lambda: True,
    )


def collections_of(space, url):
    names = Server(url).ask("list_collections", within_s=ADMIN_S)
    return [name for name in names if name.startswith(home_of(space))]


def is_loaded(snapshot, url):
    told = Server(url).ask("get_load_state", snapshot.path, within_s=ADMIN_S)
    return told["state"].name == "Loaded"


def test_an_index_that_milvus_does_not_have_is_refused():
    with pytest.raises(ConfigurationError, match="annoy"):
        MilvusBuilder("http://127.0.0.1:19530", kind="annoy")


def test_the_manifest_tells_what_was_built(plan, milvus_url):  # noqa: F811
    built = MilvusBuilder(milvus_url, kind="ivf-sq8").build(tracks_of(COUNT), plan)
    told = built.manifest
    assert (told["backend"], told["kind"], told["factory"]) == ("milvus", "ivf-sq8", "IVF_SQ8")
    assert (told["revision"], told["grouped"], told["dimension"]) == (7, 5, 8)
    assert (told["tracks"], told["bytes"]) == (COUNT, COUNT * 8 * 4)
    assert told["parameters"].keys() == {"nprobe"}
    assert min(told["recall_at_10"][sort] for sort in ("library", "text")) >= 0.95


def test_few_tracks_are_compared_one_by_one(plan, milvus_url):  # noqa: F811
    built = MilvusBuilder(milvus_url).build(tracks_of(20), plan)
    assert (built.manifest["kind"], built.manifest["factory"]) == ("exact", "FLAT")
    assert built.manifest["recall_at_10"] == {"library": 1.0, "text": 1.0}


def test_a_build_that_is_told_to_stop_leaves_no_collection(plan, milvus_url):  # noqa: F811
    answers = iter([True, False])
    stopping = replace(plan, go_on=lambda: next(answers))
    assert MilvusBuilder(milvus_url).build(tracks_of(COUNT), stopping) is None
    assert collections_of(plan.space, milvus_url) == []


def test_a_build_that_fails_leaves_no_collection(plan, milvus_url):  # noqa: F811
    with pytest.raises(StoreUnavailable):
        MilvusBuilder(milvus_url).build(broken_off(COUNT), plan)
    assert collections_of(plan.space, milvus_url) == []


def test_of_the_retired_snapshots_only_the_newest_stays_in_memory(plan, milvus_url):  # noqa: F811
    rows = memory.open_stores().snapshots
    builder = MilvusBuilder(milvus_url)
    built = [builder.build(tracks_of(20), plan) for _ in range(3)]
    for snapshot in built:
        rows.add(snapshot)
        rows.activate(snapshot.version)
    assert builder.prune(plan.space, rows) == []
    assert [is_loaded(snapshot, milvus_url) for snapshot in built] == [False, True, True]


def test_without_an_active_snapshot_nothing_is_pruned(plan, milvus_url):  # noqa: F811
    builder = MilvusBuilder(milvus_url)
    left = builder.build(tracks_of(20), plan)
    assert builder.prune(plan.space, memory.open_stores().snapshots) == []
    builder.verify(left)
