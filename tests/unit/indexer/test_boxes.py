"""Ingests of manifests, uploads and archives."""

import zipfile
from pathlib import Path

import pytest

from sightsong.core.ingests import Wish
from sightsong.core.jobs import Queue
from sightsong.core.tracks import TrackState
from tests.unit.indexer.parts import counts, problems


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


@pytest.mark.parametrize("named", ["from its folder", "from the top"])
def test_a_manifest_in_an_archive_speaks_of_what_is_beside_it(bench, tmp_path, named):
    row = {"from its folder": "one.mp3", "from the top": "./cd/one.mp3"}[named]
    table = f"file,title,mood\n{row},First Light,calm\ncd/three.mp3,Not There,\n".encode()
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
