"""Ingests of folders: what is found, taken in once, and left alone."""

import os
import shutil
from pathlib import Path

import pytest

from sightsong.core.ingests import Wish
from sightsong.core.jobs import JobState, Queue
from tests.unit.indexer.parts import counts, problems


def test_a_folder_becomes_tracks_with_a_job_for_each(bench, music):
    (music / "cover.jpg").write_bytes(b"picture")
    scanned = bench.ingest(music)
    assert scanned.result == {
        "found": 2,
        "new": 2,
        "known": 0,
        "changed": 0,
        "duplicates": 0,
        "moved": 0,
        "removed": 0,
        "gone": 0,
        "missing": 0,
        "ignored": 1,
        "unreadable": 0,
        "size_bytes": 6,
    }
    assert bench.stores.jobs.children(scanned.id) == {JobState.QUEUED: 2}
    assert Queue.TRACKS in bench.doorbell.rings


def test_a_second_ingest_does_nothing_twice(bench, music):
    bench.ingest(music)
    again = bench.ingest(music)
    assert counts(again, "found", "new", "known") == (2, 0, 2)
    assert bench.stores.jobs.backlog(Queue.TRACKS, limit=9) == 2


def test_the_same_bytes_in_two_files_are_one_track(bench, music):
    (music / "copy of one.mp3").write_bytes(b"one")
    scanned = bench.ingest(music)
    assert counts(scanned, "new", "duplicates") == (2, 1)
    assert len(bench.stores.tracks.page(limit=9)) == 2


def test_a_file_that_moved_keeps_its_track(bench, music):
    bench.ingest(music)
    bench.embed_all()
    before = {track.sha256: track.id for track in bench.stores.tracks.page(limit=9)}
    (music / "one.mp3").rename(music / "album" / "renamed.mp3")
    again = bench.ingest(music)
    assert counts(again, "known", "moved", "new", "duplicates") == (1, 1, 0, 0)
    after = {track.sha256: track.id for track in bench.stores.tracks.page(limit=9)}
    assert after == before
    paths = bench.stores.tracks.paths(after[next(iter(after))])
    assert all(Path(path).exists() for path in paths)
    assert bench.stores.jobs.backlog(Queue.TRACKS, limit=9) == 0


def test_a_file_with_other_bytes_keeps_its_track_and_is_heard_again(bench, music):
    bench.ingest(music)
    bench.embed_all()
    before = {track.id for track in bench.stores.tracks.page(limit=9)}
    (music / "one.mp3").write_bytes(b"one, with other tags")
    again = bench.ingest(music)
    assert counts(again, "known", "changed", "new") == (1, 1, 0)
    assert {track.id for track in bench.stores.tracks.page(limit=9)} == before
    assert bench.stores.jobs.backlog(Queue.TRACKS, limit=9) == 1


def test_the_tracks_of_files_that_are_gone_stay_unless_asked_otherwise(bench, music):
    bench.ingest(music)
    (music / "one.mp3").unlink()
    kept = bench.ingest(music)
    assert counts(kept, "missing", "gone") == (1, 0)
    assert len(bench.stores.tracks.page(limit=9)) == 2
    gone = bench.ingest(music, remove_missing=True)
    assert counts(gone, "missing", "gone") == (0, 1)
    assert len(bench.stores.tracks.page(limit=9)) == 1


def test_a_folder_that_is_suddenly_empty_loses_nothing(bench, music):
    bench.ingest(music)
    (music / "one.mp3").unlink()
    shutil.rmtree(music / "album")
    again = bench.ingest(music, remove_missing=True)
    assert counts(again, "gone", "missing") == (0, 2)
    assert problems(bench, again.id) == {"music": "unreadable"}
    assert len(bench.stores.tracks.page(limit=9)) == 2


def test_the_empty_place_of_a_disk_inside_a_folder_loses_nothing(bench, music):
    (music / "usb" / "album").mkdir(parents=True)
    (music / "usb" / "album" / "three.mp3").write_bytes(b"three")
    bench.ingest(music)
    shutil.rmtree(music / "usb" / "album")  # the disk is away; what it was mounted on is there
    again = bench.ingest(music, remove_missing=True)
    assert counts(again, "gone", "missing") == (0, 1)
    assert problems(bench, again.id) == {"usb": "unreadable"}
    assert len(bench.stores.tracks.page(limit=9)) == 3


def test_an_album_that_was_deleted_takes_its_tracks_with_it(bench, music):
    bench.ingest(music)
    shutil.rmtree(music / "album")
    assert counts(bench.ingest(music, remove_missing=True), "gone", "missing") == (1, 0)


def test_a_disk_that_goes_away_during_a_scan_loses_nothing(bench, music):
    bench.ingest(music)
    calls = iter(range(99))

    def unplug() -> bool:
        if next(calls) == 1:
            music.rename(music.with_name("away"))
        return True

    bench.go_on = unplug
    again = bench.ingest(music, remove_missing=True)
    assert again.state is JobState.SUCCEEDED
    assert counts(again, "gone") == (0,)
    assert len(bench.stores.tracks.page(limit=9)) == 2


def test_a_watched_folder_whose_disk_is_away_when_its_turn_comes_loses_nothing(bench, music):
    bench.ingest(music)
    submitted = bench.submit(music / "album", root=str(music), remove_missing=True)
    shutil.rmtree(music)
    failed = bench.run(submitted)
    assert failed.error.code == "path_not_allowed"
    assert len(bench.stores.tracks.page(limit=9)) == 2


def test_folders_that_lie_in_one_another_are_looked_at_once(bench, music):
    assert counts(bench.ingest(music, music / "album"), "found", "new") == (2, 2)


@pytest.mark.parametrize(
    "row", ["x" * 300 + ".mp3", "loop.mp3", "/proc/kcore", "one.mp3/below.mp3", "notes.txt"]
)
def test_an_odd_row_of_a_manifest_stops_no_other(bench, music, row):
    (music / "loop.mp3").symlink_to(music / "loop.mp3")
    (music / "notes.txt").write_bytes(b"notes")
    table = music / "tracks.csv"
    table.write_text(f"file\n{row}\none.mp3\n")
    scanned = bench.ingest(table)
    assert counts(scanned, "found", "new", "unreadable") == (2, 1, 1)


def test_a_file_that_a_manifest_names_twice_is_counted_twice_and_taken_once(bench, music):
    table = music / "tracks.csv"
    table.write_text("file\none.mp3\n./one.mp3\n")
    assert counts(bench.ingest(table), "found", "new", "duplicates") == (2, 1, 1)


def test_an_upload_with_an_odd_name_stops_no_other(bench):
    tray = bench.inbox.open_tray()
    for name in ("song.mp3 (1)", "song.mid", "good.mp3"):
        bench.inbox.put(tray, name, [name.encode()])
    scanned = bench.run(bench.stores.ingests.submit(Wish(inbox=tray)))
    assert counts(scanned, "found", "new", "unreadable") == (3, 1, 2)


def test_uploads_that_are_gone_fail_the_ingest_with_a_word(bench):
    failed = bench.run(bench.stores.ingests.submit(Wish(inbox=bench.inbox.open_tray())))
    assert (failed.state, failed.error.code) == (JobState.FAILED, "unreadable")


def test_a_stop_is_heard_before_a_chunk_is_full(bench, music):
    fetched = []
    table = music / "tracks.csv"
    table.write_text("url\n" + "".join(f"https://music.example/{i}.mp3\n" for i in range(50)))

    def fetch(url: str, target: Path) -> str:
        fetched.append(url)
        target.write_bytes(url.encode())
        return url.rpartition("/")[2]

    bench.fetch_web = fetch
    bench.go_on = lambda: len(fetched) < 3
    assert bench.ingest(table).state is JobState.QUEUED
    assert len(fetched) < 6


def test_what_a_person_removed_is_not_taken_in_again_unless_asked_for(bench, music):
    bench.ingest(music)
    bench.embed_all()
    bench.stores.tracks.remove(bench.stores.tracks.page(limit=1)[0].id)
    again = bench.ingest(music)
    assert counts(again, "known", "removed", "new") == (1, 1, 0)
    assert len(bench.stores.tracks.page(limit=9)) == 1
    bench.ingest(music, restore=True)
    assert len(bench.stores.tracks.page(limit=9)) == 2
    assert bench.stores.jobs.backlog(Queue.TRACKS, limit=9) == 1


def test_several_folders_and_files_are_one_ingest(bench, music):
    scanned = bench.ingest(music / "album", music / "one.mp3")
    assert counts(scanned, "found", "new") == (2, 2)


def test_a_file_whose_name_is_no_text_is_reported_and_stops_no_other(bench, music):
    Path(os.fsdecode(os.fsencode(music) + b"/bad\xff.mp3")).write_bytes(b"bad")
    scanned = bench.ingest(music)
    assert counts(scanned, "new", "unreadable") == (2, 1)
    assert problems(bench, scanned.id) == {"bad?.mp3": "unreadable"}


def test_a_pipe_among_the_music_is_reported_and_read_by_nobody(bench, music):
    os.mkfifo(music / "pipe.mp3")
    scanned = bench.ingest(music)
    assert counts(scanned, "new", "unreadable") == (2, 1)
    assert problems(bench, scanned.id) == {"pipe.mp3": "unreadable"}


def test_a_folder_that_is_gone_fails_with_a_word(bench, music):
    failed = bench.ingest(music / "nowhere")
    assert (failed.state, failed.error.code) == (JobState.FAILED, "path_not_allowed")


def test_one_path_that_is_gone_does_not_hold_up_the_others(bench, music):
    scanned = bench.ingest(music / "nowhere", music / "album")
    assert counts(scanned, "new", "unreadable") == (1, 1)
    assert problems(bench, scanned.id) == {"nowhere": "path_not_allowed"}


def test_a_single_file_that_is_no_audio_is_refused_by_its_name(bench, tmp_path):
    letter = tmp_path / "letter.txt"
    letter.write_bytes(b"dear")
    failed = bench.ingest(letter)
    assert failed.error.code == "unsupported_audio"
    assert "letter.txt" in failed.error.detail


def test_a_stop_gives_the_scan_back_for_later(bench, music):
    bench.go_on = lambda: False
    stopped = bench.ingest(music)
    assert (stopped.state, stopped.attempt) == (JobState.QUEUED, 0)


def test_a_paused_scan_waits_until_it_is_resumed(bench, music):
    submitted = bench.submit(music)

    def pause() -> bool:
        bench.stores.ingests.pause(submitted.id)
        return True

    bench.go_on = pause
    paused = bench.run(submitted)
    assert paused.state is JobState.QUEUED
    assert bench.claim(Queue.LIBRARY) == []
    bench.go_on = lambda: True
    bench.stores.ingests.resume(submitted.id)
    done = bench.run(submitted)
    assert done.state is JobState.SUCCEEDED
    assert counts(done, "found", "new", "known") == (2, 2, 0)  # as if nobody had paused it


def test_a_canceled_scan_ends_and_takes_nothing_more_in(bench, music):
    submitted = bench.submit(music)

    def cancel() -> bool:
        bench.stores.ingests.cancel(submitted.id)
        return True

    bench.go_on = cancel
    assert bench.run(submitted).state is JobState.CANCELED
    assert bench.stores.ingests.get(submitted.id).is_canceled


def test_how_far_a_scan_is_can_be_read_while_it_runs(bench, music):
    for i in range(600):
        (music / f"{i:03}.mp3").write_bytes(b"%d" % i)
    submitted = bench.submit(music)
    seen = []

    def look() -> bool:
        seen.append(bench.stores.ingests.get(submitted.id).scan.found)
        return True

    bench.go_on = look
    bench.run(submitted)
    assert seen[0] == 0
    assert 0 < seen[-1] < 602
