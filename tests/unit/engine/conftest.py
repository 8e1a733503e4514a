"""The store that the engine's tests share."""

import pytest

from sightsong.adapters import memory
from sightsong.core import ports


@pytest.fixture
def stores() -> ports.Stores:
    return memory.open_stores()
