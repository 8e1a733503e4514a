"""The command line as such: help, names, exit statuses, what it costs to start."""

import json
import subprocess
import sys
from importlib import import_module, metadata

import pytest
import typer

from sightsong import cli
from sightsong.cli.catalogue import COMMANDS


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_the_list_of_commands_says_what_their_own_help_says(entry):
    command = getattr(import_module(entry.module), entry.attribute)
    told = command.info.help if isinstance(command, typer.Typer) else command.__doc__
    assert told.splitlines()[0] == entry.summary


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_every_command_teaches_with_examples(entry, capsys: pytest.CaptureFixture[str]):
    assert cli.main([entry.name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {example}\n" in shown for example in entry.examples)


def subcommands(group: str) -> list[tuple[str, str]]:
    """The subcommands of a group, each with the group's name."""
    [entry] = [one for one in COMMANDS if one.name == group]
    app = getattr(import_module(entry.module), entry.attribute)
    names = [one.name or one.callback.__name__ for one in app.registered_commands]
    return [(group, name) for name in names if name.strip()]


@pytest.mark.parametrize(
    ("group", "name"),
    [one for group in ("batches", "keys", "me", "webhooks") for one in subcommands(group)],
)
def test_subcommands_teach_with_examples_of_their_own(
    capsys: pytest.CaptureFixture[str], group: str, name: str
):
    assert cli.main([group, name, "--help"]) == 0
    told = capsys.readouterr().out.split("Examples:\n")[1]
    assert all(f"sightsong {group} {name}" in line for line in told.strip().splitlines())


def test_help_lists_every_command_and_the_exit_statuses(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert [entry.name for entry in COMMANDS if f"  {entry.name}" not in shown] == []
    assert "3 no service reachable" in shown


def test_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom sightsong import cli\ncli.main(['--help'])\n"
        "sys.exit(bool({'httpx', 'rich', 'pydantic', 'sqlalchemy', 'numpy'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize("args", [["ingest", "--odd"], ["tracks", "--odd"]])
def test_the_usage_of_a_group_that_is_a_command_too_has_no_gap(
    args: list[str], capsys: pytest.CaptureFixture[str]
):
    assert cli.main(args) == 2
    told = capsys.readouterr().err
    assert f"Usage: sightsong {args[0]} [OPTIONS]" in told
    assert f"'sightsong {args[0]} -h'" in told


def test_an_unknown_command_is_wrong_usage():
    assert cli.main(["sing"]) == 2


def test_the_version_is_the_package_s(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["--version"]) == 0
    assert cli.main(["version", "--json"]) == 0
    plain, as_json = capsys.readouterr().out.splitlines()
    assert json.loads(as_json)["version"] == plain == metadata.version("sightsong")


def test_migrate_makes_a_database_where_there_was_none(tmp_path, capsys):
    assert cli.main(["migrate", "--data", str(tmp_path / "new")]) == 0
    assert (tmp_path / "new" / "sightsong.db").stat().st_size > 0
    assert capsys.readouterr().out == "the database is up to date\n"


def test_the_installed_command_ends_with_the_status_of_its_work():
    command = [sys.executable, "-m", "sightsong.cli", "tracks", "--server", "http://127.0.0.1:9"]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.returncode == 3
    assert ended.stderr.startswith("no service at http://127.0.0.1:9")


def test_who_presses_ctrl_c_while_it_is_imported_sees_no_traceback():
    code = """
import sys

class PressedNow:
    def find_spec(self, name, *more):
        if name == "typer":
            raise KeyboardInterrupt

sys.meta_path.insert(0, PressedNow())
from sightsong.cli import main
sys.exit(main(["--help"]))
"""
    ended = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert (ended.returncode, ended.stderr) == (130, b"")
