"""How things with ids are drawn: ids whole on narrow terminals, and in one line elsewhere."""

import io
import uuid

import pytest
from rich.console import Console

from sightsong.cli import ledger, show, versions
from sightsong.cli.screen import Screen
from tests.unit.sightsong.fake_service import INDEX
from tests.unit.sightsong.ingest_views import ingest

IDS = [str(uuid.UUID(int=number)) for number in range(3)]
LONG = "A very long title of a track that nobody can remember, with a part two (live) " * 2
REASON = {"code": "audio_silent", "detail": "The audio holds no sound above the silence threshold."}
TRACKS = [
    {"id": IDS[0], "title": LONG, "artist": "The Long Name Orchestra", "state": "ready"},
    {"id": IDS[1], "title": "Short", "state": "quarantined", "reason": REASON, "duration_s": 61.0},
]


def drawn(part: object, *, width: int) -> list[str]:
    """The lines of a part on a terminal."""
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    console.print(part)
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_ids_are_whole_on_a_terminal_and_stand_below_the_titles(width: int):
    lines = drawn(show.tracks(TRACKS), width=width)
    begins = [line.split()[0] for line in lines if line.strip()]
    assert [one for one in begins if one in IDS] == IDS[:2]
    assert all(len(line) <= width for line in lines)


def test_ids_of_ingests_and_recordings_are_whole_on_a_terminal():
    source = {"kind": "paths", "paths": [f"/home/me/{'deep/' * 40}"], "url": None, "files": None}
    rows = [ingest(done=True, id=IDS[0], source=source, dry_run=True)]
    ingests = drawn(ledger.ingests(rows), width=80)
    same = [{**row, "recording_id": IDS[2]} for row in TRACKS]
    recordings = drawn(show.tracks(same, recordings=True), width=80)
    assert any(line.startswith(f"{IDS[0]} ") for line in ingests)
    assert any("2026-11-2" in line and line.split()[-1].count(":") for line in ingests)
    assert sum(f"recording {IDS[2]} " in line for line in recordings) == 2


def test_where_no_terminal_is_each_thing_is_one_line_with_its_id(
    capsys: pytest.CaptureFixture[str],
):
    Screen(as_json=False).show(show.tracks(TRACKS))
    _, first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{IDS[0]}  {LONG.strip()}")
    assert second.split()[:2] == [IDS[1], "Short"]
    assert second.endswith(f"01:01   quarantined: {REASON['detail']}")


def test_where_no_terminal_is_no_line_ends_in_blanks(capsys: pytest.CaptureFixture[str]):
    rows = [ingest(done=True, id=IDS[0]), ingest(done=False, id=IDS[1])]
    Screen(as_json=False).show(ledger.ingests(rows))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert [line for line in lines if line != line.rstrip()] == []


def test_watched_folders_are_listed_with_whole_ids():
    row = {"id": IDS[0], "path": "/music" * 30, "added_at": "2026-11-20T23:40:00.000Z"}
    lines = drawn(ledger.watches([{**row, "ingest_id": None}]), width=80)
    assert any(IDS[0] in line for line in lines)


def test_versions_and_figures_of_snapshots_are_whole_on_a_terminal():
    version = "20261120T234207123456-1f3a9c2e"
    row = {**INDEX, "version": version, "is_pinned": True, "tracks": 1_000_000}
    lines = drawn(versions.indexes([row]), width=80)
    assert version in [line.split()[0] for line in lines]
    assert {"active,", "pinned", "1,000,000", "0.996"} <= {
        w for line in lines for w in line.split()
    }


def test_what_goes_on_is_told_as_it_is_though_it_looks_like_markup():
    screen = Screen(as_json=False)
    screen.notes = Console(file=io.StringIO(), force_terminal=True, color_system=None)
    with screen.busy("listening to [/b]"):
        pass
    assert "listening to [/b] …" in screen.notes.file.getvalue()  # type: ignore[attr-defined]
