"""Tables that this release can work with, and what is said of those that it cannot."""

import pytest
from sqlalchemy import text

from sightsong.adapters.store import fitness, migrate
from sightsong.adapters.store.connect import open_database
from sightsong.core.errors import ConfigurationError
from tests.contract import shapes
from tests.ports import free_port

LATER = "UPDATE alembic_version SET version_num = 'later'"
_HEIRS_OF_LATER = """
CREATE TABLE heirs (
    track_id VARCHAR(36) PRIMARY KEY, heir_id VARCHAR(36) NOT NULL, why TEXT NOT NULL
)
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.servers)])
def url(request, tmp_path) -> str:
    """URL of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'fit.db'}"
    return request.getfixturevalue("new_postgres_database")(f"fit-{tmp_path.name}")


def change(url: str, *statements: str) -> None:
    database = open_database(url)
    with database.write() as connection:
        for statement in statements:
            connection.execute(text(statement))
    database.close()


def test_what_was_migrated_is_fine(url):
    migrate.upgrade(url)
    fitness.check(url)


def test_a_database_without_tables_is_to_be_migrated(url):
    with pytest.raises(ConfigurationError, match="not been migrated yet: run `sightsong migrate`"):
        fitness.check(url)


def test_a_database_of_an_earlier_release_is_to_be_migrated(url):
    shapes.migrated(url, shapes.revisions()[-2])
    with pytest.raises(ConfigurationError, match="earlier release: run `sightsong migrate`"):
        fitness.check(url)


@pytest.mark.parametrize("see", [fitness.check, migrate.upgrade])
def test_tables_that_are_not_what_their_revision_says_are_refused(url, see):
    migrate.upgrade(url)
    change(url, "ALTER TABLE webhooks DROP COLUMN is_slow", "DROP TABLE heirs")
    lacking = "lacks heirs.heir_id, heirs.track_id, webhooks.is_slow: .* never released"
    with pytest.raises(ConfigurationError, match=lacking):
        see(url)


@pytest.mark.parametrize("see", [fitness.check, migrate.upgrade])
def test_what_a_later_release_has_added_is_fine(url, see):
    migrate.upgrade(url)
    change(url, "ALTER TABLE jobs ADD COLUMN later TEXT", "CREATE TABLE later (id TEXT)", LATER)
    see(url)


def test_a_later_release_that_took_something_away_is_refused(url):
    migrate.upgrade(url)
    change(url, "ALTER TABLE webhooks DROP COLUMN is_slow", LATER)
    with pytest.raises(ConfigurationError, match=r"of a later release .* lacks webhooks\.is_slow"):
        fitness.check(url)


def test_a_later_release_that_asks_for_more_is_refused(url):
    migrate.upgrade(url)
    change(url, "DROP TABLE heirs", _HEIRS_OF_LATER, LATER)
    with pytest.raises(ConfigurationError, match=r"it wants to be told heirs\.why"):
        fitness.check(url)


def test_a_database_that_does_not_answer_may_do_so_later():
    fitness.check(f"postgresql://sightsong@127.0.0.1:{free_port()}/sightsong")


def test_a_damaged_database_is_refused(tmp_path):
    (tmp_path / "fit.db").write_bytes(b"no database at all, but long enough to look like a file")
    with pytest.raises(ConfigurationError, match="damaged"):
        fitness.check(f"sqlite:///{tmp_path / 'fit.db'}")
