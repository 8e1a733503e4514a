"""`sightsong doctor` on the full profile: sound with random weights, and not fooled by them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sightsong import cli


def test_random_weights_are_sound_and_not_plausible(
    models_dir: Path, capsys: pytest.CaptureFixture[str]
):
    where = ["--profile", "full", "--models-dir", str(models_dir), "--device", "cpu"]
    assert cli.main(["doctor", "--json", *where]) == 1
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["error"] is None
    outcomes = {v["what"]: v["outcome"] for v in told["checkup"]["verdicts"]}
    assert "broken" not in outcomes.values()
    assert "not plausible" in outcomes.values()
    assert told["checkup"]["device"].startswith("cpu ")


def test_a_worker_of_the_full_profile_forbids_its_libraries_the_network(models_dir: Path):
    code = f"""
from sightsong.adapters import settings
from sightsong.core.errors import ConfigurationError
from workers import app
full = settings.load(profile="full", models_dir={str(models_dir)!r}, device="cuda:99")
try:  # a device that is nowhere: the libraries are imported, and no model need be loaded
    app.load_profile(full)
except ConfigurationError as error:
    print(error.detail)
from huggingface_hub import constants
print("offline" if constants.HF_HUB_OFFLINE else "online")
"""
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    ).stdout
    assert "cuda:99 does not work" in told
    assert told.endswith("offline\n")
