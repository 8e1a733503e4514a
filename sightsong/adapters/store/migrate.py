"""Brings a database's tables to what this version of Sightsong needs, and sees that they are so."""

from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect
from sqlalchemy.engine.interfaces import ReflectedColumn

from sightsong.adapters.store import failures
from sightsong.adapters.store.connect import Database, open_database
from sightsong.adapters.store.schema import metadata
from sightsong.core.errors import ConfigurationError, StoreUnavailable

log = structlog.get_logger()

_EARLIER = "The database is of an earlier release: run `sightsong migrate`."
_NOT_AS_SAID = (
    "The database says that it is at revision {revision}, and lacks {what}: it was made by a build "
    "that was never released. Restore a copy, or move it away and begin anew."
)
_LATER = (
    "The database is of a later release (revision {revision}), and this one cannot work with it: "
    "{what}. Run the later release, or restore a copy."
)
#: Of what is lacking, so much is told.
_TOLD = 3
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
    if not _is_later(connection):
        command.upgrade(_config(connection), "head")
    _refuse_unfit(connection)


def is_current(url: str) -> bool:
    """Whether the tables are exactly those of this version.

    Raises:
        ConfigurationError: the URL is of no database that we know.
        StoreUnavailable: the database does not answer.
    """
    database = open_database(url)
    try:
        with database.read() as connection:
            here = _script(connection).get_heads()
            return set(_revisions(connection)) == set(here)
    finally:
        database.close()


def newest() -> str:
    """Name the revision that the tables of this version are at."""
    return ", ".join(sorted(_script().get_heads()))


def check(url: str) -> None:
    """See that this version can work with the tables, before anything is asked of them.

    Those of a later release are fine as long as they only add to what this one knows: its
    processes go on while the next release takes their place. A database that does not answer now
    may later, so that this is no reason not to start.

    Raises:
        ConfigurationError: it cannot; says what to do.
    """
    database = open_database(url)
    try:
        with database.read() as connection:
            _refuse_unfit(connection)
    except StoreUnavailable as error:
        if error.detail != StoreUnavailable().detail:  # it does answer: that it cannot be used
            raise ConfigurationError(error.detail) from error
        log.warning("schema.unknown", reason=error.detail)
    finally:
        database.close()


def _refuse_unfit(connection: Connection) -> None:
    revisions = _revisions(connection)
    if not revisions:
        raise ConfigurationError(failures.UNMIGRATED)
    script = _script(connection)
    revision, is_later = ", ".join(revisions), _is_later(connection)
    if not is_later and set(revisions) != set(script.get_heads()):
        raise ConfigurationError(_EARLIER)
    lacking, demanded = _compared(connection)
    if lacking and not is_later:
        raise ConfigurationError(_NOT_AS_SAID.format(revision=revision, what=_told(lacking)))
    unfit = [f"it lacks {_told(lacking)}"] if lacking else []
    unfit += [f"it wants to be told {_told(demanded)}"] if demanded else []
    if unfit:
        raise ConfigurationError(_LATER.format(revision=revision, what="; ".join(unfit)))


def _compared(connection: Connection) -> tuple[list[str], list[str]]:
    """What the code knows and the tables lack; what they demand of rows and it does not know."""
    found = {
        name: columns for (_, name), columns in inspect(connection).get_multi_columns().items()
    }
    lacking: list[str] = []
    demanded: list[str] = []
    for table in metadata.sorted_tables:
        columns = {column["name"]: column for column in found.get(table.name, ())}
        known = {column.name for column in table.columns}
        lacking += [f"{table.name}.{name}" for name in sorted(known - columns.keys())]
        unknown = [columns[name] for name in sorted(columns.keys() - known)]
        demanded += [f"{table.name}.{one['name']}" for one in unknown if _is_demanded(one)]
    return lacking, demanded


def _is_demanded(column: ReflectedColumn) -> bool:
    return not column["nullable"] and column["default"] is None


def _told(names: list[str]) -> str:
    more = len(names) - _TOLD
    return ", ".join(names[:_TOLD]) + (f" and {more} more" if more > 0 else "")


def _is_later(connection: Connection) -> bool:
    """Whether a release that this one does not know has changed the tables."""
    known = {one.revision for one in _script(connection).walk_revisions()}
    return not known.issuperset(_revisions(connection))


def _revisions(connection: Connection) -> tuple[str, ...]:
    return MigrationContext.configure(connection).get_current_heads()


def _script(connection: Connection | None = None) -> ScriptDirectory:
    return ScriptDirectory.from_config(_config(connection))


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))  # configparser's escape
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
