"""The config file: what it says, what is stronger, and what is told of a broken one."""

from pathlib import Path

import pytest

from sightsong import cli
from sightsong.cli import config
from sightsong.cli.session import World
from tests.unit.sightsong.fake_service import FakeService, job

Host = str


@pytest.fixture
def file(config_dir: Path) -> Path:
    config_dir.mkdir(parents=True)
    path = config_dir / "config.toml"
    path.write_text('server = "http://file.test:8000"\n')
    return path


def asked(service: FakeService, world: World, *args: str) -> Host:
    """Show a job, and tell which host was asked for it."""
    service.on("GET", "/v1/jobs/j-1", job("running"))
    assert cli.main(["job", "j-1", *args], world=world) == 0
    return service.requests[0].url.host


@pytest.mark.usefixtures("file")
def test_the_file_says_which_service_to_use(service: FakeService, world: World):
    assert asked(service, world) == "file.test"


@pytest.mark.usefixtures("file")
def test_the_variable_is_stronger_than_the_file(
    service: FakeService, world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SIGHTSONG_SERVER", "http://variable.test")
    assert asked(service, world) == "variable.test"


@pytest.mark.usefixtures("file")
def test_the_option_is_stronger_than_the_file(service: FakeService, world: World):
    assert asked(service, world, "--server", "http://option.test") == "option.test"


@pytest.mark.usefixtures("file")
def test_the_default_said_in_full_is_stronger_than_the_file(service: FakeService, world: World):
    assert asked(service, world, "--server", "http://127.0.0.1:8000") == "127.0.0.1"


def test_without_a_file_the_service_of_this_machine_is_used(service: FakeService, world: World):
    assert asked(service, world) == "127.0.0.1"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"server = nas.local", "is not TOML"),
        (b'server = "\xff"', "is not TOML"),
        (b'server = "nas.local:8000"', "server is to be an address"),
        (b"server = 8000", "server is to be an address"),
        (b'server = "http://"', "server is to be an address"),
        (b'server = "http://:8000"', "server is to be an address"),
        (b'server = "http://[::1"', "server is to be an address"),
        (b'sever = "http://nas.local:8000"', "says 'sever', which is no setting"),
    ],
)
def test_a_broken_file_is_told_in_one_line(
    service: FakeService,
    world: World,
    file: Path,
    capsys: pytest.CaptureFixture[str],
    content: bytes,
    why: str,
):
    file.write_bytes(content)
    assert cli.main(["job", "j-1"], world=world) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert str(file) in line
    assert why in line
    assert service.requests == []


def test_a_file_that_cannot_be_read_is_told(world: World, file: Path, capsys):
    file.unlink()
    file.mkdir()
    assert cli.main(["job", "j-1"], world=world) == 2
    assert capsys.readouterr().err.startswith(f"cannot read {file}: ")


@pytest.mark.parametrize("address", ["http://", "https:///jobs", "http://nas:port", "nas.local"])
def test_an_option_that_names_no_host_is_told_in_one_line(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str], address: str
):
    assert cli.main(["job", "j-1", "--server", address], world=world) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("--server is to be an address, such as http://127.0.0.1:8000")
    assert service.requests == []


def test_a_variable_that_names_no_host_is_told_in_one_line(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SIGHTSONG_SERVER", "http://")
    assert cli.main(["job", "j-1"], world=world) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("SIGHTSONG_SERVER is to be an address")


def test_a_broken_file_does_not_matter_where_the_service_is_said(
    service: FakeService, world: World, file: Path
):
    file.write_text("broken")
    assert asked(service, world, "--server", "http://option.test") == "option.test"


def test_the_file_lies_in_the_home_unless_a_folder_for_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    assert config.location() == tmp_path / ".config" / "sightsong" / "config.toml"
