"""Ingests and rebuilds on in-memory stores and real files."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexer import tasks
from sightsong.adapters import memory
from sightsong.adapters.library.loaded import LoadedSnapshot
from sightsong.core import jobs, ports
from sightsong.core.affect import Affect
from sightsong.core.embeddings import Space, unit
from sightsong.core.jobs import Job, JobKind, JobState, NewJob, Owner, Queue
from sightsong.engine.work import Prepared

SPACE = Space("stub/space@1")

Run = Callable[..., Job]


@pytest.fixture
def stores() -> ports.Stores:
    return memory.open_stores()


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    (folder / "album").mkdir(parents=True)
    (folder / "one.mp3").write_bytes(b"one")
    (folder / "album" / "two.mp3").write_bytes(b"two")
    return folder


@pytest.fixture
def runtime(stores: ports.Stores, tmp_path: Path) -> tasks.Runtime:
    return tasks.Runtime(
        stores=stores,
        doorbell=memory.MemoryDoorbell(),
        space=SPACE,
        snapshots_dir=tmp_path / "library",
        go_on=lambda: True,
    )


@pytest.fixture
def run(stores: ports.Stores, runtime: tasks.Runtime) -> Run:
    def run_one(kind: JobKind, *, using: tasks.Runtime = runtime, **params: object) -> Job:
        job_id = stores.jobs.submit(NewJob(kind=kind, params=params)).id
        batch = stores.jobs.claim([kind.queue], owner=Owner("i"), limit=1, lease_s=60)
        task = {JobKind.INGEST: tasks.ingest, JobKind.REBUILD: tasks.rebuild}[kind]
        stores.jobs.complete(task([Prepared(job=job) for job in batch], runtime=using))
        return stores.jobs.get(job_id)

    return run_one


def embed_all(stores: ports.Stores) -> None:
    batch = stores.jobs.claim([Queue.TRACKS], owner=Owner("w"), limit=50, lease_s=60)
    stores.jobs.complete(
        [
            jobs.Completion(
                job=job,
                outcome=jobs.Succeeded(result={}),
                effects=(
                    jobs.StoreEmbedding(
                        track_id=job.params["track_id"],
                        space=SPACE,
                        vector=unit(np.array([1.0, i, 0.0])),
                        windows=unit(np.array([[1.0, i, 0.0]])).astype(np.float16),
                        window_starts_s=(0.0,),
                        affect=Affect(valence=0.0, arousal=0.0),
                        descriptors={},
                        duration_s=10.0,
                    ),
                ),
            )
            for i, job in enumerate(batch)
        ]
    )


def test_a_folder_becomes_tracks_with_a_job_for_each(stores, runtime, run, music):
    scanned = run(JobKind.INGEST, path=str(music))
    assert scanned.result == {
        "found": 2,
        "new": 2,
        "known": 0,
        "duplicates": 0,
        "unreadable": 0,
        "unreadable_files": [],
    }
    assert stores.jobs.children(scanned.id) == {JobState.QUEUED: 2}
    assert runtime.doorbell.rings == (Queue.TRACKS,)


def test_a_second_ingest_does_nothing_twice(stores, run, music):
    run(JobKind.INGEST, path=str(music))
    again = run(JobKind.INGEST, path=str(music))
    assert (again.result["new"], again.result["known"]) == (0, 2)
    assert stores.jobs.backlog(Queue.TRACKS, limit=9) == 2


def test_the_same_bytes_in_two_files_are_one_track(stores, run, music):
    (music / "copy of one.mp3").write_bytes(b"one")
    scanned = run(JobKind.INGEST, path=str(music))
    assert (scanned.result["new"], scanned.result["duplicates"]) == (2, 1)
    assert len(stores.tracks.page(limit=9)) == 2


def test_a_file_whose_name_is_no_text_is_reported_and_stops_no_other(run, music):
    Path(os.fsdecode(os.fsencode(music) + b"/bad\xff.mp3")).write_bytes(b"bad")
    scanned = run(JobKind.INGEST, path=str(music))
    assert (scanned.result["new"], scanned.result["unreadable"]) == (2, 1)
    assert scanned.result["unreadable_files"][0]["file"] == "bad?.mp3"


def test_a_folder_that_is_gone_fails_with_a_word(run, music):
    failed = run(JobKind.INGEST, path=str(music / "nowhere"))
    assert (failed.state, failed.error.code) == (JobState.FAILED, "path_not_allowed")


def test_a_stop_gives_the_scan_back_for_later(runtime, run, music):
    stopping = replace(runtime, go_on=lambda: False)
    stopped = run(JobKind.INGEST, using=stopping, path=str(music))
    assert (stopped.state, stopped.attempt) == (JobState.QUEUED, 0)


def test_a_rebuild_publishes_a_snapshot_that_loads(stores, runtime, run, music):
    run(JobKind.INGEST, path=str(music))
    embed_all(stores)
    rebuilt = run(JobKind.REBUILD)
    active = stores.snapshots.active(SPACE)
    assert rebuilt.result == {"version": active.version, "tracks": 2}
    LoadedSnapshot(active, runtime.snapshots_dir / active.path)


def test_a_rebuild_of_an_empty_library_fails_and_leaves_no_folder(stores, runtime, run):
    failed = run(JobKind.REBUILD)
    assert failed.error.code == "snapshot_refused"
    assert stores.snapshots.active(SPACE) is None
    assert not runtime.snapshots_dir.exists()


def test_a_pipe_among_the_music_is_reported_and_read_by_nobody(run, music):
    os.mkfifo(music / "pipe.mp3")
    scanned = run(JobKind.INGEST, path=str(music))
    assert (scanned.result["new"], scanned.result["unreadable"]) == (2, 1)
    assert scanned.result["unreadable_files"][0]["file"] == "pipe.mp3"


def folders(runtime: tasks.Runtime) -> set[str]:
    return {path.name for path in runtime.snapshots_dir.glob("*/*")}


def test_old_snapshots_are_removed_but_for_those_kept_for_a_roll_back(stores, runtime, run, music):
    run(JobKind.INGEST, path=str(music))
    embed_all(stores)
    versions = [run(JobKind.REBUILD).result["version"] for _ in range(6)]
    run(JobKind.REBUILD)
    kept = {row.version for row in stores.snapshots.listed(SPACE)}
    assert versions[-1] in kept
    assert len(kept) == 4  # the active one, the one before it, and two more for a roll back
    assert folders(runtime) == kept


def test_what_a_killed_build_left_behind_is_removed_by_the_next(stores, runtime, run, music):
    run(JobKind.INGEST, path=str(music))
    embed_all(stores)
    run(JobKind.REBUILD)
    home = next(runtime.snapshots_dir.iterdir())
    left = [home / ".building-20200101T000000-dead", home / "20200101T000000-norow"]
    for folder in left:
        folder.mkdir()
    run(JobKind.REBUILD)
    assert not any(folder.exists() for folder in left)
