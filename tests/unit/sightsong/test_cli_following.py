"""Following an ingest where no terminal is: lines, and not too many."""

from collections.abc import Callable
from typing import Any

import pytest

from sightsong.cli import filling
from sightsong.cli.screen import Screen
from sightsong.client import Client
from tests.unit.sightsong.fake_service import FakeService
from tests.unit.sightsong.ingest_views import ingest, page

Told = Callable[..., list[str]]


class Clock:
    """Goes on by ten seconds with each look."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 10.0
        return self.now_s


@pytest.fixture
def told(client: Client, service: FakeService, capsys: pytest.CaptureFixture[str]) -> Told:
    """Follow an ingest that is as it is given, look by look; the lines that were told."""

    def follow(*looks: dict[str, Any]) -> list[str]:
        end = ingest(done=True, problems=0, tracks={"succeeded": 2})
        service.on("GET", "/v1/ingests/i-1", *looks, end)
        service.on("GET", "/v1/ingests/i-1/problems", page())
        filling.follow(client, Screen(as_json=False), "i-1", clock=Clock())
        *lines, summary = capsys.readouterr().err.splitlines()
        assert summary.startswith("ingest: 3 found")
        return lines

    return follow


def listening(**more: object) -> dict[str, Any]:
    rates = {"tracks_per_s": 3.14, "hours_per_hour": 620.4}
    tracks = {"succeeded": 3, "queued": 6, "failed": 1}
    given: dict[str, Any] = {"status": "listening", "rates": rates, "tracks": tracks, **more}
    return ingest(done=False, **given)


PAUSED = "the ingest is paused; it goes on with: sightsong ingest resume i-1"
LINE = "listening: 4 of 10 tracks, 3.1 tracks/s, 620 h of audio/h, 1 failed"


def test_a_line_tells_how_it_goes_every_half_minute(told: Told):
    assert told(*[listening()] * 2) == []
    assert told(*[listening()] * 3) == [LINE]
    assert told(*[listening()] * 9) == [LINE] * 3


def test_a_scan_tells_how_many_files_it_has_found(told: Told):
    scanning = ingest(done=False, scan={"found": 1200}, tracks={})
    assert told(*[scanning] * 3) == ["looking through the files: 1200 found"]


def test_one_that_waits_its_turn_says_so(told: Told):
    assert told(*[ingest(done=False, status="waiting", tracks={})] * 3) == ["waiting its turn"]


def test_a_pause_is_told_once_with_the_way_on(told: Told):
    assert told(*[listening(status="paused")] * 20) == [PAUSED]


def test_each_pause_is_told(told: Told):
    paused, on = listening(status="paused"), listening()
    assert told(paused, on, paused, paused) == [PAUSED, PAUSED]
