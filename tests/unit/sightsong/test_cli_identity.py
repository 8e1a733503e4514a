"""Who asks: the key and the user, said by an option, a variable or the config file."""

from pathlib import Path

import pytest

from sightsong import cli
from sightsong.cli.session import World
from tests.unit.sightsong.fake_service import FakeService, job, problem

KEY = "ssk_k3v9x0a7q2mz_0123456789"
HOME = "http://nas.local:8000"
NEEDED = problem(401, "unauthorized", "This needs a key.")


@pytest.fixture
def file(config_dir: Path) -> Path:
    """A config file with a key and a user, as private as it has to be."""
    config_dir.mkdir(parents=True)
    path = config_dir / "config.toml"
    path.write_text(f'server = "{HOME}"\nkey = "{KEY}"\nuser = "alice"\n')
    path.chmod(0o600)
    return path


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SIGHTSONG_KEY", "SIGHTSONG_USER", "SIGHTSONG_SERVER"):
        monkeypatch.delenv(name, raising=False)


def asked(service: FakeService, world: World, *args: str) -> tuple[str | None, str | None]:
    """Show a job, and tell with which key and for which user it was asked for."""
    service.on("GET", "/v1/jobs/j-1", job("running"))
    assert cli.main(["job", "j-1", *args], world=world) == 0
    headers = service.requests[0].headers
    return headers.get("Authorization"), headers.get("Sightsong-User")


def test_nothing_is_said_of_who_asks_unless_it_is_told(service: FakeService, world: World):
    assert asked(service, world) == (None, None)


def test_options_say_who_asks(service: FakeService, world: World):
    assert asked(service, world, "--key", KEY, "--user", "bob") == (f"Bearer {KEY}", "bob")


def test_variables_say_who_asks(
    service: FakeService, world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SIGHTSONG_KEY", KEY)
    monkeypatch.setenv("SIGHTSONG_USER", "bob")
    assert asked(service, world) == (f"Bearer {KEY}", "bob")


@pytest.mark.usefixtures("file")
def test_the_file_says_who_asks(service: FakeService, world: World):
    assert asked(service, world) == (f"Bearer {KEY}", "alice")


@pytest.mark.usefixtures("file")
def test_the_variables_are_stronger_than_the_file(
    service: FakeService, world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SIGHTSONG_KEY", "ssk_other")
    monkeypatch.setenv("SIGHTSONG_USER", "bob")
    assert asked(service, world) == ("Bearer ssk_other", "bob")


@pytest.mark.usefixtures("file")
def test_the_options_are_stronger_than_the_variables(
    service: FakeService, world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SIGHTSONG_KEY", "ssk_variable")
    monkeypatch.setenv("SIGHTSONG_USER", "carol")
    said = asked(service, world, "--key", "ssk_option", "--user", "bob")
    assert said == ("Bearer ssk_option", "bob")


@pytest.mark.usefixtures("file")
def test_the_file_s_key_goes_to_no_other_service(service: FakeService, world: World):
    assert asked(service, world, "--server", "http://other.local:8000") == (None, None)


@pytest.mark.usefixtures("file")
def test_the_file_s_key_goes_to_its_service_however_that_was_named(
    service: FakeService, world: World
):
    assert asked(service, world, "--server", f"{HOME}/") == (f"Bearer {KEY}", "alice")


def test_a_key_without_an_address_is_for_the_service_of_this_machine(
    service: FakeService, world: World, file: Path
):
    file.write_text(f'key = "{KEY}"\n')
    assert asked(service, world, "--server", "http://127.0.0.1:8000") == (f"Bearer {KEY}", None)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_not_used(
    service: FakeService, world: World, file: Path, capsys: pytest.CaptureFixture[str], mode: int
):
    file.chmod(mode)
    assert cli.main(["job", "j-1"], world=world) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith(f"run: chmod 600 {file}")
    assert service.requests == []


def test_a_file_with_a_key_may_be_anybody_s_where_another_key_is_said(
    service: FakeService, world: World, file: Path
):
    file.chmod(0o644)
    assert asked(service, world, "--key", "ssk_other")[0] == "Bearer ssk_other"


def test_a_file_without_a_key_may_be_anybody_s(service: FakeService, world: World, file: Path):
    file.write_text('user = "alice"\n')
    file.chmod(0o644)
    assert asked(service, world) == (None, "alice")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("key = 5", "key is to be a key"),
        ('key = ""', "key is to be a key"),
        ('key = "two words"', "key is to be a key"),
        ('user = "zoë"', "user is to be a name"),
        ("user = true", "user is to be a name"),
    ],
)
def test_what_can_be_no_key_and_no_user_is_told_without_repeating_it(
    service: FakeService,
    world: World,
    file: Path,
    capsys: pytest.CaptureFixture[str],
    line: str,
    why: str,
):
    file.write_text(f"{line}\n")
    assert cli.main(["job", "j-1"], world=world) == 2
    told = capsys.readouterr().err
    assert why in told
    assert "two words" not in told
    assert service.requests == []


@pytest.mark.parametrize(
    "wrong", [["--key", ""], ["--key", "a b"], ["--key", "schlüssel"], ["--user", " "]]
)
def test_an_option_that_can_be_no_key_or_user_is_wrong_usage(
    service: FakeService, world: World, wrong: list[str]
):
    assert cli.main(["job", "j-1", *wrong], world=world) == 2
    assert service.requests == []


def test_a_service_that_wants_a_key_says_how_to_give_one(
    service: FakeService, world: World, config_dir: Path, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", "/v1/jobs/j-1", NEEDED)
    assert cli.main(["job", "j-1"], world=world) == 4
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("This needs a key: give a key with --key, in SIGHTSONG_KEY, or as a ")
    assert str(config_dir / "config.toml") in line


def test_a_key_is_not_sent_where_strangers_could_read_it(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    said = ["--key", KEY, "--server", "http://photos.example"]
    assert cli.main(["job", "j-1", *said], world=world) == 2
    assert KEY not in capsys.readouterr().err
    assert service.requests == []


@pytest.mark.usefixtures("file")
def test_a_key_that_is_for_another_spelling_of_the_service_is_explained(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", "/v1/jobs/j-1", NEEDED)
    assert cli.main(["job", "j-1", "--server", "http://nas:8000"], world=world) == 4
    told = capsys.readouterr().err
    assert f"goes only to {HOME}, spelt just so" in told
    assert KEY not in told


@pytest.mark.usefixtures("file")
def test_a_key_that_was_said_and_is_no_good_is_not_the_file_s_matter(
    service: FakeService, world: World, capsys: pytest.CaptureFixture[str]
):
    service.on("GET", "/v1/jobs/j-1", NEEDED)
    said = ["--server", "http://nas:8000", "--key", "ssk_other"]
    assert cli.main(["job", "j-1", *said], world=world) == 4
    assert "goes only to" not in capsys.readouterr().err
