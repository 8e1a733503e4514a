"""`tracks` and its subcommands, against a fake service."""

import json

import httpx
import pytest

from sightsong import cli
from sightsong.cli.session import World
from sightsong.core.tracks import TrackState
from tests.unit.sightsong.fake_service import FakeService
from tests.unit.sightsong.ingest_views import page


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


def test_tracks_are_listed_by_what_is_asked_of_them(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", "/v1/tracks", page())
    args = ["tracks", "--genre", "jazz", "--tag", "piano", "--search", "morn light"]
    assert cli.main(args, world=world) == 0
    [request] = service.asked("GET", "/v1/tracks")
    asked = {**dict(request.url.params), "limit": None}
    assert asked == {"genre": "jazz", "tag": "piano", "q": "morn light", "limit": None}
    assert "no track is like that" in capsys.readouterr().out


def test_tracks_are_listed_by_state(service: FakeService, world: World):
    service.on("GET", "/v1/tracks", page())
    assert cli.main(["tracks", "--state", "quarantined"], world=world) == 0
    assert service.requests[0].url.params["state"] == "quarantined"


def test_the_states_to_choose_from_are_those_of_tracks(
    world: World, capsys: pytest.CaptureFixture[str]
):
    cli.main(["tracks", "--help"], world=world)
    assert f"--state {'|'.join(TrackState)}\n" in capsys.readouterr().out


@pytest.mark.parametrize("args", [["--state", "odd"], ["--search", ""], ["--genre", ""]])
def test_a_condition_that_is_none_is_wrong_usage(
    service: FakeService, world: World, args: list[str]
):
    assert cli.main(["tracks", *args], world=world) == 2
    assert service.requests == []


def test_recordings_that_are_there_several_times_are_listed_together(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    rows = [
        {"id": name, "title": f"T {name}", "state": "ready", "recording_id": recording}
        for name, recording in (("a", "d"), ("b", "c"), ("c", "c"), ("d", "d"))
    ]
    service.on("GET", "/v1/tracks", page(*rows))
    assert cli.main(["tracks", "--duplicates"], world=world) == 0
    assert service.requests[0].url.params["duplicates"] == "true"
    head, *shown = capsys.readouterr().out.splitlines()
    assert head.split()[:2] == ["id", "recording"]
    assert [line.split()[:2] for line in shown] == [["c", "c"], ["b", "c"], ["d", "d"], ["a", "d"]]


def test_an_edit_sends_what_is_said_and_takes_back_what_is_empty(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    track = {"id": "t-1", "title": "Morning", "state": "ready"}
    service.on("PATCH", "/v1/tracks/t-1", track)
    args = ["tracks", "edit", "t-1", "--title", "Morning", "--mood", "", "--tags", "a, b"]
    assert cli.main(args, world=world) == 0
    sent = {"title": "Morning", "mood": None, "tags": ["a", "b"]}
    assert service.sent("PATCH", "/v1/tracks/t-1") == sent
    assert "Morning" in capsys.readouterr().out


@pytest.mark.parametrize(("flag", "explicit"), [("--explicit", True), ("--clean", False)])
def test_an_edit_may_say_whether_words_are_explicit_and_where_a_track_belongs(
    service: FakeService,
    world: World,
    capsys: pytest.CaptureFixture[str],
    flag: str,
    explicit: bool,
):
    told = {"explicit": explicit, "library": "Vinyl"}
    service.on("PATCH", "/v1/tracks/t-1", {"id": "t-1", "title": "T", "state": "ready", **told})
    assert cli.main(["tracks", "edit", "t-1", flag, "--library", "Vinyl"], world=world) == 0
    assert service.sent("PATCH", "/v1/tracks/t-1") == told
    shown = capsys.readouterr().out.splitlines()
    assert ["library", "Vinyl"] in [line.split() for line in shown]
    assert ["explicit", "yes" if explicit else "no"] in [line.split() for line in shown]


def test_a_track_is_shown_with_all_that_is_said_of_it(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    said = {"artist": "Ann\x1b", "tags": ["a", "b"], "duration_s": 61.0, "explicit": None}
    recording = {"id": "t-1", "tracks": ["t-1", "t-2"]}
    track = {"id": "t-1", "title": "Fine", "state": "ready", "recording": recording, **said}
    service.on("GET", "/v1/tracks/t-1", track)
    assert cli.main(["tracks", "show", "t-1"], world=world) == 0
    shown = capsys.readouterr().out
    assert [" ".join(line.split()) for line in shown.splitlines()] == [
        "Fine",
        "artist Ann",
        "tags a, b",
        "length 01:01",
        "state ready",
        "also as t-2",
        "id t-1",
    ]


def test_an_edit_of_nothing_is_wrong_usage(service: FakeService, world: World):
    assert cli.main(["tracks", "edit", "t-1"], world=world) == 2
    assert service.requests == []


def test_tracks_are_removed_one_by_one(service: FakeService, world: World):
    service.on("DELETE", "/v1/tracks/a", httpx.Response(204))
    service.on("DELETE", "/v1/tracks/b", httpx.Response(204))
    assert cli.main(["tracks", "remove", "a", "b"], world=world) == 0
    assert [request.url.path for request in service.requests] == ["/v1/tracks/a", "/v1/tracks/b"]


def test_an_empty_library_says_how_to_fill_it(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", "/v1/tracks", {"items": [], "next_cursor": None})
    assert cli.main(["tracks", "--json"], world=world) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == []
    assert "sightsong ingest" in printed.err
