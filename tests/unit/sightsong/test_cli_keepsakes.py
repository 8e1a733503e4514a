"""`backup` and `restore`: files and pipes, what they say, and how they fail."""

import fcntl
import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sightsong import cli


@pytest.fixture(autouse=True)
def _no_database_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SIGHTSONG_DATABASE_URL", raising=False)


@pytest.fixture
def old(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The data folder of a service with one key in it."""
    folder = tmp_path / "old"
    assert cli.main(["keys", "create", "operator", "--local", "--data", str(folder)]) == 0
    capsys.readouterr()
    return folder


@pytest.fixture
def file(old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A backup of it."""
    made = tmp_path / "backup.tar"
    assert run("backup", made, old) == 0
    capsys.readouterr()
    return made


def run(command: str, file: Path | str, folder: Path, *more: str) -> int:
    return cli.main([command, str(file), "--data", str(folder), *more])


def keys_in(folder: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert cli.main(["keys", "list", "--local", "--data", str(folder), "--json"]) == 0
    views: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return views


def test_a_service_comes_back_in_another_folder(old, file, tmp_path, capsys):
    assert run("restore", file, tmp_path / "new") == 0
    assert keys_in(tmp_path / "new", capsys) == keys_in(old, capsys)
    assert len(keys_in(old, capsys)) == 1


def test_both_say_the_same_digest_and_counts_to_programs(old, tmp_path, capsys):
    told = []
    for command, folder in (("backup", old), ("restore", tmp_path / "new")):
        assert run(command, tmp_path / "b.tar", folder, "--json") == 0
        told.append(json.loads(capsys.readouterr().out))
    assert told[0] == told[1]
    assert (told[0]["rows"]["api_keys"], told[0]["photos"]) == (1, 0)
    assert told[0]["size_bytes"] == (tmp_path / "b.tar").stat().st_size


def test_a_backup_is_for_nobody_else_to_read(file):
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_is_there_is_never_written_over(old, file, capsys):
    before = file.read_bytes()
    assert run("backup", file, old) == 1
    assert "is there already" in capsys.readouterr().err
    assert file.read_bytes() == before


def test_a_backup_that_fails_leaves_no_file(old, tmp_path, capsys):
    (old / "sightsong.db").write_bytes(b"not a database" * 999)
    assert run("backup", tmp_path / "b.tar", old) == 1
    assert "damaged" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_where_no_database_is_there_is_nothing_to_save(tmp_path, capsys):
    assert run("backup", tmp_path / "b.tar", tmp_path / "nothing") == 2
    assert "there is no database" in capsys.readouterr().err
    assert not (tmp_path / "nothing").exists()


def test_a_folder_that_cannot_be_written_to_is_told(old, tmp_path, capsys):
    assert run("backup", tmp_path / "no such folder" / "b.tar", old) == 2
    assert "no backup was written" in capsys.readouterr().err


def test_a_check_says_that_it_is_whole_and_makes_nothing(file, tmp_path, capsys):
    assert run("restore", file, tmp_path / "new", "--check") == 0
    assert "is whole" in capsys.readouterr().out
    assert not (tmp_path / "new").exists()


def test_a_damaged_backup_is_refused_with_a_reason(file, tmp_path, capsys):
    content = bytearray(file.read_bytes())
    content[content.rindex(b"  tables/api_keys") - 1] ^= 1
    file.write_bytes(content)
    for more in (["--check"], []):
        assert run("restore", file, tmp_path / "new", *more) == 4
        assert "damaged" in capsys.readouterr().err
    assert keys_in(tmp_path / "new", capsys) == []


def test_a_file_that_is_no_backup_makes_no_data_folder(tmp_path, capsys):
    (tmp_path / "holiday.jpg").write_bytes(b"\xff\xd8" * 999)
    assert run("restore", tmp_path / "holiday.jpg", tmp_path / "new") == 4
    assert "no backup" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_a_file_that_is_not_there_is_told(tmp_path, capsys):
    assert run("restore", tmp_path / "b.tar", tmp_path / "new") == 2
    assert "cannot read" in capsys.readouterr().err


def test_a_service_with_something_in_it_is_left_alone(old, file, capsys):
    assert run("restore", file, old) == 1
    assert "not empty: there are rows in api_keys" in capsys.readouterr().err
    assert len(keys_in(old, capsys)) == 1


def test_a_service_that_runs_is_left_alone(file, tmp_path, capsys):
    (tmp_path / "new").mkdir()
    with (tmp_path / "new" / "up.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert run("restore", file, tmp_path / "new") == 2
    assert "already running" in capsys.readouterr().err


def test_a_backup_goes_through_pipes(old, tmp_path, capsys):
    begin = [sys.executable, "-m", "sightsong.cli"]
    saving = [*begin, "backup", "-", "--data", str(old)]
    saved = subprocess.run(saving, check=True, capture_output=True)
    restoring = [*begin, "restore", "-", "--data", str(tmp_path / "new")]
    restored = subprocess.run(restoring, check=True, capture_output=True, input=saved.stdout)
    assert b"is restored" in restored.stdout
    assert keys_in(tmp_path / "new", capsys) == keys_in(old, capsys)


def test_a_pipe_is_for_the_backup_alone(old, capsys):
    assert run("backup", "-", old, "--json") == 2
    assert capsys.readouterr().out == ""
