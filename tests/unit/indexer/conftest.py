"""What the tests of the indexer share."""

from pathlib import Path

import pytest

from sightsong.adapters import memory
from tests.unit.indexer.parts import Bench


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    (folder / "album").mkdir(parents=True)
    (folder / "one.mp3").write_bytes(b"one")
    (folder / "album" / "two.mp3").write_bytes(b"two")
    return folder


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(stores=memory.open_stores(), folder=tmp_path / "data")
