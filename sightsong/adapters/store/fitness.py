"""Whether a database's tables are such that this version of Sightsong can work with them.

Asked at each start, so it does without alembic, whose import takes a tenth of a second.
"""

from pathlib import Path

import structlog
from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select
from sqlalchemy.engine.interfaces import ReflectedColumn

from sightsong.adapters.store import failures
from sightsong.adapters.store.connect import open_database
from sightsong.adapters.store.schema import metadata
from sightsong.core.errors import ConfigurationError, StoreUnavailable

log = structlog.get_logger()

#: The revisions that this release knows, oldest first; each is a file named after it.
_KNOWN = sorted(
    file.name[1:5] for file in (Path(__file__).parent / "migrations" / "versions").glob("r*.py")
)
#: Where alembic keeps the revision that the tables are at.
_AT = Table("alembic_version", MetaData(), Column("version_num", String(32)))
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
            refuse_unfit(connection)
    except StoreUnavailable as error:
        if error.detail != StoreUnavailable().detail:  # it does answer: that it cannot be used
            raise ConfigurationError(error.detail) from error
        log.warning("schema.unknown", reason=error.detail)
    finally:
        database.close()


def refuse_unfit(connection: Connection) -> None:
    """See that this release can work with the tables that it sees.

    Raises:
        ConfigurationError: it cannot; says what to do.
    """
    revisions = _revisions(connection)
    if not revisions:
        raise ConfigurationError(failures.UNMIGRATED)
    revision, from_later = ", ".join(revisions), is_later(connection)
    if not from_later and not is_newest(connection):
        raise ConfigurationError(_EARLIER)
    lacking, demanded = _compared(connection)
    if lacking and not from_later:
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


def is_later(connection: Connection) -> bool:
    """Whether a release that this one does not know has changed the tables."""
    return not set(_KNOWN).issuperset(_revisions(connection))


def is_newest(connection: Connection) -> bool:
    """Whether the tables are at the revision of this release."""
    return _revisions(connection) == (newest(),)


def newest() -> str:
    """Name the revision that the tables of this release are at."""
    return _KNOWN[-1]


def _revisions(connection: Connection) -> tuple[str, ...]:
    if not inspect(connection).has_table(_AT.name):
        return ()
    return tuple(connection.execute(select(_AT.c.version_num)).scalars())
