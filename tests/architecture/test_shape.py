"""The shape of the house, measured."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sightsong.adapters import settings
from sightsong.adapters.settings import Settings
from sightsong.adapters.store import migrate

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for folder in ("api", "workers", "indexer", "sightsong", "demo", "tests", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
)
LONGEST = 400
EMPTY_NAMES = re.compile(r"(^|_)(utils?|helpers?|common|misc|manager)(_|$)")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_longer_than_the_wall(path):
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST


def test_no_module_has_a_name_that_says_nothing():
    assert [path.name for path in SOURCES if EMPTY_NAMES.search(path.stem)] == []


def test_every_setting_is_described_in_the_operations_page():
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    names = {f"SIGHTSONG_{name.upper()}" for name in Settings.model_fields}
    assert {name for name in names if f"`{name}`" not in page} == set()


def test_the_api_is_built_without_models(tmp_path):
    migrate.upgrade(settings.load(data_dir=tmp_path).database)
    heavy = {"torch", "transformers", "librosa", "pymilvus", "numba", "scipy", "alembic"}
    code = (
        "import sys, api.app; from sightsong.adapters import settings;"
        f"api.app.build(settings.load(data_dir={str(tmp_path)!r}));"
        "print(' '.join({module.partition('.')[0] for module in sys.modules}))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    loaded = set(printed.stdout.decode().split())
    assert "fastapi" in loaded
    assert heavy & loaded == set()
