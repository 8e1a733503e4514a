"""`batches`, against a fake service."""

import json
from pathlib import Path

import httpx
import pytest

from sightsong import cli
from sightsong.cli.session import World
from tests.unit.sightsong.batch_views import BATCH, M3U8, PLAYLIST, batch, item, lines
from tests.unit.sightsong.fake_service import RESULT, FakeService, problem
from tests.unit.sightsong.ingest_views import page


def test_batches_are_listed(service: FakeService, world: World, capsys: pytest.CaptureFixture[str]):
    rows = [
        {**batch("running", running=2, succeeded=1, refused=1), "custom_id": "trip\x1b"},
        batch(succeeded=3),
    ]
    service.on("GET", "/v1/batches", page(*rows))
    assert cli.main(["batches", "list", "--limit", "2"], world=world) == 0
    _head, first, second = capsys.readouterr().out.splitlines()
    assert first.split()[:7] == ["b-1", "trip", "running", "2", "of", "4", "1"]
    assert second.split()[:7] == ["b-1", "3", "items", "completed", "3", "of", "3"]


def test_no_batches_say_how_to_make_one(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", "/v1/batches", page())
    assert cli.main(["batches", "list"], world=world) == 0
    assert "sightsong album" in capsys.readouterr().out


def test_a_batch_says_how_far_it_is(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", BATCH, batch("running", queued=1, succeeded=2))
    assert cli.main(["batches", "show", "b-1"], world=world) == 0
    assert capsys.readouterr().out == "batch b-1: running: 1 queued, 2 succeeded\n"


def test_what_became_of_each_photo_is_listed_in_their_order(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    late = {"code": "deadline_exceeded", "detail": "Too late."}
    rows = [item(0, result=RESULT), item(1, "failed", error=late), item(2, "running")]
    service.on("GET", f"{BATCH}/results", lines(*rows))
    assert cli.main(["batches", "results", "b-1"], world=world) == 0
    _head, first, second, third = capsys.readouterr().out.splitlines()
    assert first.split()[:3] == ["j-0", "0.jpg", "succeeded"]
    assert "Paper [bold]Kites [31m, Ours" in first
    assert "Too late. (deadline_exceeded)" in second
    assert third.split() == ["j-2", "2.jpg", "running"]


def test_programs_are_given_all_of_the_answers(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    rows = [item(0, result=RESULT), item(1)]
    service.on("GET", f"{BATCH}/results", lines(*rows))
    said = ["batches", "results", "b-1", "--state", "succeeded", "--json"]
    assert cli.main(said, world=world) == 0
    assert json.loads(capsys.readouterr().out) == rows
    assert service.requests[0].url.params["state"] == "succeeded"


def test_the_playlist_of_a_batch_is_had_again(
    service: FakeService, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", f"{BATCH}/playlist", PLAYLIST, httpx.Response(200, content=M3U8.encode()))
    out = tmp_path / "trip.m3u8"
    assert cli.main(["batches", "playlist", "b-1", "--out", str(out)], world=world) == 0
    assert out.read_text(encoding="utf-8") == M3U8
    assert "Paper Kites" in capsys.readouterr().out


def test_a_batch_without_answers_has_no_playlist_yet(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", f"{BATCH}/playlist", problem(409, "conflict", "Nothing is answered yet."))
    assert cli.main(["batches", "playlist", "b-1"], world=world) == 4
    assert capsys.readouterr().err == "Nothing is answered yet.\n"


def test_a_playlist_without_tracks_says_so(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", f"{BATCH}/playlist", {**PLAYLIST, "tracks": []})
    assert cli.main(["batches", "playlist", "b-1"], world=world) == 0
    assert capsys.readouterr().out.startswith("no track goes with these photos")


def test_a_batch_is_canceled(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("POST", f"{BATCH}/cancel", batch("canceled", succeeded=1, canceled=2))
    assert cli.main(["batches", "cancel", "b-1"], world=world) == 0
    assert capsys.readouterr().out == "canceled b-1; what was answered by then stays\n"


def test_a_batch_is_deleted(service: FakeService, world: World, capsys: pytest.CaptureFixture[str]):
    service.on("DELETE", BATCH, httpx.Response(204))
    assert cli.main(["batches", "delete", "b-1"], world=world) == 0
    assert capsys.readouterr().out == "deleted b-1\n"


def test_jobs_can_be_listed_by_their_batch(service: FakeService, world: World):
    service.on("GET", "/v1/jobs", page())
    assert cli.main(["jobs", "list", "--batch", "b-1"], world=world) == 0
    assert service.requests[0].url.params["batch"] == "b-1"
