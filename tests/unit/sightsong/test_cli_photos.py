"""`recommend`, `submit` and `job`, against a fake service."""

import io
import json
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile

from sightsong import cli
from sightsong.cli.session import World
from sightsong.client import Patience
from tests.unit.sightsong.fake_service import FakeService, job, problem, succeeded


@pytest.fixture
def world(service: FakeService) -> World:
    return World(transport=service.transport, patience=Patience(pause=service.pause))


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "beach.jpg"
    path.write_bytes(b"\xff\xd8\xff a beach")
    return path


def test_recommend_shows_emotion_caption_and_tracks(
    service: FakeService, world: World, photo: Path, capsys: pytest.CaptureFixture[str]
):
    service.on("POST", "/v1/jobs", job("queued"))
    service.on("GET", "/v1/jobs/j-1", succeeded())
    assert cli.main(["recommend", str(photo), "--topk", "4"], world=world) == 0
    shown = capsys.readouterr().out
    assert "A bright scene that feels like joy." in shown
    assert "60%" in shown
    assert "01:05" in shown
    assert "profile lite, answered in 1.25 s" in shown
    assert service.requests[0].url.params["top_k"] == "4"


@pytest.mark.parametrize("command", ["recommend", "submit"])
def test_a_recording_can_be_shown_as_often_as_it_is_there(
    service: FakeService, world: World, photo: Path, command: str
):
    service.on("POST", "/v1/jobs", job("queued"))
    service.on("GET", "/v1/jobs/j-1", succeeded())
    assert cli.main([command, str(photo), "--duplicates"], world=world) == 0
    assert service.requests[0].url.params["duplicates"] == "true"


def test_recommend_shows_the_five_moods_that_fit_best(
    service: FakeService, world: World, photo: Path, capsys: pytest.CaptureFixture[str]
):
    service.on("POST", "/v1/jobs", job("queued"))
    service.on("GET", "/v1/jobs/j-1", succeeded())
    cli.main(["recommend", str(photo)], world=world)
    line = "moods: calm 0.91, tender 0.80, serene 0.70, peaceful 0.60, dreamy 0.50"
    assert line in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(("agrees", "lines"), [(False, 1), (True, 0)])
def test_the_word_of_faces_that_feel_otherwise_is_shown_only_then(
    service: FakeService,
    world: World,
    photo: Path,
    capsys: pytest.CaptureFixture[str],
    agrees: bool,
    lines: int,
):
    agreement = {"agrees": agrees, "note": "The faces feel bright, the scene dark."}
    service.on("POST", "/v1/jobs", job("queued"))
    service.on("GET", "/v1/jobs/j-1", succeeded(agreement=agreement))
    cli.main(["recommend", str(photo)], world=world)
    assert capsys.readouterr().out.splitlines().count(agreement["note"]) == lines


@pytest.mark.parametrize("command", ["recommend", "submit"])
def test_a_photo_need_not_be_described_in_words(
    service: FakeService, world: World, photo: Path, command: str
):
    done = succeeded()
    done["result"] = {**done["result"], "caption": None, "emotional_caption": None}
    service.on("POST", "/v1/jobs", job("queued"))
    service.on("GET", "/v1/jobs/j-1", done)
    assert cli.main([command, str(photo), "--no-caption"], world=world) == 0
    assert dict(service.requests[0].url.params) == {"caption": "false"}


@pytest.mark.parametrize("command", ["recommend", "submit"])
def test_moods_are_sent_as_they_were_given(
    service: FakeService, world: World, photo: Path, command: str
):
    service.on("POST", "/v1/jobs", job("queued"))
    service.on("GET", "/v1/jobs/j-1", succeeded())
    assert cli.main([command, str(photo), "--moods", "happy,sad"], world=world) == 0
    assert service.requests[0].url.params["moods"] == "happy,sad"


def test_a_mood_that_the_service_does_not_know_is_told_and_is_status_4(
    service: FakeService, world: World, photo: Path, capsys: pytest.CaptureFixture[str]
):
    refusal = problem(422, "unknown_mood", "This profile does not know the mood 'odd'.")
    service.on("POST", "/v1/jobs", refusal)
    assert cli.main(["recommend", str(photo), "--moods", "odd"], world=world) == 4
    assert "does not know the mood 'odd'" in capsys.readouterr().err


def test_tags_of_music_files_cannot_command_the_terminal(
    service: FakeService, world: World, photo: Path, capsys: pytest.CaptureFixture[str]
):
    service.on("POST", "/v1/jobs", job("queued"))
    service.on("GET", "/v1/jobs/j-1", succeeded())
    cli.main(["recommend", str(photo)], world=world)
    shown = capsys.readouterr().out
    assert "Paper [bold]Kites [31m" in shown
    assert "\x1b" not in shown


def test_with_json_standard_output_is_the_result_alone(
    service: FakeService, world: World, photo: Path, capsys: pytest.CaptureFixture[str]
):
    service.on("POST", "/v1/jobs", job("queued"))
    service.on("GET", "/v1/jobs/j-1", succeeded())
    assert cli.main(["recommend", str(photo), "--json"], world=world) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == [{"photo": str(photo), "job": succeeded()}]
    assert "A bright scene" in printed.err


def test_a_job_that_fails_is_told_and_is_status_1(
    service: FakeService, world: World, photo: Path, capsys: pytest.CaptureFixture[str]
):
    failed = job("failed", error={"code": "image_broken", "detail": "The image is damaged."})
    service.on("POST", "/v1/jobs", job("queued"))
    service.on("GET", "/v1/jobs/j-1", failed)
    assert cli.main(["recommend", str(photo)], world=world) == 1
    assert "failed: The image is damaged. (image_broken)" in capsys.readouterr().out


def test_a_refused_photo_is_named_and_is_status_4(
    service: FakeService, world: World, photo: Path, capsys: pytest.CaptureFixture[str]
):
    service.on("POST", "/v1/jobs", problem(415, "unsupported_image", "This is no image."))
    assert cli.main(["recommend", str(photo)], world=world) == 4
    assert capsys.readouterr().err.splitlines()[-1] == f"{photo}: This is no image."


def test_no_service_is_status_3_and_says_how_to_start_one(
    service: FakeService, world: World, photo: Path, capsys: pytest.CaptureFixture[str]
):
    service.on("POST", "/v1/jobs", httpx.ConnectError("refused"))
    asked = ["submit", str(photo), "--server", "http://photos.test"]
    assert cli.main(asked, world=world) == 3
    line = "no service at http://photos.test: start one with `sightsong up`\n"
    assert capsys.readouterr().err == line


def test_a_photo_that_is_not_there_is_wrong_usage(world: World, tmp_path: Path):
    assert cli.main(["recommend", str(tmp_path / "missing.jpg")], world=world) == 2


def test_submit_prints_the_id_without_waiting(
    service: FakeService, world: World, photo: Path, capsys: pytest.CaptureFixture[str]
):
    service.on("POST", "/v1/jobs", job("queued"))
    assert cli.main(["submit", str(photo)], world=world) == 0
    assert capsys.readouterr().out == "j-1\n"
    assert len(service.requests) == 1


def test_job_shows_a_state_at_once(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", "/v1/jobs/j-1", job("running"))
    assert cli.main(["job", "j-1"], world=world) == 0
    assert capsys.readouterr().out == "photo job j-1: running\n"


def test_job_with_wait_shows_the_answer(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", "/v1/jobs/j-1", job("running"), succeeded())
    assert cli.main(["job", "j-1", "--wait"], world=world) == 0
    assert "Ours" in capsys.readouterr().out


def test_an_unknown_job_is_a_refusal(service: FakeService, world: World):
    service.on("GET", "/v1/jobs/nobody", problem(404, "job_not_found", "There is no such job."))
    assert cli.main(["job", "nobody"], world=world) == 4


def test_play_plays_the_window_of_the_first_track(
    service: FakeService, world: World, photo: Path, monkeypatch: pytest.MonkeyPatch
):
    noted = photo.with_name("noted")
    player = photo.with_name("mpv")
    player.write_text(f'#!/bin/sh\nfor file; do :; done\n/bin/cat "$file" >{noted}\n')
    player.chmod(0o755)
    monkeypatch.setenv("PATH", str(photo.parent))
    music = io.BytesIO()
    soundfile.write(music, np.zeros(8000 * 70, dtype=np.float32), 8000, format="FLAC")
    service.on("POST", "/v1/jobs", job("queued"))
    service.on("GET", "/v1/jobs/j-1", succeeded())
    service.on("GET", "/v1/tracks/t-1/audio", httpx.Response(200, content=music.getvalue()))
    assert cli.main(["recommend", str(photo), "--play"], world=world) == 0
    assert soundfile.info(noted).frames == 8000 * (70 - 65)


def test_play_without_a_player_says_so_before_the_work(
    service: FakeService,
    world: World,
    photo: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.setenv("PATH", str(photo.parent))
    assert cli.main(["recommend", str(photo), "--play"], world=world) == 1
    assert "none is installed" in capsys.readouterr().err
    assert service.requests == []
