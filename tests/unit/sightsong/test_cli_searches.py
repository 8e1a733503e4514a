"""`find`, `refine` and `tracks similar`, and the options that they share with `recommend`."""

import io
import json
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile

from sightsong import cli
from sightsong.cli.session import World
from tests.unit.sightsong.fake_service import (
    RESULT,
    TEXT_RESULT,
    FakeService,
    job,
    problem,
    succeeded,
)

#: Every option that searches share, and what it becomes.
OPTIONS = [
    *("--diversity", "0.4", "--per-artist", "1", "--duplicates"),
    *("--genre", "jazz", "--genre", "blues", "--mood", "calm", "--artist", "Ann", "--tag", "x"),
    *("--library", "Vinyl", "--min-duration", "60", "--max-duration", "90", "--max-tempo", "100"),
    "--clean",
]
FILTERS = {
    "genre": ["jazz", "blues"],
    "mood": ["calm"],
    "artist": ["Ann"],
    "tag": ["x"],
    "library": ["Vinyl"],
    "duration_s": {"min": 60.0, "max": 90.0},
    "tempo_bpm": {"max": 100.0},
    "explicit": False,
}
CHOICE = {"diversity": 0.4, "per_artist": 1, "duplicates": True, "filters": FILTERS}
REFINED = {
    "job_id": "j-1",
    "query": "a calm piece",
    "valence": 0.5,
    "arousal": -0.6,
    "matches": RESULT["matches"],
    "receipt": {},
}


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "beach.jpg"
    path.write_bytes(b"\xff\xd8\xff a beach")
    return path


@pytest.fixture
def answered(service: FakeService) -> FakeService:
    """A service that answers words, refines the answer, and finds nothing like a track."""
    service.on("POST", "/v1/jobs", job("queued", kind="text"))
    service.on("GET", "/v1/jobs/j-1", job("succeeded", kind="text", result=TEXT_RESULT))
    service.on("POST", "/v1/jobs/j-1/refine", REFINED)
    service.on("GET", "/v1/tracks/t-0/similar", {"track_id": "t-0", "items": [], "receipt": {}})
    return service


def test_find_shows_the_tracks_that_fit_words_and_the_job_to_refine(
    answered: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    assert cli.main(["find", "calm piano"], world=world) == 0
    shown = capsys.readouterr().out
    assert "calm piano" in shown
    assert "profile lite, job j-1" in shown
    assert "Calm and bright, close to the photo." in shown
    assert answered.sent("POST", "/v1/jobs") == {"text": "calm piano"}


def test_find_with_json_prints_the_job_alone(
    answered: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    assert cli.main(["find", "calm piano", "--json"], world=world) == 0
    assert json.loads(capsys.readouterr().out)["result"] == TEXT_RESULT


def test_find_sends_every_option_of_a_search(answered: FakeService, world: World):
    args = ["find", "calm piano", "--topk", "3", "--alpha", "0", *OPTIONS]
    assert cli.main(args, world=world) == 0
    wanted = {"text": "calm piano", "top_k": 3, "alpha": 0.0, **CHOICE}
    assert answered.sent("POST", "/v1/jobs") == wanted


@pytest.mark.parametrize("command", ["recommend", "submit"])
def test_a_photo_goes_with_every_option_of_a_search(
    service: FakeService, world: World, photo: Path, command: str
):
    service.on("POST", "/v1/jobs", job("queued"))
    service.on("GET", "/v1/jobs/j-1", succeeded())
    assert cli.main([command, str(photo), *OPTIONS], world=world) == 0
    sent = dict(service.requests[0].url.params)
    assert json.loads(sent.pop("filters")) == FILTERS
    assert sent == {"diversity": "0.4", "per_artist": "1", "duplicates": "true"}


def test_similar_sends_every_option_of_a_search_in_its_address(
    answered: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    assert cli.main(["tracks", "similar", "t-0", "--topk", "3", *OPTIONS], world=world) == 0
    [request] = answered.requests
    assert sorted(request.url.params.multi_items()) == [
        ("artist", "Ann"),
        ("diversity", "0.4"),
        ("duplicates", "true"),
        ("explicit", "false"),
        ("genre", "blues"),
        ("genre", "jazz"),
        ("library", "Vinyl"),
        ("limit", "3"),
        ("max_duration_s", "90.0"),
        ("max_tempo_bpm", "100.0"),
        ("min_duration_s", "60.0"),
        ("mood", "calm"),
        ("per_artist", "1"),
        ("tag", "x"),
    ]
    assert "no track fits these filters" in capsys.readouterr().out


def test_similar_tracks_are_shown_with_where_they_are_alike_and_their_ids(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    match = {"rank": 1, "track_id": "t-2", "title": "Near", "artist": "Ann"}
    heard = {"score": 0.9, "cosine": 0.8, "window_start_s": 20.0}
    found = {"track_id": "t-1", "items": [{**match, **heard}], "receipt": {}}
    service.on("GET", "/v1/tracks/t-1/similar", found)
    assert cli.main(["tracks", "similar", "t-1"], world=world) == 0
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.endswith("track, and where it is alike")
    assert first.endswith("Near, Ann")
    assert second.strip() == "most alike from 00:20, id t-2"


def test_refine_sends_nudges_and_shows_the_new_answer(
    answered: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    args = ["refine", "j-1", "--calmer", "0.3", "--happier", "-0.2", "--avoid", "sad", *OPTIONS]
    assert cli.main([*args, "--avoid", "angry"], world=world) == 0
    wanted = {"calmer": 0.3, "happier": -0.2, "avoid": ["sad", "angry"], **CHOICE}
    assert answered.sent("POST", "/v1/jobs/j-1/refine") == wanted
    shown = capsys.readouterr().out
    assert "calmer 0.3, happier -0.2, without sad, angry\n" in shown
    assert REFINED["query"] not in shown
    assert "valence +0.50, arousal -0.60, job j-1" in shown
    assert "Ours" in shown


@pytest.mark.parametrize(
    ("args", "title"),
    [
        (["--calmer", "0", "--happier", "-1"], "happier -1"),
        (["--avoid", "sad"], "without sad"),
        (["--genre", "jazz"], "the same, chosen anew"),
    ],
)
def test_a_refined_answer_is_headed_by_what_was_asked(
    answered: FakeService,
    world: World,
    capsys: pytest.CaptureFixture[str],
    args: list[str],
    title: str,
):
    assert cli.main(["refine", "j-1", *args], world=world) == 0
    assert title in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["find", "calm"], "the library is empty, or nothing in it is like that"),
        (["find", "calm", "--genre", "jazz"], "no track fits these filters"),
        (["refine", "j-1", "--calmer", "1"], "none fits the filters that the job had"),
        (["refine", "j-1", "--genre", "jazz"], "no track fits these filters"),
        (["refine", "j-1", "--unfiltered"], "the library is empty, or nothing in it is like that"),
        (["tracks", "similar", "t-0"], "no other track can be found yet"),
        (["tracks", "similar", "t-0", "--clean"], "no track fits these filters"),
    ],
)
def test_where_nothing_is_found_it_says_what_may_be_the_reason(
    answered: FakeService,
    world: World,
    capsys: pytest.CaptureFixture[str],
    args: list[str],
    told: str,
):
    empty = job("succeeded", kind="text", result={**TEXT_RESULT, "matches": []})
    answered.on("GET", "/v1/jobs/j-1", empty)
    answered.on("POST", "/v1/jobs/j-1/refine", {**REFINED, "matches": []})
    assert cli.main(args, world=world) == 0
    assert told in capsys.readouterr().out


def test_refine_can_play_the_first_track_too(
    answered: FakeService,
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cli.main(["refine", "j-1", "--calmer", "1", "--play"], world=world) == 1
    assert "none is installed" in capsys.readouterr().err
    assert answered.requests == []
    player = tmp_path / "mpv"
    player.write_text("#!/bin/sh\nexit 0\n")
    player.chmod(0o755)
    music = io.BytesIO()
    soundfile.write(music, np.zeros(8000 * 70, dtype=np.float32), 8000, format="FLAC")
    answered.on("GET", "/v1/tracks/t-1/audio", httpx.Response(200, content=music.getvalue()))
    assert cli.main(["refine", "j-1", "--calmer", "1", "--play"], world=world) == 0
    assert "playing Paper [bold]Kites [31m from 01:05" in capsys.readouterr().err


def test_refine_can_take_the_filters_of_a_job_away(answered: FakeService, world: World):
    assert cli.main(["refine", "j-1", "--unfiltered"], world=world) == 0
    assert answered.sent("POST", "/v1/jobs/j-1/refine") == {"filters": {}}


@pytest.mark.parametrize(
    "args",
    [
        ["find", "x", "--genre", ""],
        ["find", "x", "--min-duration", "2", "--max-duration", "1"],
        ["find", "x", "--min-tempo", "2", "--max-tempo", "1"],
        ["find", "x", "--diversity", "1.1"],
        ["find", "x", "--diversity", "nan"],
        ["find", "x", "--alpha", "nan"],
        ["find", "x", "--min-duration", "1e400"],
        ["find", "x", "--max-duration", "inf"],
        ["find", "x", "--min-tempo", "nan"],
        ["find", "x", "--max-tempo", "Infinity"],
        ["find", "x", "--genre", " "],
        ["find", "   "],
        ["job", "j-1", "--wait", "--timeout", "inf"],
        ["refine", "j-1", "--calmer", "nan"],
        ["refine", "j-1", "--happier", "nan"],
        ["find"],
        ["refine", "j-1"],
        ["refine", "j-1", "--calmer", "1.1"],
        ["refine", "j-1", "--unfiltered", "--genre", "jazz"],
    ],
)
def test_wishes_that_cannot_be_are_wrong_usage(service: FakeService, world: World, args: list[str]):
    assert cli.main(args, world=world) == 2
    assert service.requests == []


@pytest.mark.parametrize(
    ("route", "args"),
    [
        (("POST", "/v1/jobs"), ["find", "xyzzy"]),
        (("POST", "/v1/jobs/j-1/refine"), ["refine", "j-1", "--calmer", "1"]),
        (("GET", "/v1/tracks/t-1/similar"), ["tracks", "similar", "t-1"]),
    ],
)
def test_what_the_service_refuses_is_told_with_status_4(
    service: FakeService,
    world: World,
    capsys: pytest.CaptureFixture[str],
    route: tuple[str, str],
    args: list[str],
):
    service.on(*route, problem(409, "conflict", "That cannot be."))
    assert cli.main(args, world=world) == 4
    assert capsys.readouterr().err == "That cannot be.\n"


def test_words_that_are_not_understood_end_with_the_reason(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    error = {"code": "nothing_understood", "detail": "These words say nothing."}
    service.on("POST", "/v1/jobs", job("queued", kind="text"))
    service.on("GET", "/v1/jobs/j-1", job("failed", kind="text", error=error))
    assert cli.main(["find", "xyzzy"], world=world) == 1
    assert "These words say nothing. (nothing_understood)" in capsys.readouterr().out


def test_an_answered_text_is_shown_by_its_job_too(
    answered: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    assert cli.main(["job", "j-1"], world=world) == 0
    assert "Ours" in capsys.readouterr().out
