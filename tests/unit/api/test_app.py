"""The composition root: what it takes in, and what it refuses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from api.dependencies import DoorSettings
from api.opening import door_settings
from sightsong.adapters import settings
from sightsong.core import moods
from sightsong.core.embeddings import Space
from sightsong.core.errors import ConfigurationError

SPACE = Space("test/space@1")
HEAVY = {"torch", "celery", "alembic", "faiss", "librosa", "transformers", "sqlalchemy"}


def door_of(**config: object) -> DoorSettings:
    return door_settings(settings.load(**config), SPACE)


def test_importing_the_app_brings_nothing_heavy_in():
    code = "import api.app, json, sys; print(json.dumps(sorted(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert not HEAVY & set(json.loads(out.stdout))


def test_a_local_service_answers_to_local_names_and_reads_any_folder(tmp_path: Path):
    door = door_of(data_dir=tmp_path, host="127.0.0.1")

    assert door.allowed_hosts == ("localhost", "127.0.0.1", "::1")
    assert door.library_root is None


def test_a_service_for_others_must_name_its_library(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="SIGHTSONG_LIBRARY_ROOT"):
        door_of(data_dir=tmp_path, host="0.0.0.0")  # noqa: S104 - refused


def test_a_service_for_others_with_a_library_is_fine(tmp_path: Path):
    door = door_of(data_dir=tmp_path, host="::", library_root=tmp_path)

    assert door.library_root == tmp_path


def test_the_lite_profile_takes_its_own_moods_and_the_full_one_any(tmp_path: Path):
    assert door_of(data_dir=tmp_path, profile="lite").moods == tuple(moods.MOOD_PLACES)
    assert door_of(data_dir=tmp_path, profile="full").moods == ()
