"""A Milvus for tests: milvus-lite in this process, asked over the network protocol of Milvus.

Import the fixture in a `conftest.py` or a test's module. Where it is not installed, tests skip.
"""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def milvus_url(tmp_path_factory) -> Iterator[str]:
    """Address of an empty Milvus, shared by the session: each test takes a space of its own."""
    why = "Milvus is not installed: pip install 'sightsong[milvus]' milvus-lite"
    pytest.importorskip("pymilvus", reason=why)
    lite = pytest.importorskip("milvus_lite.server_manager", reason=why)
    path = str(tmp_path_factory.mktemp("milvus") / "index.db")
    yield path
    lite.server_manager_instance.release_server(path)
