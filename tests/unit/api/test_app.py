"""The composition root: what it takes in, and what it refuses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from api.app import door_settings
from sightsong.adapters import settings
from sightsong.core.errors import ConfigurationError

HEAVY = {"torch", "celery", "alembic", "faiss", "librosa", "transformers", "sqlalchemy"}


def test_importing_the_app_brings_nothing_heavy_in():
    code = "import api.app, json, sys; print(json.dumps(sorted(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert not HEAVY & set(json.loads(out.stdout))


def test_a_local_service_answers_to_local_names_and_reads_any_folder(tmp_path: Path):
    door = door_settings(settings.load(data_dir=tmp_path, host="127.0.0.1"))

    assert door.allowed_hosts == ("localhost", "127.0.0.1", "::1")
    assert door.library_root is None


def test_a_service_for_others_must_name_its_library(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="SIGHTSONG_LIBRARY_ROOT"):
        door_settings(settings.load(data_dir=tmp_path, host="0.0.0.0"))  # noqa: S104 - refused


def test_a_service_for_others_with_a_library_is_fine(tmp_path: Path):
    config = settings.load(data_dir=tmp_path, host="::", library_root=tmp_path)

    assert door_settings(config).library_root == tmp_path
