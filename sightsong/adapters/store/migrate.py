"""Brings a database's tables to what this version of Sightsong needs."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from sightsong.adapters.store.connect import Database, open_database


def upgrade(url: str) -> None:
    """Make or change the tables as needed; safe when several processes start at once.

    All of it is one transaction, on both dialects: another process waits, then finds it done; and
    what is killed half-way leaves nothing behind.

    Raises:
        ConfigurationError: the URL is of no database that we know.
        StoreUnavailable: the database does not answer.
    """
    database = open_database(url)
    try:
        with database.write() as connection:
            database.lock(connection, "migrate")
            command.upgrade(_config(connection), "head")
    finally:
        database.close()


def is_current(url: str) -> bool:
    """Whether the tables are exactly those of this version.

    Raises:
        ConfigurationError: the URL is of no database that we know.
        StoreUnavailable: the database does not answer.
    """
    database = open_database(url)
    try:
        return _is_current(database)
    finally:
        database.close()


def _is_current(database: Database) -> bool:
    with database.read() as connection:
        there = MigrationContext.configure(connection).get_current_heads()
        here = ScriptDirectory.from_config(_config(connection)).get_heads()
    return set(there) == set(here)


def _config(connection: Connection) -> Config:
    config = Config()
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))  # configparser's escape
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
