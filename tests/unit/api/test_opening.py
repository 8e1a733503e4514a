"""Before the door opens: whether it needs keys, and whether there are any."""

import os
import subprocess
import sys

import pytest

from api import opening
from api.dependencies import DoorSettings
from sightsong.adapters import memory, settings, store
from sightsong.adapters.store import migrate
from sightsong.core.embeddings import Space
from sightsong.core.errors import ConfigurationError, StoreUnavailable
from tests.unit.api.keyholders import give_key, id_of

EVERYWHERE = "0.0.0.0"  # noqa: S104 - nothing is bound here


def chosen(**config: object) -> settings.Settings:
    return settings.load(data_dir="/srv/our music", **config)


def door_of(tmp_path, **config: object) -> DoorSettings:
    loaded = settings.load(data_dir=tmp_path, library_root=tmp_path, **config)
    return opening.door_settings(loaded, Space("test/space@1"))


@pytest.mark.parametrize(
    ("auth", "host", "is_needed"),
    [
        ("auto", "127.0.0.1", False),
        ("auto", "::1", False),
        ("auto", "localhost", False),
        ("auto", EVERYWHERE, True),
        ("auto", "::", True),
        ("auto", "192.168.1.7", True),
        ("keys", "127.0.0.1", True),
        ("off", EVERYWHERE, False),
    ],
)
def test_who_can_be_reached_from_elsewhere_needs_keys(tmp_path, auth, host, is_needed):
    assert door_of(tmp_path, auth=auth, host=host).needs_key is is_needed


def test_the_door_takes_its_limits_from_the_settings(tmp_path):
    door = door_of(tmp_path, key_requests_per_min=5, answer_cache_s=7, fetch_urls=True)

    assert (door.key_requests_per_min, door.answer_cache_s, door.fetches_urls) == (5, 7, True)


def test_origins_of_pages_are_taken_as_browsers_write_them(tmp_path):
    origins = ["https://app.example.org", "http://localhost:5173", "app://phone"]

    assert door_of(tmp_path, cors_origins=origins).cors_origins == tuple(origins)


@pytest.mark.parametrize(
    "origin",
    [
        "*", "https://*.example.org", "null", "app.example.org", "https://app.example.org/", "",
        "https://App.example.org", "https://a@example.org",
    ],
)  # fmt: skip
def test_what_is_not_one_origin_is_refused(tmp_path, origin):
    with pytest.raises(ConfigurationError, match="SIGHTSONG_CORS_ORIGINS"):
        door_of(tmp_path, cors_origins=[origin])


def test_with_a_good_key_the_door_opens():
    stores = memory.open_stores()
    give_key(stores)

    opening.see_that_somebody_has_a_key(stores.keys, chosen())


def test_without_one_it_says_what_to_do():
    stores = memory.open_stores()
    stores.keys.revoke(id_of(give_key(stores)))

    with pytest.raises(ConfigurationError, match=r"sightsong keys create NAME --local.*AUTH=off"):
        opening.see_that_somebody_has_a_key(stores.keys, chosen())


@pytest.mark.parametrize(
    ("config", "command"),
    [
        ({"database_url": ""}, "`sightsong keys create NAME --local --data '/srv/our music'`"),
        ({"database_url": "postgresql://db/s"}, "--local`, SIGHTSONG_DATABASE_URL set as it is"),
    ],
    ids=["a folder", "a server"],
)
def test_what_it_says_makes_the_key_in_this_service_s_database(config, command):
    with pytest.raises(ConfigurationError) as refused:
        opening.see_that_somebody_has_a_key(memory.open_stores().keys, chosen(**config))

    assert command in refused.value.detail


def test_a_database_without_tables_is_named(tmp_path):
    stores = store.open_stores(f"sqlite:///{tmp_path / 'new.db'}", tmp_path / "blobs")
    try:
        with pytest.raises(ConfigurationError, match="sightsong migrate"):
            opening.see_that_somebody_has_a_key(stores.keys, chosen())
    finally:
        stores.close()


def test_a_database_that_is_away_may_come_later():
    class Away:
        def has_usable(self) -> bool:
            raise StoreUnavailable

    opening.see_that_somebody_has_a_key(Away(), chosen())


def test_the_process_ends_with_one_line_where_nobody_could_ask_it(tmp_path):
    migrate.upgrade(f"sqlite:///{tmp_path / 'sightsong.db'}")
    environment = {"SIGHTSONG_DATA_DIR": str(tmp_path), "SIGHTSONG_AUTH": "keys"}
    ended = subprocess.run(
        [sys.executable, "-m", "api"],
        env=dict(os.environ) | environment,
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 78
    assert b"sightsong keys create NAME --local" in ended.stderr
    assert b"Traceback" not in ended.stderr
