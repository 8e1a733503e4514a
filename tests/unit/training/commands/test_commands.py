"""The commands of training: what they are told, what they say, how they end."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import wait_until
from training.commands import MODULES, main
from training.fitting import checkpoints
from training.plans import files

TINY = ("--architecture", "small", "--side-px", "16", "--threads", "1", "--patience", "0")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "data"
    assert main(["example", str(folder), "--each", "12", "--side-px", "32"]) == 0
    return folder


def help_of(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    with pytest.raises(SystemExit) as end:
        main([*args, "--help"])
    assert end.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("name", [name for name in MODULES if name != "evaluate"])
def test_the_help_of_each_command_teaches_with_examples(
    capsys: pytest.CaptureFixture[str], name: str
):
    shown = help_of(capsys, name)
    assert shown.startswith(f"usage: sightsong train {name}")
    assert f"  sightsong train {name} " in shown.split("Examples:")[1]


def test_the_help_tells_a_flag_for_each_field_of_a_plan(capsys: pytest.CaptureFixture[str]):
    shown = " ".join(help_of(capsys, "emotion").split())
    for word in files.words():
        assert f"--{word.name.replace('_', '-')}" in shown
        assert " ".join(word.help.split()[:3]) in shown


def test_what_is_no_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]):
    assert (main([]), main(["sing"])) == (2, 2)
    assert "say one of: emotion, check, example" in capsys.readouterr().err


def test_a_check_tells_what_is_there(data: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["check", str(data)]) == 0
    assert "72 pictures, read as emotion6" in capsys.readouterr().out
    assert main(["check", str(data), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["count"] == 72


def test_a_check_of_a_broken_set_ends_with_a_failure(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    broken = tmp_path / "data"
    (broken / "images").mkdir(parents=True)
    (broken / "ground_truth.txt").write_bytes((data / "ground_truth.txt").read_bytes())
    assert main(["check", str(broken)]) == 1
    assert "problem" in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("args", "status", "told"),
    [
        (["example", "{data}"], 1, "not empty"),
        (["example", "{out}", "--each", "0"], 2, "--each must be 1 or more"),
        (["check", "{out}"], 1, "is not there"),
        (["check", "{data}", "--form", "odd"], 2, "--form is 'odd'; it may be auto, emotion6"),
        (["emotion", "{out}", "--out", "{out}x"], 1, "is not there"),
        (["emotion", "{data}", "--out", "{out}", "--epochs", "0"], 2, "epochs 0"),
        (["emotion", "{data}", "--out", "{out}", "--resume"], 1, "no run to go on with"),
        (["emotion", "{data}", "--out", "{out}", "--frozen"], 2, "give --backbone"),
        (["emotion", "{data}", "--out", "{out}", "--plan", "{out}"], 2, "cannot be read"),
        (["emotion", "{data}", "--out", "{out}", "--form", "odd"], 2, "--form is 'odd'"),
        (["evaluate", "{out}", "{data}", "--part", "odd"], 2, "--part is 'odd'"),
        (["evaluate", "{out}", "{data}"], 1, "neither a folder nor one of lite-faces"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(
    args: list[str],
    status: int,
    told: str,
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
):
    named = [arg.format(data=data, out=tmp_path / "out") for arg in args]
    assert main(named) == status
    assert told in capsys.readouterr().err


def test_nothing_is_left_of_a_run_that_could_not_begin(data: Path, tmp_path: Path):
    assert main(["emotion", str(data), "--out", str(tmp_path / "run"), "--frozen"]) == 2
    assert not (tmp_path / "run").exists()


def test_a_run_follows_the_flags_then_the_file_and_tells_the_board(data: Path, tmp_path: Path):
    (tmp_path / "plan.yaml").write_text(
        "network: {architecture: small, side_px: 16}\ncourse: {epochs: 9, batch: 7, threads: 1}\n"
    )
    pytest.importorskip("tensorboard", reason="the extra `tensorboard` is not installed")
    out = tmp_path / "run"
    plan = ("--plan", str(tmp_path / "plan.yaml"))
    assert (
        main(["emotion", str(data), "--out", str(out), *plan, "--epochs", "1", "--tensorboard"])
        == 0
    )
    course = files.read(out / "plan.yaml").course
    assert (course.epochs, course.batch) == (1, 7)
    command = checkpoints.read(out / "best").facts["commands"][0]
    assert command.endswith("--architecture small --side-px 16 --epochs 1 --batch 7 --threads 1")
    assert list((out / "tensorboard").glob("events.*"))
    assert (out / "best" / "model.onnx").exists()
    assert not (out / "last").exists()


@pytest.mark.processes
def test_ctrl_c_keeps_a_run_and_tells_how_to_go_on(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "run"
    train = [sys.executable, "-m", "sightsong.cli", "train"]
    run = ["emotion", str(data), "--out", str(out), *TINY, "--epochs", "3000"]
    with subprocess.Popen([*train, *run], stderr=subprocess.PIPE, text=True) as door:
        wait_until((out / "log.jsonl").exists, within_s=120)
        door.send_signal(signal.SIGINT)
        told = door.communicate(timeout=60)[1]
    assert door.returncode == 130
    assert f"stopped; go on with: sightsong train emotion {data} --out {out} --resume" in told
    assert "Traceback" not in told
    assert main([*run[:4], "--resume", "--epochs", "5"]) == 2
    assert "leave --epochs out" in capsys.readouterr().err


def test_what_is_not_installed_is_told_with_what_to_do():
    code = """
import sys

class Absent:
    def find_spec(self, name, *more):
        if name == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")

sys.meta_path.insert(0, Absent())
from training.commands import main
sys.exit(main(["emotion", "somewhere", "--out", "run"]))
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True
    )
    assert ended.returncode == 2
    assert ended.stderr == "this needs torch; run `./run install train`\n"
