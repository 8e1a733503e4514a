"""Building snapshots on a Milvus server, and tidying up after them."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from indexer.building import Elsewhere, Plan
from indexer.milvus import MilvusBuilder
from sightsong.adapters import memory
from sightsong.adapters.library.milvus_server import ADMIN_S, Server, collection_of, home_of
from sightsong.core.embeddings import Space, unit
from sightsong.core.errors import ConfigurationError, SnapshotRefused, StoreUnavailable
from sightsong.core.facts import Facts
from sightsong.core.snapshots import Entry, Extent, IndexedTrack, Snapshot, Windows
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


def test_a_collection_without_a_row_is_left_alone_for_a_day(plan, milvus_url):  # noqa: F811
    rows, now = memory.open_stores().snapshots, datetime.now(UTC)
    begun = [f"{now - timedelta(hours=ago):%Y%m%dT%H%M%S%f}-0000000a" for ago in (23, 25)]
    for version in begun:
        name = collection_of(plan.space, version)
        Server(milvus_url).ask("create_collection", name, dimension=8, within_s=ADMIN_S)
    builder = MilvusBuilder(milvus_url)
    active = builder.build(tracks_of(20), plan)
    rows.add(active)
    rows.activate(active.version)
    assert builder.prune(plan.space, rows) == begun[1:]
    kept = [collection_of(plan.space, version) for version in (begun[0], active.version)]
    assert sorted(collections_of(plan.space, milvus_url)) == kept


def test_what_was_published_and_is_not_needed_goes_at_once(plan, milvus_url):  # noqa: F811
    stores = memory.open_stores(iter(range(99)).__next__)
    builder = MilvusBuilder(milvus_url, kept=0)
    built = [builder.build(tracks_of(20), plan) for _ in range(2)]
    for snapshot in built:
        stores.snapshots.add(snapshot)
        stores.snapshots.activate(snapshot.version)
    assert builder.prune(plan.space, stores.snapshots) == [built[0].version]
    assert collections_of(plan.space, milvus_url) == [built[1].path]


def in_a_knot(count):
    """Tracks of which most lie so close together that a byte a number is too coarse for them."""
    dice = np.random.default_rng(1)
    middle = unit(dice.standard_normal(8))
    for number, one in enumerate(tracks_of(count)):
        near = unit(middle + 0.02 * dice.standard_normal(8)).astype(np.float16)
        yield one if number % 3 == 0 else replace(one, entry=replace(one.entry, vector=near))


def test_auto_falls_back_until_enough_is_found(plan, milvus_url):  # noqa: F811
    chosen = MilvusBuilder(milvus_url, kind="ivf-sq8", least_recall=0.99)
    with pytest.raises(SnapshotRefused, match="finds only"):
        chosen.build(in_a_knot(COUNT), plan)
    builder = MilvusBuilder(milvus_url, exact_up_to=10, least_recall=0.99)
    built = builder.build(in_a_knot(COUNT), plan)
    assert built.manifest["kind"] in ("hnsw", "exact")
    assert min(built.manifest["recall_at_10"].values()) >= 0.99
    builder.verify(built)


def test_a_broken_vector_is_left_out_and_counted(plan, milvus_url):  # noqa: F811
    one, other, *more = tracks_of(20)
    broken = [
        replace(one, entry=replace(one.entry, vector=np.full(8, np.nan, np.float16))),
        replace(other, entry=replace(other.entry, vector=np.ones(9, np.float16))),
    ]
    built = MilvusBuilder(milvus_url).build([*broken, *more], plan)
    told = built.manifest
    assert (told["tracks"], told["left_out"], told["dimension"]) == (18, 2, 8)
    MilvusBuilder(milvus_url).verify(built)


def test_of_a_snapshot_in_a_folder_it_cannot_be_told(plan, milvus_url):  # noqa: F811
    there = Snapshot(
        version="v1", space=plan.space, path="v1", revision=1, manifest={"backend": "faiss"}
    )
    builder = MilvusBuilder(milvus_url)
    with pytest.raises(Elsewhere, match="not lie on a Milvus"):
        builder.verify(there)
    assert builder.glance(there) == builder.glance(there)
