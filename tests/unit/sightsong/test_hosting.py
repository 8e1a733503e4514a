"""`up` and `demo` as whole processes, with stand-in children behind a fake service."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sightsong import cli
from sightsong.adapters import settings
from sightsong.cli import hosting
from sightsong.local import service
from tests.unit.sightsong.standins import is_alive, pids
from tests.waiting import wait_until

PHOTO = b"\xff\xd8\xff a photo"


class Command:
    """`sightsong` in a process of its own, in the world of a fake service that is ready."""

    def __init__(self, folder: Path, *arguments: str, child: str = "OBEDIENT") -> None:
        code = f"""
import sys
from pathlib import Path
from sightsong import cli
from sightsong.cli.session import World
from sightsong.client import Patience
from tests.unit.sightsong import standins
from tests.unit.sightsong.fake_service import FakeService, job, succeeded
from tests.unit.sightsong.ingest_views import ingest as ingest_view

service = FakeService()
fine = {{"status": "ready", "detail": ""}}
service.on("GET", "/readyz", {{"status": "ready", "checks": dict(workers=fine, indexer=fine)}})
ingest = ingest_view(done=True, scan=dict(found=1), tracks={{}}, problems=0)
service.on("POST", "/v1/ingests", ingest)
service.on("GET", "/v1/ingests/i-1", ingest)
service.on("GET", "/v1/indexes", {{"items": [], "active": "v1", "stale": False}})
service.on("POST", "/v1/jobs", job("queued"))
service.on("GET", "/v1/jobs/j-1", succeeded())
world = World(
    transport=service.transport,
    patience=Patience(pause=service.pause),
    children=(standins.child(Path({str(folder)!r}), standins.{child}),),
)
sys.exit(cli.main({list(arguments)!r}, world=world))
"""
        self._folder = folder
        with (folder / "stderr").open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-c", code],
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                env={**os.environ, "SIGHTSONG_GRACE_S": "10"},
            )

    def line(self) -> str:
        """The next line of its standard output."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def end(self) -> int:
        """Its exit status, once it has ended."""
        return self.process.wait(30)

    @property
    def stderr(self) -> str:
        """What it has told so far."""
        return (self._folder / "stderr").read_text()


@pytest.fixture
def commands(tmp_path: Path) -> Iterator[list[Command]]:
    """Commands that are killed after the test, if it has not ended them."""
    started: list[Command] = []
    yield started
    for command in started:
        command.process.kill()
        command.process.communicate()
    wait_until(lambda: not any(is_alive(pid) for pid in pids(tmp_path)))


@pytest.mark.parametrize(
    ("signum", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "term"]
)
def test_up_says_where_it_is_and_ends_in_order_when_asked(
    tmp_path: Path, commands: list[Command], free_port: int, signum: int, status: int
):
    up = Command(tmp_path, "up", "--json", "--data", str(tmp_path / "d"), "--port", str(free_port))
    commands.append(up)
    ready = json.loads(up.line())
    assert ready["url"] == f"http://127.0.0.1:{free_port}"
    wait_until(lambda: pids(tmp_path))
    up.process.send_signal(signum)
    assert up.end() == status
    assert not any(is_alive(pid) for pid in pids(tmp_path))
    assert "profile lite" in up.stderr
    assert up.stderr.splitlines()[-1] == "stopped"


def test_a_second_ctrl_c_ends_stubborn_children_at_once(
    tmp_path: Path, commands: list[Command], free_port: int
):
    options = ["--json", "--data", str(tmp_path / "d"), "--port", str(free_port)]
    up = Command(tmp_path, "up", *options, child="STUBBORN")
    commands.append(up)
    up.line()
    log = tmp_path / "logs" / "worker.log"
    wait_until(lambda: log.exists() and "deaf" in log.read_text())
    up.process.send_signal(signal.SIGINT)
    wait_until(lambda: "stopping" in up.stderr)
    assert is_alive(pids(tmp_path)[0])
    up.process.send_signal(signal.SIGINT)
    assert up.end() == 130
    assert not is_alive(pids(tmp_path)[0])


def test_demo_answers_for_each_photo_and_stops_when_told_once(
    tmp_path: Path, commands: list[Command], free_port: int
):
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(PHOTO)
    photos = [str(tmp_path / "a.jpg"), str(tmp_path / "b.jpg")]
    options = ["--once", "--json", "--library", str(tmp_path), "--data", str(tmp_path / "d")]
    demo = Command(tmp_path, "demo", *photos, *options, "--port", str(free_port))
    commands.append(demo)
    answers = json.loads(demo.line())
    assert [answer["photo"] for answer in answers] == photos
    assert {answer["job"]["state"] for answer in answers} == {"succeeded"}
    assert demo.end() == 0
    assert not any(is_alive(pid) for pid in pids(tmp_path))


def test_demo_stays_up_until_it_is_stopped(tmp_path: Path, commands: list[Command], free_port: int):
    (tmp_path / "a.jpg").write_bytes(PHOTO)
    options = ["--library", str(tmp_path), "--data", str(tmp_path / "d"), "--port", str(free_port)]
    demo = Command(tmp_path, "demo", str(tmp_path / "a.jpg"), *options)
    commands.append(demo)
    lines = iter(demo.line, "")
    assert any(f"Sightsong is at http://127.0.0.1:{free_port}" in line for line in lines)
    wait_until(lambda: pids(tmp_path))
    demo.process.send_signal(signal.SIGTERM)
    assert demo.end() == 143


def test_demo_refuses_what_is_no_image_before_it_starts_anything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "words.jpg").write_bytes(b"words")
    asked = ["demo", str(tmp_path / "words.jpg"), "--data", str(tmp_path / "d")]
    assert cli.main(asked) == 4
    assert capsys.readouterr().err == f"{tmp_path / 'words.jpg'} is not a JPEG, PNG or WebP image\n"
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize("command", ["up", "demo"])
def test_the_full_profile_without_weights_is_refused_with_the_way_to_get_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
):
    (tmp_path / "a.jpg").write_bytes(PHOTO)
    photo = [str(tmp_path / "a.jpg")] if command == "demo" else []
    places = ["--data", str(tmp_path / "d"), "--models-dir", str(tmp_path / "m")]
    assert cli.main([command, *photo, "--profile", "full", *places]) == 2
    told = capsys.readouterr().err
    assert f"sightsong models pull --models-dir {tmp_path / 'm'}" in told
    assert not (tmp_path / "d").exists()


def test_up_refuses_a_data_folder_that_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "file").touch()
    assert cli.main(["up", "--data", str(tmp_path / "file" / "d")]) == 2
    assert "cannot write to the data folder" in capsys.readouterr().err


def test_random_weights_are_called_so_before_anything_is_answered(tmp_path: Path):
    (tmp_path / "models.lock").write_text(
        '{"version": 1, "models": {"openai/clip": {"revision": "random", "files": {}}}}'
    )
    chosen = settings.load(profile="full", models_dir=tmp_path)
    assert hosting.profile_line(chosen).endswith("random: the answers mean nothing")


def test_the_demo_is_for_this_machine_and_asks_for_no_key(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SIGHTSONG_HOST", "0.0.0.0")  # noqa: S104 - what the demo must not take over
    monkeypatch.setenv("SIGHTSONG_AUTH", "keys")

    chosen = hosting.chosen_settings(data=Path("/data"), is_private=True)

    assert (chosen.host, chosen.auth) == ("127.0.0.1", "off")
    assert service.environment(chosen)["SIGHTSONG_AUTH"] == "off"
