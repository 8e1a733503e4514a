"""Settings that cannot work stop a start with a line that names the variable."""

import pytest

from sightsong.adapters import settings
from sightsong.core.errors import ConfigurationError


@pytest.mark.parametrize("url", ["", "nonsense", "/data/milvus.db", "localhost:19530"])
def test_a_milvus_index_needs_the_address_of_a_server(url):
    with pytest.raises(ConfigurationError, match="SIGHTSONG_MILVUS_URL must be the address"):
        settings.load(index_backend="milvus", milvus_url=url)


@pytest.mark.parametrize("url", ["http://milvus:19530", "https://milvus.example", "tcp://[::1]:1"])
def test_an_address_of_a_milvus_server_will_do(url):
    assert settings.load(index_backend="milvus", milvus_url=url).milvus_url == url


def test_files_need_no_address():
    assert settings.load().index_backend == "faiss"


def test_a_lease_outlives_two_heartbeats():
    with pytest.raises(ConfigurationError, match="SIGHTSONG_LEASE_S"):
        settings.load(lease_s=10, heartbeat_s=6)


def test_an_unknown_value_names_its_variable():
    with pytest.raises(ConfigurationError, match="SIGHTSONG_INDEX_KIND"):
        settings.load(index_kind="pq")
