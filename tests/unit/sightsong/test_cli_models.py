"""`models`: list, pull and verify, with a hub on the loopback interface."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sightsong import cli
from sightsong.cli.session import World
from sightsong.core import catalogue
from sightsong.core.catalogue import ModelSpec
from tests.unit.adapters.weights.conftest import need
from tests.unit.adapters.weights.fake_hub import COMMIT, FakeHub, Repository

FULL = catalogue.full_models()
FILES = {
    "config.json": b"{}",
    "preprocessor_config.json": b"{}",
    "vocab.json": b"{}",
    "merges.txt": b"",
    "tokenizer.json": b"{}",
    "flax_model.msgpack": b"never wanted",
}


def files_of(spec: ModelSpec) -> dict[str, bytes]:
    return {**FILES, spec.weights: spec.repository.encode()}


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    for spec in (*FULL, catalogue.CLAP_GENERAL):
        folder = tmp_path / "mirror" / spec.repository
        folder.mkdir(parents=True)
        for name, content in files_of(spec).items():
            (folder / name).write_bytes(content)
    return tmp_path / "mirror"


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def run(models: Path, command: str, *options: str) -> int:
    return cli.main(["models", command, "--models-dir", str(models), *options])


def printed(capsys: pytest.CaptureFixture[str]):
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_pull_from_the_hub_brings_the_five_models(
    models: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    need("huggingface_hub")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    there = {spec.repository: Repository(files=files_of(spec)) for spec in FULL}
    with FakeHub(repositories=there) as hub:
        asked = ["models", "pull", "--models-dir", str(models), "--json"]
        assert cli.main(asked, world=World(hub=hub.endpoint)) == 0
    assert printed(capsys) == [
        {"repository": spec.repository, "revision": COMMIT, "fetched": True, "converted": False}
        for spec in FULL
    ]
    assert list(models.rglob("flax*")) == []
    assert run(models, "verify") == 0


def test_a_pull_from_a_folder_says_what_came_and_a_second_one_that_all_is_there(
    models: Path, mirror: Path, capsys: pytest.CaptureFixture[str]
):
    assert run(models, "pull", "--from", str(mirror)) == 0
    told = capsys.readouterr()
    assert told.err.count(": fetched") == len(FULL)
    assert f"the weights of the full profile are in {models}" in told.out
    assert run(models, "pull", "--from", str(mirror)) == 0
    assert capsys.readouterr().err.count(": was there") == len(FULL)


def test_the_other_clap_comes_when_it_is_named(models: Path, mirror: Path):
    assert run(models, "pull", "--from", str(mirror), "--clap", "laion/clap-htsat-unfused") == 0
    assert [path.name for path in (models / "laion").iterdir()] == ["clap-htsat-unfused"]


def test_a_clap_that_nobody_knows_is_wrong_usage(models: Path, capsys: pytest.CaptureFixture[str]):
    assert run(models, "pull", "--clap", "laion/other") == 2
    assert "SIGHTSONG_CLAP" in capsys.readouterr().err


def test_the_lite_profile_has_nothing_to_pull(models: Path, capsys: pytest.CaptureFixture[str]):
    assert run(models, "pull", "--profile", "lite", "--json") == 0
    assert printed(capsys) == []
    assert not models.exists()


def test_list_tells_each_model_with_its_state(
    models: Path, mirror: Path, capsys: pytest.CaptureFixture[str]
):
    run(models, "pull", "--from", str(mirror))
    (models / catalogue.CLIP.repository / "vocab.json").unlink()
    capsys.readouterr()
    assert run(models, "list", "--json") == 0
    rows = {row["repository"]: row for row in printed(capsys)}
    assert rows[catalogue.CLIP.repository]["state"] == "incomplete"
    assert rows[catalogue.BLIP.repository]["state"] == "ready"
    assert rows[catalogue.BLIP.repository]["licence"] == "BSD-3-Clause"
    assert rows[catalogue.CLAP_GENERAL.repository]["state"] == "not pulled"
    assert [name for name, row in rows.items() if row["chosen"]] == [s.repository for s in FULL]


def test_list_is_readable_before_anything_was_pulled(
    models: Path, capsys: pytest.CaptureFixture[str]
):
    assert run(models, "list") == 0
    assert capsys.readouterr().out.count("not pulled") == len(FULL) + 1


def test_verify_names_each_bad_file_and_what_mends_it(
    models: Path, mirror: Path, capsys: pytest.CaptureFixture[str]
):
    run(models, "pull", "--from", str(mirror))
    bad = models / catalogue.FER.repository / "model.safetensors"
    bad.write_bytes(b"?" * bad.stat().st_size)
    capsys.readouterr()
    assert run(models, "verify") == 1
    told = capsys.readouterr().out
    assert "missing or altered: trpakov/vit-face-expression/model.safetensors\n" in told
    assert f"mend it with: sightsong models pull --models-dir {models} --from DIR" in told
    assert run(models, "pull", "--from", str(mirror)) == 0
    assert run(models, "verify") == 0


def test_verify_of_nothing_names_what_is_not_there(
    models: Path, capsys: pytest.CaptureFixture[str]
):
    assert run(models, "verify", "--json") == 1
    assert printed(capsys)["bad"] == sorted(spec.repository for spec in FULL)


def test_a_mirror_that_lacks_a_model_is_one_line_and_keeps_what_came(
    models: Path, mirror: Path, capsys: pytest.CaptureFixture[str]
):
    (mirror / "laion").rename(mirror / "elsewhere")
    assert run(models, "pull", "--from", str(mirror)) == 1
    assert "holds no laion/larger_clap_music" in capsys.readouterr().err
    assert (models / catalogue.CLIP.repository / "model.safetensors").is_file()


def pull_in_a_process(models: Path, *, before: str = "", **env: str) -> tuple[int, str]:
    """Pull where the environment, or what is installed, is another."""
    code = (
        f"{before}\nimport sys\nfrom sightsong import cli\n"
        f"sys.exit(cli.main(['models', 'pull', '--models-dir', {str(models)!r}]))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **env},
    )
    return ended.returncode, ended.stderr


def test_a_pull_is_refused_where_the_hub_is_forbidden(models: Path):
    need("huggingface_hub")
    status, told = pull_in_a_process(models, HF_HUB_OFFLINE="1")
    assert (status, told.count("\n")) == (1, 1)
    assert "HF_HUB_OFFLINE forbids downloads" in told


def test_a_pull_without_the_library_says_how_to_get_it(models: Path):
    absent = "import sys; sys.modules['huggingface_hub'] = None"
    status, told = pull_in_a_process(models, before=absent)
    assert status == 2
    assert "huggingface_hub, which is not installed; run `./run install full`" in told
