"""Brings a database's tables to what this version of Sightsong needs, and sees that they are so."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from sightsong.adapters.store import fitness
from sightsong.adapters.store.connect import Database, open_database

#: How long one statement of a migration may take on Postgres, in milliseconds: an index of millions
#: of rows takes minutes. Others who migrate wait as long for their turn; but for a table it waits
#: as briefly as any transaction does, since everybody waits behind it meanwhile.
_LONG_MS = 3_600_000


def upgrade(url: str) -> None:
    """Make or change the tables as needed; safe when several processes start at once.

    All of it is one transaction, on both dialects: another process waits, then finds it done; and
    what is killed half-way leaves nothing behind. A database of a later release stays as it is.

    Raises:
        ConfigurationError: the URL is of no database that we know; or its tables are not those of
            its revision, or of a later release that this one cannot work with.
        StoreUnavailable: the database does not answer.
    """
    database = open_database(url, silence_s=_LONG_MS / 1000)
    try:
        database.in_write(lambda connection: _upgrade(database, connection))
    finally:
        database.close()


def _upgrade(database: Database, connection: Connection) -> None:
    if not database.is_sqlite:  # there every write transaction is alone anyway
        usual = connection.exec_driver_sql("SHOW lock_timeout").scalar_one()
        for name in ("statement_timeout", "lock_timeout"):
            connection.exec_driver_sql(f"SET LOCAL {name} = {_LONG_MS}")
        database.lock(connection, "migrate")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{usual}'")
    if not fitness.is_later(connection):
        command.upgrade(_config(connection), "head")
    fitness.refuse_unfit(connection)


def is_current(url: str) -> bool:
    """Whether the tables are exactly those of this version.

    Raises:
        ConfigurationError: the URL is of no database that we know.
        StoreUnavailable: the database does not answer.
    """
    database = open_database(url)
    try:
        with database.read() as connection:
            return fitness.is_newest(connection)
    finally:
        database.close()


def _config(connection: Connection) -> Config:
    config = Config()
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))  # configparser's escape
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
