"""`ingest` and its subcommands, against a fake service."""

import json
from pathlib import Path

import httpx
import pytest

from sightsong import cli
from sightsong.cli.session import World
from tests.unit.sightsong.fake_service import FakeService, problem
from tests.unit.sightsong.ingest_views import ingest, page


def test_several_sources_and_wishes_go_in_one_request(
    taken: FakeService, world: World, tmp_path: Path
):
    song = tmp_path / "song.mp3"
    song.write_bytes(b"music")
    args = ["ingest", str(tmp_path), str(song), "--remove-missing", "--restore", "--no-wait"]
    assert cli.main(args, world=world) == 0
    wanted = {"paths": [str(tmp_path), str(song)], "remove_missing": True, "restore": True}
    assert taken.sent("POST", "/v1/ingests") == wanted


def test_more_paths_than_a_service_takes_go_in_portions(
    taken: FakeService, world: World, tmp_path: Path
):
    paths = [tmp_path / f"{number}.mp3" for number in range(1001)]
    for path in paths:
        path.touch()
    assert cli.main(["ingest", "--no-wait", *map(str, paths)], world=world) == 0
    sent = [json.loads(request.content)["paths"] for request in taken.requests]
    assert [len(one) for one in sent] == [1000, 1]
    assert [path for one in sent for path in one] == [str(path) for path in paths]


def test_options_may_come_before_the_path(taken: FakeService, world: World, tmp_path: Path):
    assert cli.main(["ingest", "--no-wait", str(tmp_path)], world=world) == 0
    assert taken.sent("POST", "/v1/ingests") == {"paths": [str(tmp_path)]}


def test_a_folder_called_like_a_subcommand_is_reached_by_its_path(
    taken: FakeService, world: World, tmp_path: Path
):
    folder = tmp_path / "list"
    folder.mkdir()
    assert cli.main(["ingest", f"{tmp_path}/./list", "--no-wait"], world=world) == 0
    assert taken.sent("POST", "/v1/ingests") == {"paths": [str(folder)]}


def test_a_library_is_named_for_what_is_taken_in(taken: FakeService, world: World, tmp_path: Path):
    args = ["ingest", str(tmp_path), "--library", "Vinyl", "--no-wait"]
    assert cli.main(args, world=world) == 0
    wanted = {"paths": [str(tmp_path)], "library": "Vinyl"}
    assert taken.sent("POST", "/v1/ingests") == wanted


def test_a_library_is_named_for_what_is_sent(taken: FakeService, world: World, tmp_path: Path):
    song = tmp_path / "song.mp3"
    song.write_bytes(b"music")
    args = ["ingest", "--upload", str(song), "--library", "Vinyl", "--no-wait"]
    assert cli.main(args, world=world) == 0
    [request] = taken.asked("POST", "/v1/ingests")
    assert dict(request.url.params) == {"library": "Vinyl"}


def test_an_address_goes_as_it_is(taken: FakeService, world: World):
    assert cli.main(["ingest", "s3://bucket/music", "--no-wait"], world=world) == 0
    assert taken.sent("POST", "/v1/ingests") == {"url": "s3://bucket/music"}


def test_ingest_without_waiting_says_how_to_follow_it(
    taken: FakeService, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert cli.main(["ingest", str(tmp_path), "--no-wait"], world=world) == 0
    assert "sightsong ingest follow i-1" in capsys.readouterr().out
    assert len(taken.requests) == 1


@pytest.mark.parametrize("args", [[], ["--upload"]])
def test_a_web_address_is_told_where_it_goes(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str], args: list[str]
):
    assert cli.main(["ingest", "https://music.test/a.mp3", *args], world=world) == 2
    told = capsys.readouterr().err
    assert "manifest" in told
    assert "SIGHTSONG_FETCH_URLS=true" in told
    assert service.requests == []


def test_a_watched_folder_is_said_to_be_watched(
    taken: FakeService, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    row = {"id": "w-1", "path": str(tmp_path), "added_at": "2026-11-20T23:40:00.000Z"}
    other = {**row, "id": "w-2", "path": "/other"}
    taken.on("GET", "/v1/watches", page({**row, "ingest_id": "i-1"}, {**other, "ingest_id": None}))
    assert cli.main(["ingest", "--watch", str(tmp_path)], world=world) == 0
    assert taken.sent("POST", "/v1/ingests") == {"paths": [str(tmp_path)], "watch": True}
    told = capsys.readouterr().err
    assert "goes on watching" in told
    assert "ingest unwatch w-1" in told
    assert "w-2" not in told


def test_an_upload_sends_all_music_of_a_folder(taken: FakeService, world: World, tmp_path: Path):
    (tmp_path / "album").mkdir()
    (tmp_path / "album" / "one.flac").write_bytes(b"first song")
    (tmp_path / "two.mp3").write_bytes(b"second song")
    (tmp_path / "notes.txt").write_bytes(b"no music")
    (tmp_path / ".hidden.mp3").write_bytes(b"hidden")
    assert cli.main(["ingest", "--upload", str(tmp_path), "--no-wait"], world=world) == 0
    [request] = taken.asked("POST", "/v1/ingests")
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert int(request.headers["content-length"]) == len(request.content)
    assert b'filename="album/one.flac"' in request.content
    assert b"second song" in request.content
    assert b"no music" not in request.content
    assert b"hidden" not in request.content


def test_a_folder_without_music_is_not_sent(service: FakeService, world: World, tmp_path: Path):
    assert cli.main(["ingest", "--upload", str(tmp_path)], world=world) == 2
    assert service.requests == []


@pytest.mark.parametrize(
    "args",
    [
        ["/no/such/folder"],
        ["--upload", "s3://bucket/music"],
        ["--upload", "--watch", "."],
        ["--watch", "--dry-run", "."],
        ["--watch", "--library", "Vinyl", "."],
        ["s3://bucket/music", "."],
        ["--dry-run"],
        [""],
        ["--upload", ""],
        [".", ""],
        [],
    ],
)
def test_what_cannot_be_taken_in_is_wrong_usage(
    service: FakeService, world: World, args: list[str]
):
    assert cli.main(["ingest", *args], world=world) == 2
    assert service.requests == []


def test_ctrl_c_leaves_the_ingest_running_and_says_what_can_be_done(
    taken: FakeService, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    taken.on("GET", "/v1/ingests/i-1", ingest(done=False), KeyboardInterrupt())
    assert cli.main(["ingest", str(tmp_path)], world=world) == 130
    told = capsys.readouterr().err
    assert "goes on in the service" in told
    for word in ("follow", "pause", "cancel"):
        assert f"sightsong ingest {word} i-1" in told


def test_an_ingest_that_fails_is_status_1_with_its_reason(
    taken: FakeService, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    error = {"code": "path_not_allowed", "detail": "Not under the library."}
    failed = ingest(done=True, state="failed", status="failed", error=error)
    taken.on("GET", "/v1/ingests/i-1", failed)
    assert cli.main(["ingest", str(tmp_path)], world=world) == 1
    assert "Not under the library. (path_not_allowed)" in capsys.readouterr().err


def test_a_refused_folder_is_status_4(service: FakeService, world: World, tmp_path: Path):
    service.on("POST", "/v1/ingests", problem(422, "path_not_allowed", "Not allowed."))
    assert cli.main(["ingest", str(tmp_path)], world=world) == 4


def test_an_ingest_begun_before_can_be_followed(taken: FakeService, world: World):
    assert cli.main(["ingest", "follow", "i-1"], world=world) == 0
    assert taken.asked("POST", "/v1/ingests") == []


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("pause", "sightsong ingest resume i-1"),
        ("resume", "sightsong ingest follow i-1"),
        ("cancel", "canceled"),
        ("retry", "2 tracks are tried again"),
    ],
)
def test_an_ingest_is_told_what_to_do(
    service: FakeService,
    world: World,
    capsys: pytest.CaptureFixture[str],
    word: str,
    told: str,
):
    service.on("POST", f"/v1/ingests/i-1/{word}", ingest(done=False, retried=2))
    assert cli.main(["ingest", word, "i-1"], world=world) == 0
    assert told in capsys.readouterr().out


def test_what_is_done_cannot_be_paused(service: FakeService, world: World):
    service.on("POST", "/v1/ingests/i-1/pause", problem(409, "conflict", "It is done."))
    assert cli.main(["ingest", "pause", "i-1"], world=world) == 4


def test_watched_folders_are_listed_and_left_alone(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    row = {"id": "w-1", "path": "/home/me/Music", "added_at": "2026-11-20T23:40:00.000Z"}
    service.on("GET", "/v1/watches", page({**row, "ingest_id": None}))
    service.on("DELETE", "/v1/watches/w-1", httpx.Response(204))
    assert cli.main(["ingest", "watches"], world=world) == 0
    assert cli.main(["ingest", "unwatch", "w-1"], world=world) == 0
    shown = capsys.readouterr().out
    assert "/home/me/Music" in shown
    assert "w-1" in shown
    assert len(service.asked("DELETE", "/v1/watches/w-1")) == 1
