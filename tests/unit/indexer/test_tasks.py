"""Rebuilds on in-memory stores and real folders."""

import numpy as np

from sightsong.adapters.library.loaded import LoadedSnapshot
from sightsong.core.embeddings import unit
from sightsong.core.jobs import JobKind, JobState, Queue
from tests.unit.indexer.parts import SPACE, Bench, embedded


def test_a_rebuild_publishes_a_snapshot_that_loads(bench, music):
    bench.ingest(music)
    bench.embed_all()
    rebuilt = bench.rebuild()
    active = bench.stores.snapshots.active(SPACE)
    assert rebuilt.result == {
        "version": active.version,
        "tracks": 2,
        "kind": "exact",
        "recall": {"library": 1.0, "text": 1.0},
    }
    LoadedSnapshot(active, bench.snapshots_dir / active.path).close()


def test_a_rebuild_is_of_the_library_as_its_grouping_left_it(bench, music):
    for name in ("three", "four"):
        (music / f"{name}.mp3").write_bytes(name.encode())
    bench.ingest(music)
    heard = np.random.default_rng(1).integers(0, 2**32, 200, dtype=np.uint32)
    waiting = bench.claim(Queue.TRACKS, limit=9)
    vector = unit(np.array([[1.0, 1.0, 0.0]]))
    bench.stores.jobs.complete(
        [embedded(job, vectors=vector, duration_s=30.0, fingerprint=heard) for job in waiting]
    )
    before = bench.stores.tracks.revision(SPACE)
    bench.rebuild()
    active = bench.stores.snapshots.active(SPACE)
    assert active.manifest["grouped"] == before
    assert active.revision == bench.stores.tracks.revision(SPACE) > before


def test_a_rebuild_that_is_stopped_is_given_back(bench, music):
    bench.ingest(music)
    bench.embed_all()
    bench.go_on = lambda: False
    assert bench.rebuild().state is JobState.QUEUED
    assert bench.stores.snapshots.listed(SPACE) == []


def test_a_sound_snapshot_is_said_to_be_so(bench, music):
    bench.ingest(music)
    bench.embed_all()
    version = bench.rebuild().result["version"]
    verified = bench.ask(JobKind.VERIFY, version=version)
    assert verified.result == {"version": version, "is_sound": True, "reason": None}


def test_a_snapshot_that_is_not_whole_is_said_to_be_so_and_why(bench, music):
    bench.ingest(music)
    bench.embed_all()
    version = bench.rebuild().result["version"]
    next(bench.snapshots_dir.glob("*/*/windows.bin")).write_bytes(b"")
    verified = bench.ask(JobKind.VERIFY, version=version)
    assert verified.result["is_sound"] is False
    assert "windows.bin was altered" in verified.result["reason"]


def test_a_snapshot_that_is_none_cannot_be_verified(bench):
    assert bench.ask(JobKind.VERIFY, version="none").error.code == "snapshot_not_found"


def test_pruning_tells_what_it_removed(bench, music):
    bench.ingest(music)
    bench.embed_all()
    versions = [bench.rebuild().result["version"] for _ in range(4)]
    assert bench.ask(JobKind.PRUNE).result == {"removed": versions[:1]}


def test_a_rebuild_of_an_empty_library_fails_and_leaves_no_folder(bench):
    failed = bench.rebuild()
    assert failed.error.code == "snapshot_refused"
    assert bench.stores.snapshots.active(SPACE) is None
    assert not bench.snapshots_dir.exists()


def folders(bench: Bench) -> set[str]:
    return {path.name for path in bench.snapshots_dir.glob("*/*") if path.is_dir()}


def test_old_snapshots_are_removed_but_for_those_kept_for_a_roll_back(bench, music):
    bench.ingest(music)
    bench.embed_all()
    versions = [bench.rebuild().result["version"] for _ in range(6)]
    bench.rebuild()
    kept = {row.version for row in bench.stores.snapshots.listed(SPACE)}
    assert versions[-1] in kept
    assert len(kept) == 4  # the active one, the one before it, and two more for a roll back
    assert folders(bench) == kept


def test_what_a_killed_build_left_behind_is_removed_by_the_next(bench, music):
    bench.ingest(music)
    bench.embed_all()
    bench.rebuild()
    home = next(bench.snapshots_dir.iterdir())
    left = [home / ".building-20200101T000000-dead", home / "20200101T000000000000-0a0a"]
    for folder in left:
        folder.mkdir()
    bench.rebuild()
    assert not any(folder.exists() for folder in left)


def test_a_track_that_was_removed_is_not_in_the_next_snapshot(bench, music):
    bench.ingest(music)
    bench.embed_all()
    bench.rebuild()
    bench.stores.tracks.remove(bench.stores.tracks.page(limit=1)[0].id)
    assert bench.rebuild().result["tracks"] == 1
