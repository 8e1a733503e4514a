"""`./run`: what it installs, when, and how it fails. Its Python is a script that takes notes."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: Notes its arguments; `-` is the probe of the CPU index, which ends as the file `probe` says.
PYTHON = """#!/usr/bin/env bash
here=$(dirname "$0")/../..
printf '%s\\n' "$*" >>"$here/notes"
case $1 in
  -VV) echo "Python 3.12.0 (a fake)" ;;
  -) cat >/dev/null; exit "$(cat "$here/probe")" ;;
  -c) [[ $2 != *atheris* || ! -e $here/no-atheris ]] || exit 1 ;;
  -m) exit "$(cat "$here/pip" 2>/dev/null || echo 0)" ;;
esac
"""
SIGHTSONG = '#!/usr/bin/env bash\necho "sightsong $* in $PWD"\nexit 7\n'


class Checkout:
    """A folder with `run`, and a virtual environment that is not one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("run", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, folder / name)
        (folder / "probe").write_text("1")

    def pretend_a_venv(self) -> None:
        """Put the note-taking Python where `run` makes its environment."""
        tools = self.folder / ".venv" / "bin"
        tools.mkdir(parents=True)
        for name, text in (("python", PYTHON), ("sightsong", SIGHTSONG)):
            (tools / name).write_text(text)
            (tools / name).chmod(0o755)

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Call `./run`, from another folder."""
        command = [str(self.folder / "run"), *arguments]
        clean = {name: value for name, value in os.environ.items() if name != "TORCH"}
        return subprocess.run(
            command, cwd="/", env={**clean, **env}, capture_output=True, text=True, check=False
        )

    @property
    def installs(self) -> list[str]:
        """What pip was asked for, without the options that never differ."""
        start = "-m pip install --quiet --disable-pip-version-check -c constraints.txt "
        notes = (self.folder / "notes").read_text().splitlines()
        return [note.removeprefix(start) for note in notes if note.startswith(start)]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    made = Checkout(tmp_path)
    made.pretend_a_venv()
    return made


def test_help_names_every_command(checkout: Checkout):
    shown = checkout.run("help").stdout
    names = ("demo", "up", "sightsong", "train", "evaluate", "test", "faults", "fuzz", "lint")
    names += ("install", "help")
    assert [name for name in names if f"\n  {name} " not in shown] == []


def test_an_unknown_command_is_wrong_usage(checkout: Checkout):
    ended = checkout.run("sing")
    assert (ended.returncode, ended.stderr) == (
        2,
        "run: there is no command 'sing'; see ./run help\n",
    )


def test_a_command_runs_where_the_user_is_with_its_arguments_and_its_status_is_ours(
    checkout: Checkout,
):
    ended = checkout.run("demo", "my photo.jpg", "--once")
    assert (ended.returncode, ended.stdout) == (
        7,
        "sightsong demo my photo.jpg --once in /\n",
    )


def test_the_second_call_installs_nothing(checkout: Checkout):
    first = checkout.run("sightsong", "version")
    second = checkout.run("sightsong", "version")
    assert checkout.installs == ["-e ."]
    assert "installing" in first.stderr
    assert second.stderr == ""


def test_a_changed_project_file_installs_again(checkout: Checkout):
    checkout.run("install")
    with (checkout.folder / "pyproject.toml").open("a") as project:
        project.write("# changed\n")
    checkout.run("install")
    assert checkout.installs == ["-e .", "-e ."]


def test_the_developers_installation_holds_the_base(checkout: Checkout):
    checkout.run("install", "dev")
    checkout.run("sightsong", "version")
    assert checkout.installs == ["-e .[dev]"]


def test_an_installation_that_failed_is_not_taken_for_done(checkout: Checkout):
    (checkout.folder / "pip").write_text("1")
    assert checkout.run("install").returncode == 1
    (checkout.folder / "pip").unlink()
    assert checkout.run("install").returncode == 0
    assert checkout.installs == ["-e .", "-e ."]


def test_full_takes_torch_from_the_cpu_index_when_that_answers(checkout: Checkout):
    (checkout.folder / "probe").write_text("0")
    checkout.run("install", "full")
    index = "--index-url https://download.pytorch.org/whl/cpu"
    assert checkout.installs == [f"{index} torch", "-e .[full]"]


@pytest.mark.parametrize(
    ("probe", "env"), [("1", {}), ("0", {"TORCH": "cuda"})], ids=["no answer", "cuda"]
)
def test_full_takes_torch_from_pip_s_own_index_otherwise(
    checkout: Checkout, probe: str, env: dict[str, str]
):
    (checkout.folder / "probe").write_text(probe)
    checkout.run("install", "full", **env)
    assert checkout.installs == ["torch", "-e .[full]"]


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_training_brings_torch_and_its_extra_and_hands_its_arguments_on(
    checkout: Checkout, command: str
):
    ended = checkout.run(command, "my data", "--json")
    assert checkout.installs == ["torch", "-e .[train]"]
    assert (ended.returncode, ended.stdout) == (7, f"sightsong {command} my data --json in /\n")


def test_fuzzing_installs_what_it_needs_once_and_hands_its_arguments_on(checkout: Checkout):
    (checkout.folder / "no-atheris").touch()
    checkout.run("fuzz", "5", "zip")
    (checkout.folder / "no-atheris").unlink()
    checkout.run("fuzz", "5", "zip")
    assert checkout.installs == ["-e .[dev]", "--only-binary atheris -e .[fuzz]"]
    assert (checkout.folder / "notes").read_text().count("-m tests.fuzz 5 zip\n") == 2


def test_where_there_is_no_atheris_the_command_is_run_all_the_same(checkout: Checkout):
    checkout.run("install", "dev")
    (checkout.folder / "no-atheris").touch()
    (checkout.folder / "pip").write_text("1")
    assert "there is no atheris for this machine" in checkout.run("fuzz").stderr
    assert "-m tests.fuzz" in (checkout.folder / "notes").read_text()


def test_a_machine_without_a_new_enough_python_is_told_so(tmp_path: Path):
    bare = tmp_path / "bin"
    bare.mkdir()
    for tool in ("bash", "dirname", "cat", "cksum", "tr", "env", "flock"):
        found = shutil.which(tool)
        if found is not None:
            (bare / tool).symlink_to(found)
    (bare / "python3").write_text("#!/usr/bin/env bash\nexit 1\n")  # an old one
    (bare / "python3").chmod(0o755)
    folder = tmp_path / "checkout"
    folder.mkdir()
    ended = Checkout(folder).run("sightsong", "version", PATH=str(bare))
    assert ended.returncode == 1
    assert "needs Python 3.11 or newer" in ended.stderr
