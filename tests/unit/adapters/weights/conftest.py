"""A hub of one small model, and who watches a pull."""

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sightsong.adapters.weights import pulling
from sightsong.adapters.weights.sources import Source
from sightsong.core.catalogue import ModelSpec, Task
from tests.unit.adapters.weights.fake_hub import FakeHub, Repository

TINY = ModelSpec(
    repository="ours/tiny",
    revision="main",
    task=Task.CAPTION,
    licence="MIT",
    source="made up",
    inputs="nothing",
    dimension=None,
    files=("config.json", "vocab.*"),
    extras=("tokenizer.json",),
)
FILES = {
    "config.json": b'{"model_type": "tiny"}',
    "vocab.txt": b"a\nb\n",
    "model.safetensors": bytes(range(256)) * 8192,  # 2 MiB: several chunks
    "pytorch_model.bin": b"not wanted where there is safetensors",
    "tf_model.h5": b"never wanted",
    "README.md": b"never wanted",
}


class Watching:
    """Writes down what it hears; interrupts the pull after so many bytes, if told to."""

    def __init__(self, *, stop_after: int | None = None) -> None:
        self.begun: list[str] = []
        self.count = 0
        self._stop_after = stop_after

    def begin(self, what: str, *, size_bytes: int, done_bytes: int = 0) -> None:
        self.begun.append(what)

    def advance(self, count: int) -> None:
        self.count += count
        if self._stop_after is not None and self.count > self._stop_after:
            raise KeyboardInterrupt


def need(*names: str) -> None:
    """Skip a test where a library is not installed; in CI all are, or the test fails."""
    absent = [name for name in names if importlib.util.find_spec(name) is None]
    if absent and not os.environ.get("CI"):
        pytest.skip(f"{', '.join(absent)} not installed; run `./run install full`")


def pull(
    folder: Path,
    source: Source,
    *,
    watcher: Watching | None = None,
    update: bool = False,
    spec: ModelSpec = TINY,
) -> pulling.Pulled:
    """Pull the one model."""
    [done] = pulling.pull(folder, [spec], source, watcher=watcher or Watching(), update=update)
    return done


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A hub with the model on it."""
    need("huggingface_hub")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with FakeHub(repositories={TINY.repository: Repository(files=dict(FILES))}) as hub:
        yield hub


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A folder with the model's files and no lock."""
    folder = tmp_path / "mirror" / TINY.repository
    folder.mkdir(parents=True)
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    return tmp_path / "mirror"
