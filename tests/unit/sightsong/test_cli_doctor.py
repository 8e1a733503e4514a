"""`doctor`: what it tells of an installation, and when it is content."""

import json
from pathlib import Path

import pytest

from sightsong import cli
from sightsong.adapters.confinement import NOTHING
from tests.unit.workers.models import own_folders


def told(capsys: pytest.CaptureFixture[str]):
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_the_lite_profile_is_looked_at_and_found_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert cli.main(["doctor", "--json", "--data", str(tmp_path / "not" / "yet")]) == 0
    report = told(capsys)
    assert report["ok"]
    assert report["facts"]["mode"] == "embedded"
    assert report["facts"]["free_disk_bytes"] > 0
    assert report["checkup"]["device"] == "cpu"
    assert {verdict["outcome"] for verdict in report["checkup"]["verdicts"]} == {"sound"}
    assert not (tmp_path / "not").exists()


def test_a_person_reads_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["doctor", "--data", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "profile    lite" in shown
    assert shown.endswith("all is well\n")


def test_it_says_what_is_taken_from_the_processes_that_read_strangers_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    asked = ["doctor", "--profile", "full", "--models-dir", str(tmp_path)]
    cli.main([*asked, "--json"])
    held = told(capsys)["facts"]["confinement"]
    assert set(held) == set(NOTHING.told())
    cli.main(asked)
    shown = capsys.readouterr().out
    assert f"network: {'none' if held['network'] else 'NOT TAKEN'}" in shown


def test_the_full_profile_without_weights_says_what_to_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    asked = ["doctor", "--profile", "full", "--models-dir", str(tmp_path), "--json"]
    assert cli.main(asked) == 1
    report = told(capsys)
    assert not report["ok"]
    assert f"sightsong models pull --models-dir {tmp_path}" in report["error"]
    assert set(report["facts"]["models"].values()) == {"not pulled"}


def test_a_lock_that_cannot_be_read_is_no_crash(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "models.lock").write_text("?")
    asked = ["doctor", "--profile", "full", "--models-dir", str(tmp_path), "--json"]
    assert cli.main(asked) == 1
    assert "damaged" in told(capsys)["error"]


def test_passwords_are_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("SIGHTSONG_DATABASE_URL", "postgresql://ann:s3cret@db/songs")
    monkeypatch.setenv("SIGHTSONG_BROKER_URL", "redis://:s3cret@redis:6379/0")
    cli.main(["doctor", "--profile", "full", "--models-dir", str(tmp_path), "--json"])
    printed = capsys.readouterr()
    assert "s3cret" not in printed.out + printed.err
    facts = json.loads(printed.out.splitlines()[-1])["facts"]
    assert facts["database"] == "postgresql://ann:***@db/songs"
    assert facts["mode"] == "servers"


def test_a_folder_that_others_can_read_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    tmp_path.chmod(0o755)
    assert cli.main(["doctor", "--json", "--data", str(tmp_path)]) == 0
    assert f"chmod 700 {tmp_path}" in told(capsys)["facts"]["exposure"]


def test_a_classifier_of_the_users_own_is_named_and_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    pytest.importorskip("onnxruntime", reason="onnxruntime runs classifiers that are kept as ONNX")
    model = own_folders.network(own_folders.weights_of(6))
    folder = own_folders.write(tmp_path / "own", model)
    monkeypatch.setenv("SIGHTSONG_EMOTION_CHECKPOINT", str(folder))
    assert cli.main(["doctor", "--json", "--data", str(tmp_path / "data")]) == 0
    report = told(capsys)
    assert report["facts"]["classifier"] == f"{folder / 'model.onnx'}: small, run by onnx"
    assert any(model.startswith("local/own@") for model in report["checkup"]["models"])


def test_a_classifier_that_cannot_be_used_hinders_the_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("SIGHTSONG_EMOTION_CHECKPOINT", str(tmp_path / "nowhere"))
    assert cli.main(["doctor", "--json", "--data", str(tmp_path / "data")]) == 1
    report = told(capsys)
    assert "SIGHTSONG_EMOTION_CHECKPOINT" in report["error"]
    assert report["facts"]["classifier"] == f"{tmp_path / 'nowhere'}: cannot be used"
