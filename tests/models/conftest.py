"""The full profile's models at tiny size: real architectures and tokenizers, random weights."""

import importlib.util
import os
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[3] / "shared" / "data"
_NEEDED = ("torch", "transformers", "safetensors", "cv2")


def _missing() -> str | None:
    absent = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if absent:
        return f"{', '.join(absent)} not installed; run `./run install full`"
    if not (SHARED / "tokenizers").is_dir():
        return f"the tokenizers are not there ({SHARED / 'tokenizers'})"
    return None


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave the modules alone that import torch, where it is not installed; one says so."""
    absent = any(importlib.util.find_spec(name) is None for name in _NEEDED)
    speaks = collection_path.is_dir() or collection_path.name in {
        "conftest.py",
        "test_installed.py",
    }
    return True if absent and not speaks and not os.environ.get("CI") else None


@pytest.fixture(scope="session")
def shared() -> Path:
    """The development data; a test that needs it is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"the development data is not there ({SHARED})")
    return SHARED


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder of tiny random checkpoints, with its lock."""
    reason = _missing()
    if reason:
        pytest.skip(reason)
    from workers.models import random_checkpoints

    folder = tmp_path_factory.mktemp("models")
    detector = SHARED / "weights" / "face_detection_yunet_2026may.onnx"
    random_checkpoints.make(folder, tokenizers=SHARED / "tokenizers", detector=detector)
    return folder


@pytest.fixture(scope="session")
def found(models_dir: Path):
    """Its checkpoints by task, found as a worker finds them."""
    from sightsong.adapters import weights
    from sightsong.core import catalogue

    return weights.checkpoints(models_dir, catalogue.full_models())


@pytest.fixture(scope="session")
def fp32():
    """The CPU in fp32, one thread."""
    from workers import device

    return device.choose("cpu", precision="fp32", threads=1)


@pytest.fixture(scope="session")
def bf16():
    """The CPU in bf16, one thread: slow where the processor lacks it, and right all the same."""
    from workers import device

    return device.choose("cpu", precision="bf16", threads=1)
