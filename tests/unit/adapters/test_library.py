"""Snapshots: written by the indexer, read by the library adapter. Real FAISS, real files."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer import snapshot
from sightsong.adapters.library import layout
from sightsong.adapters.library.loaded import LoadedSnapshot
from sightsong.adapters.library.reader import SnapshotLibrary
from sightsong.core import errors, ports
from sightsong.core.embeddings import Space, unit
from sightsong.core.snapshots import Snapshot, SnapshotState, TrackVectors
from sightsong.core.tracks import TrackId

SPACE = Space("stub/space@1")
DIMENSION = 16

Build = Callable[..., Snapshot]


def tracks(count: int, *, seed: int = 1) -> list[TrackVectors]:
    random = np.random.default_rng(seed)
    return [
        TrackVectors(
            track_id=TrackId(f"t{i:04d}"),
            vector=unit(random.standard_normal(DIMENSION)),
            windows=unit(random.standard_normal((3, DIMENSION))).astype(np.float16),
            window_starts_s=(0.0, 10.0, 20.0),
        )
        for i in range(count)
    ]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    def built(rows: list[TrackVectors], *, revision: int = 1) -> Snapshot:
        return snapshot.build(rows, root=tmp_path, space=SPACE, revision=revision)

    return built


class OneActive:
    """The snapshot rows, of which a test names the active one."""

    def __init__(self) -> None:
        self.now: Snapshot | None = None
        self.retired: list[Snapshot] = []

    def active(self, space: Space) -> Snapshot | None:
        return self.now

    def listed(self, space: Space) -> list[Snapshot]:
        return list(reversed(self.retired))


def library_of(rows: OneActive, root: Path) -> SnapshotLibrary:
    return SnapshotLibrary(rows, root, SPACE, check_s=0)


def ids(found: ports.Found) -> list[str]:
    return [near.track_id for near in found.neighbours]


def test_a_track_is_its_own_nearest_neighbour(build, tmp_path):
    rows = tracks(50)
    loaded = LoadedSnapshot((made := build(rows)), tmp_path / made.path)
    nearest = loaded.search(rows[7].vector, k=3)[0]
    assert nearest.track_id == "t0007"
    assert nearest.cosine == pytest.approx(1.0, abs=1e-6)


def test_neighbours_come_in_the_order_of_exact_cosines(build, tmp_path):
    rows = tracks(200)
    loaded = LoadedSnapshot((made := build(rows)), tmp_path / made.path)
    query = unit(np.ones(DIMENSION))
    exact = sorted(rows, key=lambda row: -float(row.vector.astype(float) @ query.astype(float)))
    assert [near.track_id for near in loaded.search(query, k=20)] == [
        r.track_id for r in exact[:20]
    ]


def test_equal_tracks_are_listed_by_id(build, tmp_path):
    same = tracks(1)[0]
    rows = [dataclasses.replace(same, track_id=TrackId(name)) for name in ("a", "b", "c")]
    loaded = LoadedSnapshot((made := build(rows)), tmp_path / made.path)
    assert [near.track_id for near in loaded.search(same.vector, k=2)] == ["a", "b"]


def test_the_best_window_is_the_one_nearest_to_the_query(build, tmp_path):
    row = tracks(1)[0]
    loaded = LoadedSnapshot((made := build([row])), tmp_path / made.path)
    query = unit(row.windows[2])
    assert loaded.search(query, k=1)[0].window_start_s == 20.0


def test_asking_for_more_tracks_than_there_are_gives_all(build, tmp_path):
    loaded = LoadedSnapshot((made := build(tracks(3))), tmp_path / made.path)
    assert len(loaded.search(unit(np.ones(DIMENSION)), k=50)) == 3


def test_the_manifest_counts_what_was_built(build):
    manifest = build(tracks(5), revision=9).manifest
    told = {name: manifest[name] for name in ("tracks", "windows", "dimension", "revision")}
    assert told == {"tracks": 5, "windows": 15, "dimension": DIMENSION, "revision": 9}
    assert manifest["recall_at_10"] == 1.0


def test_an_empty_library_makes_no_snapshot(build, tmp_path):
    with pytest.raises(errors.SnapshotRefused):
        build([])
    assert list(tmp_path.rglob("manifest.json")) == []


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Snapshot]:
    root = tmp_path_factory.mktemp("whole")
    return root, snapshot.build(tracks(5), root=root, space=SPACE, revision=1)


@given(name=st.sampled_from(layout.FILES), where=st.floats(0, 1, exclude_max=True))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_flipped_bit_anywhere_is_refused(whole, name, where):
    root, made = whole
    path = root / made.path / name
    original = path.read_bytes()
    damaged = bytearray(original)
    damaged[int(where * len(damaged))] ^= 1
    path.write_bytes(damaged)
    try:
        with pytest.raises(errors.SnapshotRefused, match=name):
            LoadedSnapshot(made, root / made.path)
    finally:
        path.write_bytes(original)


@pytest.mark.parametrize("name", [*layout.FILES, layout.MANIFEST])
def test_a_missing_file_is_refused(build, tmp_path, name):
    made = build(tracks(2))
    (tmp_path / made.path / name).unlink()
    with pytest.raises(errors.SnapshotRefused):
        LoadedSnapshot(made, tmp_path / made.path)


def test_without_a_snapshot_nothing_is_found(tmp_path):
    found = library_of(OneActive(), tmp_path).search(unit(np.ones(DIMENSION)), k=5)
    assert found == ports.Found(snapshot=None, neighbours=())


def test_readers_move_to_the_active_snapshot_without_a_restart(build, tmp_path):
    rows = OneActive()
    library = library_of(rows, tmp_path)
    query = unit(np.ones(DIMENSION))
    for count in (2, 3):
        rows.now = build(tracks(count))
        found = library.search(query, k=9)
        assert (found.snapshot, len(found.neighbours)) == (rows.now.version, count)


def test_a_damaged_snapshot_is_refused_and_the_old_one_serves_on(build, tmp_path):
    rows = OneActive()
    library = library_of(rows, tmp_path)
    query = unit(np.ones(DIMENSION))
    rows.now = old = build(tracks(2))
    library.search(query, k=1)
    rows.now = build(tracks(3))
    (tmp_path / rows.now.path / layout.IDS).write_text("[]", "utf-8")
    assert library.search(query, k=1).snapshot == old.version


def test_the_answer_is_the_same_alone_and_after_other_queries(build, tmp_path):
    loaded = LoadedSnapshot((made := build(tracks(100))), tmp_path / made.path)
    random = np.random.default_rng(3)
    query = unit(random.standard_normal(DIMENSION))
    alone = [(n.track_id, n.cosine) for n in loaded.search(query, k=10)]
    for _ in range(5):
        loaded.search(unit(random.standard_normal(DIMENSION)), k=10)
    assert [(n.track_id, n.cosine) for n in loaded.search(query, k=10)] == alone


def test_after_a_restart_a_damaged_snapshot_gives_way_to_the_newest_retired_one(build, tmp_path):
    rows = OneActive()
    rows.retired = [
        dataclasses.replace(build(tracks(count)), state=SnapshotState.RETIRED) for count in (1, 2)
    ]
    rows.now = build(tracks(3))
    (tmp_path / rows.now.path / layout.IDS).write_text("[]", "utf-8")
    found = library_of(rows, tmp_path).search(unit(np.ones(DIMENSION)), k=9)
    assert found.snapshot == rows.retired[1].version
