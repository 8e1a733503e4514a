"""What the failures of a database mean to us."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import ExceptionContext, exc

from sightsong.core.errors import SightsongError, StorageFull, StoreUnavailable

#: What is said of a database without tables.
UNMIGRATED = "The database has not been migrated yet: run `sightsong migrate`."
_OTHER_VERSION = (
    "The database was made for another version of Sightsong: run `sightsong migrate` of the newer "
    "one, or move it away."
)
_DAMAGED = "The database file is damaged, or is no database; restore a copy or move it away."
_SQLITE_FULL = 13
_SQLITE_DAMAGED = (11, 26)  # SQLITE_CORRUPT, SQLITE_NOTADB
_SQLITE_NO_TABLE = "no such table"  # the code that it comes with stands for any mistake
_SQLITE_NO_COLUMN = ("no such column", "has no column named")
_POSTGRES_FULL = "53100"
_POSTGRES_NO_TABLE = "42P01"
_POSTGRES_NO_COLUMN = "42703"
#: Serialization failure; deadlock; a lock that others held too long, such as a scan on a busy disk.
_POSTGRES_GAVE_WAY = ("40001", "40P01", "55P03")
_POSTGRES_READ_ONLY = "25006"
#: Classes of SQLSTATE: connection exception, insufficient resources, operator intervention.
_POSTGRES_PASSING = ("08", "53", "57")


@contextmanager
def translated() -> Iterator[None]:
    """Raise our errors for those of SQLAlchemy; a mistake of ours stays what it is.

    Raises:
        StoreUnavailable: the database does not answer, is damaged, or has no tables yet.
        StorageFull: its disk is full.
    """
    try:
        yield
    except exc.TimeoutError as error:  # all connections of the pool are in use
        raise StoreUnavailable from error
    except exc.DBAPIError as error:
        meaning = _meaning(error)
        if meaning is None:
            raise
        raise meaning from error


def gave_way(error: SightsongError) -> bool:
    """Whether Postgres ended a transaction for others' sake: it may be tried again."""
    cause = error.__cause__
    return isinstance(cause, exc.DBAPIError) and _sqlstate(cause.orig) in _POSTGRES_GAVE_WAY


def leave_read_only_server(context: ExceptionContext) -> None:
    """Have SQLAlchemy drop all connections to a Postgres that only reads (on `handle_error`).

    After a failover they lead to a standby and would work for ever, at everything but writing.
    """
    if _sqlstate(context.original_exception) == _POSTGRES_READ_ONLY:
        context.is_disconnect = True


def _meaning(error: exc.DBAPIError) -> SightsongError | None:
    if _is_full(error.orig):
        return StorageFull()
    if getattr(error.orig, "sqlite_errorcode", None) in _SQLITE_DAMAGED:
        return StoreUnavailable(_DAMAGED)
    if _lacks_tables(error.orig):
        return StoreUnavailable(UNMIGRATED)
    if _lacks_columns(error.orig):
        return StoreUnavailable(_OTHER_VERSION)
    return StoreUnavailable() if _is_passing(error) else None


def _is_full(cause: BaseException | None) -> bool:
    is_full_sqlite = getattr(cause, "sqlite_errorcode", None) == _SQLITE_FULL
    return is_full_sqlite or _sqlstate(cause) == _POSTGRES_FULL


def _lacks_tables(cause: BaseException | None) -> bool:
    return _sqlstate(cause) == _POSTGRES_NO_TABLE or str(cause).startswith(_SQLITE_NO_TABLE)


def _lacks_columns(cause: BaseException | None) -> bool:
    is_so_on_sqlite = any(words in str(cause) for words in _SQLITE_NO_COLUMN)
    return _sqlstate(cause) == _POSTGRES_NO_COLUMN or is_so_on_sqlite


def _is_passing(error: exc.DBAPIError) -> bool:
    if error.connection_invalidated or isinstance(error, exc.OperationalError | exc.InterfaceError):
        return True
    state = _sqlstate(error.orig)
    return state == _POSTGRES_READ_ONLY or state.startswith(_POSTGRES_PASSING)


def _sqlstate(cause: BaseException | None) -> str:
    return getattr(cause, "pgcode", None) or ""
