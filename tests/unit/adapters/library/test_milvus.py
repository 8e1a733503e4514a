"""Snapshots on a Milvus server: what is asked of it, and what happens when it is not there."""

import itertools
import sys
from dataclasses import replace

import numpy as np
import pytest
import structlog.testing

from indexer.building import Plan
from indexer.milvus import MilvusBuilder
from sightsong.adapters.library import milvus
from sightsong.adapters.library.milvus import expression
from sightsong.adapters.library.milvus_server import SEARCH_S, Server, version_of
from sightsong.core import embeddings
from sightsong.core.embeddings import Space, unit
from sightsong.core.errors import ConfigurationError, IndexUnavailable, SnapshotRefused
from sightsong.core.facts import Facts, Filters, Range
from sightsong.core.snapshots import Entry, Extent, IndexedTrack, Snapshot, Windows
from sightsong.core.tracks import TrackId
from tests.milvus_lite import milvus_url  # noqa: F401 - the fixture
from tests.ports import free_port

_spaces = (Space(f"read@{number}") for number in itertools.count(1))


def a_vector(seed):
    return unit(np.random.default_rng(seed).standard_normal(8))


def some_tracks(count):
    for number in range(count):
        vector = a_vector(number).astype(np.float16)
        yield IndexedTrack(
            entry=Entry(track_id=TrackId(f"track {number:03}"), vector=vector, facts=Facts()),
            windows=Windows(vectors=vector[np.newaxis], starts_s=(0.0,)),
        )


def built(url, count, *, kind) -> Snapshot:
    plan = Plan(
        space=next(_spaces),
        revision=7,
        grouped=0,
        extent=Extent(tracks=count, window_bytes=0),
        phrases=np.empty((0, 8), np.float32),
        go_on=lambda: True,
    )
    snapshot = MilvusBuilder(url, kind=kind).build(some_tracks(count), plan)
    assert snapshot is not None
    return snapshot


def spending(snapshot, **effort: int) -> Snapshot:
    return replace(snapshot, manifest=dict(snapshot.manifest) | {"parameters": effort})


@pytest.fixture
def snapshot(milvus_url) -> Snapshot:  # noqa: F811
    return built(milvus_url, 20, kind="exact")


@pytest.fixture(scope="module")
def rounded(milvus_url) -> Snapshot:  # noqa: F811
    """Over lists of vectors that are rounded to eight bits."""
    return built(milvus_url, 400, kind="ivf-sq8")


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (Filters(), ""),
        (
            Filters(genres=("Rock", "Folk")),
            'array_contains_any(terms, ["genre:rock", "genre:folk"])',
        ),
        (Filters(labels=('a"b\\c',)), r'array_contains_any(terms, ["label:a\"b\\c"])'),
        (Filters(duration_s=Range(least=60, most=90.5)), "duration >= 60.0 and duration <= 90.5"),
        (Filters(tempo_bpm=Range(most=float("inf"))), ""),
        (Filters(explicit=False), "explicit != 1"),
        (Filters(explicit=True), "explicit == 1"),
        (Filters(without=frozenset({TrackId("b"), TrackId("a")})), 'id not in ["a", "b"]'),
        (Filters(without_artists=frozenset({"artist:ann"})), 'artist not in ["artist:ann"]'),
    ],
)
def test_a_filter_is_said_in_the_words_of_milvus(where, said):
    assert expression(where) == said


@pytest.mark.parametrize("url", ["", "milvus:19530", "ftp://milvus"])
def test_without_an_address_it_is_told_which_setting_must_have_one(url):
    with pytest.raises(ConfigurationError, match="SIGHTSONG_MILVUS_URL"):
        milvus.opening(url)


def test_without_the_client_it_is_told_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymilvus", None)  # as if it were not installed
    with pytest.raises(ConfigurationError, match=r"sightsong\[milvus\]"):
        milvus.opening("http://127.0.0.1:19530")


def test_a_server_that_is_away_can_be_asked_again_later(snapshot):
    away = Server(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(IndexUnavailable):
        milvus.MilvusSnapshot(snapshot, away)


def test_what_goes_on_to_be_refused_is_told_of_once_until_it_is_well_again(milvus_url):  # noqa: F811
    server = Server(milvus_url)

    def ask_for_nothing() -> None:
        with pytest.raises(IndexUnavailable):
            server.ask("load_collection", "nothing_of_that_name", within_s=SEARCH_S)

    with structlog.testing.capture_logs() as logged:
        for _ in range(3):
            ask_for_nothing()
        assert not server.is_there("nothing_of_that_name")
        ask_for_nothing()
    assert [one["event"] for one in logged] == ["milvus.refused"] * 2


def test_a_file_that_milvus_lite_cannot_open_is_told_of_without_a_traceback(tmp_path, caplog):
    path = tmp_path / "milvus.db"
    path.write_text("another process's")
    with pytest.raises(IndexUnavailable):
        Server(str(path)).is_there("anything")
    assert [one for one in caplog.records if one.exc_info] == []


def test_a_search_after_hanging_up_connects_again(snapshot, milvus_url):  # noqa: F811
    server = Server(milvus_url)
    base = milvus.MilvusSnapshot(snapshot, server)
    server.close()
    found = base.nearest(a_vector(3), k=1, where=Filters(), hidden=base.hide(()))
    assert [one.track_id for one in found] == ["track 003"]


def test_a_collection_that_was_let_go_of_is_loaded_again(snapshot, milvus_url):  # noqa: F811
    server = Server(milvus_url)
    base = milvus.MilvusSnapshot(snapshot, server)
    server.ask("release_collection", snapshot.path, within_s=SEARCH_S)
    assert base.vector(TrackId("track 003")) is not None


def test_a_collection_that_is_gone_makes_searches_unavailable(snapshot, milvus_url):  # noqa: F811
    server = Server(milvus_url)
    base = milvus.MilvusSnapshot(snapshot, server)
    server.ask("drop_collection", snapshot.path, within_s=SEARCH_S)
    with pytest.raises(IndexUnavailable):
        base.nearest(a_vector(3), k=1, where=Filters(), hidden=base.hide(()))
    with pytest.raises(SnapshotRefused, match="gone"):
        milvus.MilvusSnapshot(snapshot, server)


def test_where_too_few_are_found_all_lists_are_looked_into(rounded, milvus_url):  # noqa: F811
    base = milvus.opening(milvus_url)(spending(rounded, nprobe=1))
    found = base.nearest(a_vector(3), k=400, where=Filters(), hidden=base.hide(()))
    assert len(found) == 400


def test_the_nearest_is_found_though_the_server_rounds(rounded, milvus_url):  # noqa: F811
    base = milvus.opening(milvus_url)(spending(rounded, nprobe=128))
    vectors = np.stack([track.entry.vector for track in some_tracks(400)]).astype(np.float32)
    for row in range(30):
        neighbour = np.argsort(-embeddings.cosine(vectors[row], vectors))[1]
        query = unit(1.0001 * vectors[row] + vectors[neighbour])  # all but half way between them
        cosines = embeddings.cosine(query, vectors)
        (found,) = base.nearest(query, k=1, where=Filters(), hidden=base.hide(()))
        assert found.track_id == f"track {int(np.argmax(cosines)):03}"
        assert found.cosine == cosines.max()


def test_of_no_tracks_none_are_asked_for(snapshot, milvus_url):  # noqa: F811
    base = milvus.opening(milvus_url)(snapshot)
    assert base.nearest(a_vector(3), k=0, where=Filters(), hidden=base.hide(())) == []


def test_a_snapshot_tells_where_it_stands(snapshot, milvus_url):  # noqa: F811
    base = milvus.opening(milvus_url)(snapshot)
    assert (base.version, base.revision, base.size) == (snapshot.version, 7, 20)
    assert version_of(snapshot.path, snapshot.space) == snapshot.version


def test_windows_are_left_to_the_database(snapshot, milvus_url):  # noqa: F811
    base = milvus.opening(milvus_url)(snapshot)
    assert base.best_windows(a_vector(3), [TrackId("track 003")]) == {}
