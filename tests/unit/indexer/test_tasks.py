"""Rebuilds on in-memory stores and real folders."""

from dataclasses import replace

import numpy as np
import pytest

from indexer import tasks
from indexer.building import Builder
from sightsong.adapters.library.loaded import LoadedSnapshot
from sightsong.core import ports
from sightsong.core.embeddings import Space, unit
from sightsong.core.errors import IndexUnavailable
from sightsong.core.jobs import Job, JobKind, JobState, NewJob, Queue
from sightsong.core.snapshots import Snapshot
from sightsong.engine.work import Prepared
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


def waiting(bench: Bench) -> list[Job]:
    return bench.claim(Queue.INDEX, limit=9)


def test_in_place_of_the_active_snapshot_another_is_built_if_it_is_damaged(bench, music):
    bench.ingest(music)
    bench.embed_all()
    version = bench.rebuild().result["version"]
    bench.stores.snapshots.activate(version)  # chosen by a person
    next(bench.snapshots_dir.glob("*/*/windows.bin")).write_bytes(b"")
    rings = len(bench.doorbell.rings)
    for _ in range(2):
        bench.stores.jobs.submit(NewJob(kind=JobKind.VERIFY, params={"version": version}))
    bench.work(waiting(bench))
    (rebuild,) = waiting(bench)
    assert bench.doorbell.rings[rings:] == (Queue.INDEX,)
    bench.work([rebuild])
    assert bench.stores.snapshots.active(SPACE).version > version


def test_for_a_damaged_snapshot_that_nobody_searches_nothing_is_built(bench, music):
    bench.ingest(music)
    bench.embed_all()
    versions = [bench.rebuild().result["version"] for _ in range(2)]
    (bench.snapshots_dir / bench.stores.snapshots.get(versions[0]).path / "ids.bin").unlink()
    assert bench.ask(JobKind.VERIFY, version=versions[0]).result["is_sound"] is False
    assert waiting(bench) == []


def test_a_snapshot_of_another_backend_is_not_said_to_be_damaged(bench):
    elsewhere = Snapshot(
        version="v1", space=SPACE, path="v1", revision=1, manifest={"backend": "milvus"}
    )
    bench.stores.snapshots.add(elsewhere)
    bench.stores.snapshots.activate("v1")
    verified = bench.ask(JobKind.VERIFY, version="v1")
    assert verified.error.code == "snapshot_refused"
    assert "SIGHTSONG_INDEX_BACKEND" in verified.error.detail
    assert waiting(bench) == []


class Untidy:
    """A builder that cannot prune."""

    def __init__(self, builder: Builder, error: Exception) -> None:
        self._builder = builder
        self._error = error

    def __getattr__(self, name: str) -> object:
        return getattr(self._builder, name)

    def prune(self, space: Space, rows: ports.Snapshots) -> list[str]:
        raise self._error


@pytest.mark.parametrize("error", [IndexUnavailable(), PermissionError("no")])
def test_a_build_does_not_depend_on_pruning(bench, music, error):
    bench.ingest(music)
    bench.embed_all()
    runtime = bench.runtime()
    runtime = replace(runtime, builder=Untidy(runtime.builder, error))
    bench.stores.jobs.submit(NewJob(kind=JobKind.REBUILD))
    ready = [Prepared(job=job) for job in waiting(bench)]
    (done,) = tasks.rebuild(ready, runtime=runtime)
    assert done.outcome.result["tracks"] == 2


@pytest.mark.parametrize("broken", [np.array([np.nan, 0, 0]), np.ones(5)])
def test_a_broken_phrase_does_not_stop_a_build(bench, music, broken):
    bench.ingest(music)
    bench.embed_all()
    phrases = {"a": np.ones(3, np.float32), "b": broken.astype(np.float32)}
    bench.stores.phrases.keep(SPACE, phrases)
    assert bench.rebuild().result["tracks"] == 2


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
