"""Ingests of folders: what is found, taken in once, and left alone."""

import os
import zipfile
from pathlib import Path

import pytest

from sightsong.core.ingests import Wish
from sightsong.core.jobs import JobState, Queue
from sightsong.core.tracks import TrackState
from tests.unit.indexer.parts import Bench, counts


def problems(bench: Bench, ingest_id: str) -> dict[str, str]:
    return {one.file: one.code for one in bench.stores.ingests.problems(ingest_id, limit=99)}


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
    for path in music.rglob("*.mp3"):
        path.unlink()
    again = bench.ingest(music, remove_missing=True)
    assert counts(again, "gone", "missing") == (0, 2)
    assert problems(bench, again.id) == {"music": "unreadable"}
    assert len(bench.stores.tracks.page(limit=9)) == 2


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


def test_a_manifest_says_more_of_a_track_than_its_file(bench, music):
    table = music / "tracks.csv"
    table.write_text("file,title,genre,mood\none.mp3,First Light,ambient,calm\nnot there.mp3,,,\n")
    scanned = bench.ingest(table)
    [track] = bench.stores.tracks.page(limit=9)
    assert (track.title, track.tags.genre, track.tags.mood) == ("First Light", "ambient", "calm")
    assert counts(scanned, "found", "new", "unreadable") == (2, 1, 1)


def test_a_manifest_that_says_something_else_now_changes_the_track(bench, music):
    table = music / "tracks.csv"
    table.write_text("file,mood\none.mp3,calm\n")
    bench.ingest(table)
    bench.embed_all()
    table.write_text("file,mood\none.mp3,stormy\n")
    again = bench.ingest(table)
    [track] = bench.stores.tracks.page(limit=9)
    assert track.tags.mood == "stormy"
    assert counts(again, "changed") == (1,)
    assert bench.stores.jobs.backlog(Queue.TRACKS, limit=9) == 0


def test_a_manifest_does_not_lead_out_of_the_library_folder(bench, music, tmp_path):
    (tmp_path / "secret.mp3").write_bytes(b"secret")
    bench.library_root = music
    table = music / "tracks.csv"
    table.write_text(f"file\n../secret.mp3\n{tmp_path}/secret.mp3\none.mp3\n")
    scanned = bench.ingest(table)
    assert counts(scanned, "new", "unreadable") == (1, 2)
    assert set(problems(bench, scanned.id).values()) == {"path_not_allowed"}


def test_addresses_of_the_web_are_not_fetched_unless_that_is_allowed(bench, music):
    table = music / "tracks.csv"
    table.write_text("url,title\nhttps://music.example/a.mp3,A\n")
    refused = bench.ingest(table)
    assert set(problems(bench, refused.id).values()) == {"url_not_allowed"}

    def fetch(_url: str, target: Path) -> str:
        target.write_bytes(b"from the web")
        return "a.mp3"

    bench.fetch_web = fetch
    assert counts(bench.ingest(table), "new", "unreadable") == (1, 0)
    [track] = bench.stores.tracks.page(limit=9)
    assert track.title == "A"
    assert Path(bench.stores.tracks.paths(track.id)[0]).is_relative_to(bench.shelf_dir)


@pytest.mark.parametrize("times", [1, 2])
def test_uploads_are_kept_on_the_shelf_under_the_name_that_they_came_with(bench, times):
    tray = bench.inbox.open_tray()
    bench.inbox.put(tray, "My Song.mp3", [b"a ", b"song"])
    for _ in range(times):  # killed before the end, an ingest begins anew
        scanned = bench.run(bench.stores.ingests.submit(Wish(inbox=tray)))
    [track] = bench.stores.tracks.page(limit=9)
    assert track.title == "My Song"
    assert track.state is TrackState.PENDING
    assert Path(bench.stores.tracks.paths(track.id)[0]).read_bytes() == b"a song"
    assert counts(scanned, "found") == (1,)


def test_one_empty_upload_does_not_stop_the_others(bench):
    tray = bench.inbox.open_tray()
    bench.inbox.put(tray, "empty.mp3", [b""])
    bench.inbox.put(tray, "full.mp3", [b"full"])
    scanned = bench.run(bench.stores.ingests.submit(Wish(inbox=tray)))
    assert counts(scanned, "found", "new", "unreadable") == (2, 1, 1)


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name.replace("_", "/", 1).replace("_", "."), content)
    return path


def test_the_music_in_an_archive_is_kept_on_the_shelf(bench, tmp_path):
    box = zipped(tmp_path / "album.zip", cd_one_mp3=b"one", cd_two_mp3=b"two", cd_cover_jpg=b"x")
    scanned = bench.ingest(box)
    assert counts(scanned, "found", "new") == (2, 2)
    assert {track.title for track in bench.stores.tracks.page(limit=9)} == {"one", "two"}


def test_a_manifest_in_an_archive_speaks_of_what_is_beside_it(bench, tmp_path):
    table = b"file,title,mood\ncd/one.mp3,First Light,calm\ncd/three.mp3,Not There,\n"
    box = zipped(tmp_path / "album.zip", cd_one_mp3=b"one", cd_zz_csv=table)
    scanned = bench.ingest(box)
    [track] = bench.stores.tracks.page(limit=9)
    assert (track.title, track.tags.mood) == ("First Light", "calm")
    assert counts(scanned, "found", "new", "unreadable") == (2, 1, 1)


def test_an_uploaded_manifest_speaks_of_the_uploads_beside_it(bench):
    tray = bench.inbox.open_tray()
    bench.inbox.put(tray, "one.mp3", [b"one"])
    bench.inbox.put(tray, "list.jsonl", [b'{"file": "one.mp3", "genre": "ambient"}\n'])
    scanned = bench.run(bench.stores.ingests.submit(Wish(inbox=tray)))
    [track] = bench.stores.tracks.page(limit=9)
    assert (track.title, track.tags.genre) == ("one", "ambient")
    assert counts(scanned, "found", "new") == (1, 1)


def test_one_damaged_archive_among_uploads_does_not_stop_the_others(bench):
    tray = bench.inbox.open_tray()
    bench.inbox.put(tray, "bad.zip", [b"PK no zip at all"])
    bench.inbox.put(tray, "one.mp3", [b"one"])
    scanned = bench.run(bench.stores.ingests.submit(Wish(inbox=tray)))
    assert counts(scanned, "new", "unreadable") == (1, 1)
    assert problems(bench, scanned.id) == {"bad.zip": "archive_refused"}
