"""`ingest`, `tracks` and `index`, against a fake service."""

import json
from pathlib import Path

import pytest

from sightsong import cli
from sightsong.cli.session import World
from sightsong.client import Patience
from tests.unit.sightsong.fake_service import FakeService, job, problem

FRESH = {"items": [], "active": "v1", "stale": False}


@pytest.fixture
def world(service: FakeService) -> World:
    return World(transport=service.transport, patience=Patience(pause=service.pause))


def ingest(*, done: bool, **more: object) -> dict[str, object]:
    told: dict[str, object] = {"id": "i-1", "state": "succeeded" if done else "running"}
    scan = {"found": 3, "new": 2, "known": 1, "duplicates": 0, "unreadable": 0} if done else None
    tracks = {"queued": 0, "running": 0, "succeeded": 1, "failed": 1, "canceled": 0}
    return {**told, "error": None, "scan": scan, "tracks": tracks, "done": done, **more}


def test_ingest_follows_to_the_end_and_waits_for_the_index(
    service: FakeService, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    service.on("POST", "/v1/ingests", ingest(done=False))
    service.on("GET", "/v1/ingests/i-1", ingest(done=False), ingest(done=True))
    service.on("GET", "/v1/indexes", {**FRESH, "stale": True}, FRESH)
    assert cli.main(["ingest", str(tmp_path), "--json"], world=world) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out.splitlines()[-1]) == ingest(done=True)
    assert "3 found, 2 new, 1 known; 1 could not be heard" in printed.err
    assert len(service.asked("GET", "/v1/indexes")) == 2


def test_ingest_without_waiting_says_how_to_follow_it(
    service: FakeService, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    service.on("POST", "/v1/ingests", ingest(done=False))
    assert cli.main(["ingest", str(tmp_path), "--no-wait"], world=world) == 0
    assert "ingest i-1" in capsys.readouterr().out
    assert len(service.requests) == 1


def test_an_ingest_begun_before_can_be_followed(service: FakeService, world: World):
    service.on("GET", "/v1/ingests/i-1", ingest(done=True))
    service.on("GET", "/v1/indexes", FRESH)
    assert cli.main(["ingest", "--watch", "i-1"], world=world) == 0
    assert service.asked("POST", "/v1/ingests") == []


def test_ctrl_c_leaves_the_ingest_running_and_says_how_to_follow_it(
    service: FakeService, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    service.on("POST", "/v1/ingests", ingest(done=False))
    service.on("GET", "/v1/ingests/i-1", ingest(done=False), KeyboardInterrupt())
    assert cli.main(["ingest", str(tmp_path)], world=world) == 130
    told = capsys.readouterr().err
    assert "goes on in the service; follow it again with `sightsong ingest --watch i-1`" in told


def test_an_ingest_needs_one_of_path_and_watch(world: World, tmp_path: Path):
    assert cli.main(["ingest"], world=world) == 2
    assert cli.main(["ingest", str(tmp_path), "--watch", "i-1"], world=world) == 2


def test_an_ingest_that_fails_is_status_1_with_its_reason(
    service: FakeService, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    error = {"code": "path_not_allowed", "detail": "Not under the library."}
    failed = ingest(done=True, state="failed", error=error)
    service.on("POST", "/v1/ingests", ingest(done=False))
    service.on("GET", "/v1/ingests/i-1", failed)
    assert cli.main(["ingest", str(tmp_path)], world=world) == 1
    assert "Not under the library. (path_not_allowed)" in capsys.readouterr().err


def test_a_refused_folder_is_status_4(service: FakeService, world: World, tmp_path: Path):
    service.on("POST", "/v1/ingests", problem(403, "path_not_allowed", "Not allowed."))
    assert cli.main(["ingest", str(tmp_path)], world=world) == 4


def test_tracks_are_listed_with_the_reason_of_those_set_aside(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    fine = {"id": "a", "title": "Fine", "artist": None, "state": "ready", "duration_s": 61.0}
    why = {"code": "audio_silent", "detail": "silent"}
    broken = {"id": "b", "title": "Odd", "state": "quarantined", "reason": why}
    service.on("GET", "/v1/tracks", {"items": [fine, broken], "next_cursor": None})
    assert cli.main(["tracks"], world=world) == 0
    shown = capsys.readouterr().out
    assert "01:01" in shown
    assert "quarantined: silent" in shown


def test_an_empty_library_says_how_to_fill_it(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", "/v1/tracks", {"items": [], "next_cursor": None})
    assert cli.main(["tracks", "--json"], world=world) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == []
    assert "sightsong ingest" in printed.err


def test_index_list_tells_what_is_served_and_what_is_waiting(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    row = {"version": "v1", "space": "s@1", "state": "active", "tracks": 12, "created_at": 0}
    service.on("GET", "/v1/indexes", {"items": [row], "active": "v1", "stale": True})
    assert cli.main(["index", "list"], world=world) == 0
    printed = capsys.readouterr()
    assert "active" in printed.out
    assert "the next is on its way" in printed.err


def test_index_rebuild_waits_for_its_job(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("POST", "/v1/indexes", job("queued", kind="rebuild"))
    service.on("GET", "/v1/jobs/j-1", job("succeeded", kind="rebuild", result={}))
    assert cli.main(["index", "rebuild"], world=world) == 0
    assert "rebuild succeeded" in capsys.readouterr().out
