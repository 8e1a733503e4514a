"""What people read of an ingest, against a fake service."""

import json
from pathlib import Path

import pytest

from sightsong import cli
from sightsong.cli.session import World
from tests.unit.sightsong.fake_service import FakeService
from tests.unit.sightsong.ingest_views import FRESH, PROBLEMS, TRACKS, ingest, page, trouble

AGAIN = "sightsong ingest '/home/me/My Music'"
IN_LIBRARY = f"{AGAIN} --library 'My Vinyl'"


def test_ingest_follows_to_the_end_and_waits_for_the_index(
    taken: FakeService, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    taken.on("GET", "/v1/indexes", {**FRESH, "stale": True}, FRESH)
    assert cli.main(["ingest", str(tmp_path), "--json"], world=world) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out.splitlines()[-1]) == ingest(done=True)
    assert "3 found, 2 new, 1 known; 1 heard, 1 could not be heard" in printed.err
    assert len(taken.asked("GET", "/v1/indexes")) == 2


def test_the_report_names_the_first_few_of_each_kind_of_trouble(
    taken: FakeService, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    rows = [trouble(number) for number in range(1, 5)]
    taken.on("GET", PROBLEMS, page(trouble(9, "audio_broken"), *rows))
    cli.main(["ingest", str(tmp_path)], world=world)
    lines = capsys.readouterr().err.splitlines()
    assert "  audio_broken: 9 [b]silence .mp3" in lines
    names = ", ".join(f"{number} [b]silence .mp3" for number in (1, 2, 3))
    assert f"  audio_silent: {names}, …" in lines
    assert "all of them: sightsong ingest show i-1" in lines


def test_a_dry_run_tells_what_is_expected_and_waits_for_no_index(
    taken: FakeService, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    found = {"hours": 12.5, "without_length": 0, "heard_per_s": 100.0, "expected_s": 450.0}
    looked = ingest(done=True, dry_run=True, estimate=found, tracks={}, problems=0)
    taken.on("GET", "/v1/ingests/i-1", looked)
    assert cli.main(["ingest", str(tmp_path), "--dry-run"], world=world) == 0
    told = capsys.readouterr().err
    assert "dry run, nothing was taken in: 3 found, 2 new" in told
    assert "12.5 h of new audio, about 8 min of work" in told
    assert taken.asked("GET", "/v1/indexes") == []


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({"hours": 0.006, "expected_s": 0.3}, "22 s of new audio, less than 1 s of work"),
        ({"hours": 0.006, "expected_s": None}, "22 s of new audio, how long it takes is not known"),
        ({"hours": 0.0, "expected_s": None}, "the files do not say how long they last"),
    ],
)
def test_little_audio_is_expected_in_seconds(
    taken: FakeService,
    world: World,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    found: dict[str, float | None],
    told: str,
):
    looked = ingest(done=True, dry_run=True, estimate=found, tracks={}, problems=0)
    taken.on("GET", "/v1/ingests/i-1", looked)
    cli.main(["ingest", str(tmp_path), "--dry-run"], world=world)
    assert told in capsys.readouterr().err


def test_a_dry_run_that_finds_nothing_new_expects_nothing(
    taken: FakeService, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    looked = ingest(done=True, dry_run=True, estimate={"hours": 0.0, "expected_s": 0.0})
    looked |= {"scan": {"found": 3, "known": 3}, "tracks": {}, "problems": 0}
    taken.on("GET", "/v1/ingests/i-1", looked)
    cli.main(["ingest", str(tmp_path), "--dry-run"], world=world)
    assert "expected" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("scan", "told"),
    [({"found": 3, "known": 3}, "3 found, 3 known"), ({"found": 0}, "no music found")],
)
def test_an_ingest_that_changes_nothing_waits_for_no_index(
    taken: FakeService,
    world: World,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    scan: dict[str, int],
    told: str,
):
    taken.on("GET", "/v1/ingests/i-1", ingest(done=True, scan=scan, tracks={}, problems=0))
    assert cli.main(["ingest", str(tmp_path)], world=world) == 0
    assert capsys.readouterr().err == f"ingest: {told}\n"
    assert taken.asked("GET", "/v1/indexes") == []


def test_files_that_are_gone_are_waited_for_too(taken: FakeService, world: World, tmp_path: Path):
    gone = ingest(done=True, scan={"found": 3, "known": 3, "gone": 1}, tracks={}, problems=0)
    taken.on("GET", "/v1/ingests/i-1", gone)
    cli.main(["ingest", str(tmp_path), "--remove-missing"], world=world)
    assert len(taken.asked("GET", "/v1/indexes")) == 1


def test_ingests_are_listed(service: FakeService, world: World, capsys: pytest.CaptureFixture[str]):
    sent = {"kind": "upload", "paths": [], "url": None, "files": 7}
    rows = [ingest(done=True), ingest(done=False, id="i-2", source=sent)]
    service.on("GET", "/v1/ingests", page(*rows))
    assert cli.main(["ingest", "list", "--json"], world=world) == 0
    printed = capsys.readouterr()
    assert [row["id"] for row in json.loads(printed.out)] == ["i-1", "i-2"]
    assert "/home/me/Music" in printed.err
    assert "7 uploaded" in printed.err


def test_the_list_tells_counts_of_each_and_marks_dry_runs(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    known = ingest(done=True, tracks={}, problems=0, scan={"found": 20, "new": 0, "known": 20})
    dry = ingest(done=True, id="i-2", dry_run=True, tracks={}, problems=0)
    service.on("GET", "/v1/ingests", page(ingest(done=True), known, dry))
    cli.main(["ingest", "list"], world=world)
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["id", "ingest", "status", "since", "found", "new", "heard", "failed"]
    assert [row.split()[-4:] for row in rows[:2]] == [["3", "2", "1", "1"], ["20", "0", "0", "0"]]
    assert "dry run, done" in rows[2]
    assert rows[2].split()[-3:] == ["3", "2", "0"]  # it hears nothing, so it says nothing of that


def test_an_ingest_is_shown_with_all_its_trouble(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    rates = {"tracks_per_s": 3.14, "hours_per_hour": 620.4}
    busy = ingest(done=False, status="listening", rates=rates, eta_s=95.0, tracks=TRACKS)
    service.on("GET", "/v1/ingests/i-1", busy)
    service.on("GET", PROBLEMS, page(*[trouble(number) for number in range(1, 5)]))
    assert cli.main(["ingest", "show", "i-1"], world=world) == 0
    shown = capsys.readouterr().out
    assert "/home/me/Music: listening" in shown
    assert "3.1 tracks/s, 620 h of audio/h, 2 min left, 1 failed" in shown
    assert "audio_silent  4 [b]silence .mp3: The audio holds no sound." in shown.splitlines()


@pytest.mark.parametrize(
    ("status", "tracks", "told"),
    [
        ("canceled", {"succeeded": 14, "canceled": 16}, "14 heard (21 min of audio), 16 given up"),
        ("paused", {"succeeded": 14, "queued": 16}, "14 heard (21 min of audio), 16 waiting"),
        ("listening", {"running": 2, "queued": 28}, "2 being heard, 28 waiting"),
    ],
)
def test_an_ingest_is_shown_with_what_became_of_its_tracks(
    service: FakeService,
    world: World,
    capsys: pytest.CaptureFixture[str],
    status: str,
    tracks: dict[str, int],
    told: str,
):
    scan = {"found": 30, "new": 30, "duplicates": 1}
    shown = ingest(done=False, status=status, tracks=tracks, scan=scan, heard_s=1260.0, problems=0)
    service.on("GET", "/v1/ingests/i-1", shown)
    service.on("GET", PROBLEMS, page())
    cli.main(["ingest", "show", "i-1"], world=world)
    assert f"30 found, 30 new, 1 duplicate; {told}" in capsys.readouterr().out


def test_what_is_done_is_reported_with_the_speed_of_the_whole(
    taken: FakeService, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    overall = {"took_s": 90.0, "tracks_per_s": 0.042, "hours_per_hour": 123.4}
    taken.on("GET", "/v1/ingests/i-1", ingest(done=True, overall=overall))
    cli.main(["ingest", str(tmp_path)], world=world)
    assert "took 2 min: 0.042 tracks/s, 123 h of audio/h" in capsys.readouterr().err.splitlines()


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (
            {"status": "canceled", "problems": 0},
            f"no track of it has failed: it was canceled; for the rest of it: {AGAIN}",
        ),
        (
            {"status": "done", "problems": 3},
            f"no track of it is to be tried again; to look at its files again: {AGAIN}",
        ),
        (
            {"status": "done", "problems": 3, "library": "My Vinyl"},
            f"no track of it is to be tried again; to look at its files again: {IN_LIBRARY}",
        ),
        ({"status": "done", "problems": 0}, "no track of it has failed"),
        ({"retried": 1}, "1 track is tried again; follow it with: sightsong ingest follow i-1"),
    ],
)
def test_a_retry_of_nothing_names_the_way_out(
    service: FakeService,
    world: World,
    capsys: pytest.CaptureFixture[str],
    state: dict[str, object],
    told: str,
):
    source = {"kind": "paths", "paths": ["/home/me/My Music"], "url": None, "files": None}
    answer = ingest(done=True, source=source, **{"retried": 0, **state})
    service.on("POST", "/v1/ingests/i-1/retry", answer)
    assert cli.main(["ingest", "retry", "i-1"], world=world) == 0
    assert capsys.readouterr().out == f"{told}\n"
