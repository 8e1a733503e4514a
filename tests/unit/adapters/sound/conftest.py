"""What the tests of sound share."""

from pathlib import Path

import pytest

_SHARED = Path(__file__).parents[5] / "shared" / "data"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The development data; a test that needs it is skipped where it is absent."""
    if not _SHARED.is_dir():
        pytest.skip(f"the development data is not there ({_SHARED})")
    return _SHARED
