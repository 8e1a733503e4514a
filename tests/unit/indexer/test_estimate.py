"""Dry runs: what an ingest would do, told before it is done."""

from dataclasses import replace

import numpy as np
import soundfile

from sightsong.core.jobs import Queue
from sightsong.engine.process import new_worker
from tests.unit.indexer.parts import SPACE, counts


def sound(path, seconds: float, pitch: float) -> None:
    time = np.arange(int(8000 * seconds)) / 8000
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * pitch * time), 8000)


def test_nothing_is_taken_in(bench, music):
    told = bench.ingest(music, dry_run=True)
    assert counts(told, "found", "new", "known") == (2, 2, 0)
    assert bench.stores.tracks.page(limit=9) == []
    assert bench.stores.jobs.backlog(Queue.TRACKS, limit=9) == 0


def test_hours_are_those_of_what_is_new(bench, tmp_path):
    folder = tmp_path / "wavs"
    folder.mkdir()
    sound(folder / "known.wav", 1.0, 220)
    bench.ingest(folder)
    sound(folder / "a.wav", 9.0, 330)
    sound(folder / "b.wav", 27.0, 440)
    told = bench.ingest(folder, dry_run=True)
    assert counts(told, "found", "new", "known") == (3, 2, 1)
    assert told.result["estimate"]["hours"] == 0.01
    assert told.result["estimate"]["without_length"] == 0


def test_duplicates_among_new_files_and_of_known_ones_are_counted(bench, music):
    bench.ingest(music)
    bench.embed_all()
    for name in ("again.mp3", "and again.mp3"):
        (music / name).write_bytes(b"one")
    for name in ("new.mp3", "new too.mp3"):
        (music / name).write_bytes(b"a new one")
    (music / "as long.mp3").write_bytes(b"anewtwo!!")
    told = bench.ingest(music, dry_run=True)
    assert counts(told, "found", "known", "new", "duplicates") == (7, 2, 2, 3)


def test_the_time_is_told_from_how_fast_tracks_were_heard_of_late(bench, music):
    assert bench.ingest(music, dry_run=True).result["estimate"]["expected_s"] is None


def test_at_first_the_workers_say_how_fast_they_hear(bench, tmp_path):
    folder = tmp_path / "wavs"
    folder.mkdir()
    sound(folder / "a.wav", 30.0, 330)
    for i in range(2):
        info = new_worker("workers", profile="lite", device="cpu", space=SPACE, heard_per_s=5.0)
        bench.stores.jobs.report_worker(replace(info, owner=f"worker {i}"))
    told = bench.ingest(folder, dry_run=True).result["estimate"]
    assert (told["heard_per_s"], told["expected_s"]) == (10.0, 3.0)


def test_empty_and_unreadable_files_are_told_of(bench, music):
    (music / "empty.mp3").write_bytes(b"")
    told = bench.ingest(music, dry_run=True)
    assert counts(told, "new", "unreadable") == (2, 1)


def test_uploads_are_looked_at_too(bench):
    tray = bench.inbox.open_tray()
    bench.inbox.put(tray, "a.mp3", [b"a"])
    bench.inbox.put(tray, "same.mp3", [b"a"])
    told = bench.ingest(inbox=tray, dry_run=True)
    assert counts(told, "found", "new", "duplicates") == (2, 1, 1)
    assert not bench.shelf_dir.exists()
